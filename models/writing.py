"""Writing: one transaction of one tenant, and what every act does in it beside its effect.

Owns `Transaction`: idempotency keys, audit entries, events, and reading on the same connection. Locks and the rows of
a centre are that centre's. Whoever opens one holds no other connection: acts that wait for one lock would otherwise
starve the one that has it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from random import random
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import CursorResult, Executable, Result, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import KeyReused, Refused, TimedOut, Unavailable, retold
from models.acts import BulkResult, IdempotencyKey
from models.base import new_id
from models.failing import GONE, LOSING, NO_ANSWER, OUTDATED
from models.outbox import audiences
from models.reading import Read, Row
from models.straight import SENT, Answer, Straight

R = TypeVar("R", bound=Row)
T = TypeVar("T")

ATTEMPTS, PAUSE_S = 6, 0.02
"""How often an act is begun that is undone for another's sake, and how long it waits between at most, times attempt."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `name` is unique within the tenant (`account:…`), `organization_id` the one it speaks for, if any.

    `on_behalf_of_id` is the organisation for which the act is done, where that is another.
    """

    kind: str
    name: str
    organization_id: UUID | None = None
    on_behalf_of_id: UUID | None = None

    def acting_for(self, organization_id: UUID) -> Actor:
        """The same, doing it for an organisation that may be another."""
        return self if organization_id == self.organization_id else replace(self, on_behalf_of_id=organization_id)


@dataclass(frozen=True, slots=True)
class Made:
    """What an act has made or changed: the kind of its global id, and its key."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of business as it goes into the outbox. `facts` is what JSON can hold, and no more than who hears may see.

    `audience`: the organisations that may hear of it, the tenant's own platform aside; more than one row of the outbox
    holds are told in several.
    """

    type: str
    aggregate: Made
    audience: frozenset[UUID]
    facts: Mapping[str, Any]


BULK_RESULT: Final = "bulkresult"
"""The kind under which a key names what came of many rows: no node, nobody reads it but who asks again."""


NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class Outcome(NamedTuple):
    """What came of the rows of an act, in their order: for each the key of what was saved, or why it was not.

    `about`: the key of what all rows are about, where there is such a thing. `details`: what the audit says of the act
    as a whole, `of`: what it says of things that were saved, by their keys, `kinds`: of which kinds those are that are
    not of the act's; told again, an act says nothing to it.
    """

    rows: Sequence[UUID | Refused]
    about: UUID | None = None
    details: Mapping[str, Any] = NOTHING
    of: Mapping[UUID, Mapping[str, Any]] = NOTHING
    kinds: Mapping[UUID, str] = NOTHING

    @property
    def saved(self) -> list[UUID]:
        """What was saved, each once."""
        return list(dict.fromkeys(row for row in self.rows if not isinstance(row, Refused)))


class WritePool(Protocol):
    """Where transactions come from."""

    def transaction(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """A writing session of the tenant: committed at the end, undone by any exception."""
        ...


class Collision(Exception):
    """A transaction was undone for another's sake, who took row, key or goods, or migrated: it may be tried again."""


_COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, *OUTDATED)
_LOST = (*LOSING, *GONE, asyncpg.TooManyConnectionsError, OSError)


def told_as(error: Exception) -> Exception:
    """What a failed transaction is told as; a bug of ours stays what it is.

    What is told as Unavailable may have been committed, if the connection went at the very end.
    """
    cause: BaseException | None = error
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None and error.orig.__cause__ else error.orig
    if isinstance(cause, _COLLISIONS):
        return Collision(str(cause))
    if isinstance(cause, asyncpg.QueryCanceledError):
        return TimedOut("The database took too long to answer.")
    if isinstance(cause, _LOST) or isinstance(error, PoolTimeout):
        return Unavailable(NO_ANSWER)
    return error


async def attempted(once: Callable[[], Awaitable[T]]) -> T:
    """What an attempt gives, begun again where it was undone for another's sake.

    Raises: Unavailable where that was so every time; what the attempt itself raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await once()
        except Collision as collision:
            if attempt == ATTEMPTS:
                raise Unavailable(NO_ANSWER) from collision
        await asyncio.sleep(random() * PAUSE_S * attempt)  # begun at once, those that met would meet again
    raise AssertionError  # the last attempt returns or raises


def digest_of(command: Any) -> str:
    """The SHA-256 of a command, a dataclass of plain values: the same command has the same."""
    return hashlib.sha256(orjson.dumps(command, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _as_json(refused: Refused) -> str:
    # Only problems are tuples with names, which orjson leaves to us.
    return orjson.dumps([refused.code, vars(refused)], default=list).decode()


_TELL = text("""
    INSERT INTO outbox_event (tenant_id, type, aggregate, aggregate_id, audience, facts, occurred_at, due_at)
    SELECT :tenant, e.type, e.kind, e.id, CAST(e.audience AS uuid[]), CAST(e.facts AS jsonb), :now, :now
    FROM unnest(CAST(:types AS text[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[]), CAST(:audiences AS text[]),
                CAST(:facts AS text[])) WITH ORDINALITY e (type, kind, id, audience, facts, place)
    ORDER BY e.place
""")
"""All events of an act at once, in their order; audiences are of different lengths, so each comes as text."""
_AUDIT = text("""
    INSERT INTO audit_entry (tenant_id, at, operation, actor_class, actor, organization_id, on_behalf_of_id, target,
                             target_id, details)
    SELECT :tenant, :now, :operation, :class, :actor, CAST(:organization AS uuid), CAST(:behalf AS uuid), a.target,
           a.id, CAST(a.details AS jsonb)
    FROM unnest(CAST(:targets AS text[]), CAST(:ids AS uuid[]), CAST(:details AS text[])) WITH ORDINALITY
         a (target, id, details, place)
    ORDER BY a.place
""")
"""All entries of an act at once, in their order."""


class Transaction:
    """One act's transaction. `now` is the act's instant: nothing in it asks the database's clock.

    `execute` runs a statement of SQLAlchemy's, `ask` one that goes straight to the driver; `fetch` and `run` are what
    loaders read by.
    """

    __slots__ = ("_connection", "_lock", "actor", "now", "session", "statements", "tenant_id")

    def __init__(self, session: AsyncSession, tenant_id: UUID, actor: Actor, now: datetime) -> None:
        """`session` has begun, with the tenant set."""
        self.session, self.tenant_id, self.actor, self.now = session, tenant_id, actor, now
        self._lock = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None
        self.statements = 0

    def acts_for(self, organization_id: UUID) -> None:
        """Say for whom this is done, where that is not who does it: the audit tells."""
        self.actor = self.actor.acting_for(organization_id)

    # ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def once(self, operation: str, key: str, command: Any) -> Made | None:
        """Take a key for what is asked. What was made under it, if the same was done before; None if it is to be done.

        Waits for whoever does the same just now.

        Raises: domain.base.KeyReused if something else was done under it; Collision if it was given back just now.
        """
        asked = digest_of(command)
        place = {"tenant_id": self.tenant_id, "actor": self.actor.name, "operation": operation, "key": key}
        taken = await self.execute(
            upsert(IdempotencyKey)
            .values(**place, asked=asked, created_at=self.now)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
        if taken.first() is not None:
            return None
        before = (
            await self.execute(
                select(IdempotencyKey.asked, IdempotencyKey.result, IdempotencyKey.result_id).filter_by(**place)
            )
        ).one_or_none()
        if before is None:
            raise Collision("the key was given back a moment ago")
        if before.asked != asked:
            raise KeyReused
        return Made(before.result, before.result_id)

    async def made(self, operation: str, key: str | None, made: Made, details: Mapping[str, Any]) -> None:
        """Write down what the act has made: under its key, if it has one, and in the audit."""
        if key is not None:
            await self.made_under(operation, key, made)
        await self.audit(operation, [made], details)

    async def made_under(self, operation: str, key: str, made: Made) -> None:
        """Write down under a key what the act has made: it is told again from there."""
        await self.execute(
            update(IdempotencyKey)
            .filter_by(tenant_id=self.tenant_id, actor=self.actor.name, operation=operation, key=key)
            .values(result=made.kind, result_id=made.id)
        )

    async def forget(self, operation: str, key: str, made: UUID) -> None:
        """Give a key back under which something was made that is of no use any more."""
        await self.execute(
            delete(IdempotencyKey).filter_by(
                tenant_id=self.tenant_id, actor=self.actor.name, operation=operation, key=key, result_id=made
            )
        )

    async def audit(
        self,
        operation: str,
        things: Sequence[Made],
        details: Mapping[str, Any],
        of: Mapping[UUID, Mapping[str, Any]] = NOTHING,
    ) -> None:
        """Write into the audit what was done to each of these things; `of` is said of single ones beside `details`."""
        actor = self.actor
        await self.execute(
            _AUDIT,
            {
                "tenant": self.tenant_id,
                "now": self.now,
                "operation": operation,
                "class": actor.kind,
                "actor": actor.name,
                "organization": actor.organization_id,
                "behalf": actor.on_behalf_of_id,
                "targets": [thing.kind for thing in things],
                "ids": [thing.id for thing in things],
                "details": [orjson.dumps({**details, **of.get(thing.id, NOTHING)}).decode() for thing in things],
            },
        )

    async def keep_rows(self, outcome: Outcome) -> Made:
        """Write down what came of each row of an act."""
        id = new_id()
        await self.execute(
            insert(BulkResult).values(
                tenant_id=self.tenant_id,
                id=id,
                about_id=outcome.about,
                done=[None if isinstance(row, Refused) else row for row in outcome.rows],
                refused=[_as_json(row) if isinstance(row, Refused) else None for row in outcome.rows],
                created_at=self.now,
            )
        )
        return Made(BULK_RESULT, id)

    async def kept_rows(self, id: UUID) -> Outcome:
        """What `keep_rows` wrote."""
        kept = (
            await self.execute(
                select(BulkResult.about_id, BulkResult.done, BulkResult.refused).filter_by(
                    tenant_id=self.tenant_id, id=id
                )
            )
        ).one()
        rows = [
            retold(*orjson.loads(why)) if why is not None else key
            for key, why in zip(kept.done, kept.refused, strict=True)
        ]
        return Outcome(rows, kept.about_id)

    async def tell(self, *events: Event) -> None:
        """Write events into the outbox: they happen if this commits."""
        told = [(event, hears) for event in events for hears in audiences(event.audience)]
        if not told:
            return
        await self.execute(
            _TELL,
            {
                "tenant": self.tenant_id,
                "now": self.now,
                "types": [event.type for event, _ in told],
                "kinds": [event.aggregate.kind for event, _ in told],
                "ids": [event.aggregate.id for event, _ in told],
                "audiences": [hears for _, hears in told],
                "facts": [orjson.dumps(dict(event.facts)).decode() for event, _ in told],
            },
        )

    async def execute(self, statement: Executable, values: Any = None) -> Result[Any]:
        """Run a statement of SQLAlchemy's, with its values. Raises: sqlalchemy.exc.DBAPIError as the server answers."""
        async with self._lock:
            self.statements += 1
            return await self.session.execute(statement, values)

    async def ask(self, statement: Straight, values: Mapping[str, Any] = NOTHING) -> list[Answer]:
        """The rows of a statement that goes to the driver itself. Raises: asyncpg.PostgresError."""
        async with self._lock:
            self.statements += 1
            if (sent := self.session.info.get(SENT)) is not None:
                sent(statement.text)
            arguments = [values[name] for name in statement.names]
            return await self._sent(statement.text, arguments, Answer)

    async def count(self, statement: Executable, values: Any = None) -> int:
        """How many rows a statement has written. Raises: sqlalchemy.exc.DBAPIError as the server answers."""
        result = await self.execute(statement, values)
        assert isinstance(result, CursorResult)  # what every statement that writes gives
        return result.rowcount

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        """The first column of the first row, None where there is none."""
        return (await self.execute(statement, values)).scalar()

    @property
    def fuses(self) -> bool:
        """No: what loaders ask in an act is sent one by one."""
        return False

    # ── reading on the same connection ────────────────────────────────────────────────────────────────────────────────
    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """The rows of a compiled statement, as `models.session.ReadSession.fetch` gives them."""
        values["tenant"] = self.tenant_id
        return await self.run(statement, [values[name] for name in statement.names])

    async def run(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of a compiled statement, whose parameters are given in order."""
        async with self._lock:
            self.statements += 1
            return await self._sent(statement.text, arguments, statement.row)

    async def close(self) -> None:
        """Nothing: it ends with its act."""

    def renewed(self, *, again: bool = False) -> Transaction:
        """Itself: there is no snapshot to renew, each statement has its own."""
        return self

    async def _sent(self, words: str, arguments: Sequence[Any], row: type[T]) -> list[T]:
        driver = await self._driver()
        try:
            return list(await driver.fetch(words, *arguments, record_class=row))
        except asyncio.CancelledError:  # as SQLAlchemy does: else the end waits for a server that does not answer
            await (await self.session.connection()).invalidate()
            raise

    async def _driver(self) -> asyncpg.Connection:
        if not self.session.in_transaction():
            raise RuntimeError("the act is over, and its connection another's")
        if self._connection is None:
            self._connection = (await (await self.session.connection()).get_raw_connection()).driver_connection
        return self._connection
