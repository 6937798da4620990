"""How an act is done: once, wholly, remembered; and what is said of one that is refused.

Owns the way from a command to its answer. What an act decides and writes is its centre's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from domain.base import NotAllowed, Refused, Sheet
from domain.channel import Tier
from domain.permissions import Permission
from loaders.channel import OrganizationById, OrganizationRow
from models.writing import NOTHING, Made, Outcome, Transaction, attempted
from resolvers.context import Context
from resolvers.integration import NODE_LOADERS, OWN_LOADERS

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """What an act has done: what it made or changed, and what the audit says of it beside that."""

    made: Made
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as an answer. Not the exception itself, which executors would raise."""

    refused: Refused


Effect = Callable[[Transaction], Awaitable[Done]]
"""What an act does in its transaction. Raises: domain.base.Refused, and then nothing of it has happened."""


async def act(ctx: Context, operation: str, key: str | None, command: Any, effect: Effect) -> Any:
    """Do what is commanded, once under its key, and answer with the row of what was made, read afresh.

    Args:
        operation: the mutation's name, which scopes the key and stands in the audit.
        key: the client's idempotency key, None for an act that needs none.
        command: what is asked, a dataclass of plain values.
        effect: does it.

    Returns: the row, or `Told` of a refusal, after which nothing has happened. What was made under the key before and
        is not there any more, or not the viewer's, is told as NotAllowed; it stays done.
    Raises: Unavailable, TimedOut where the database failed; what was asked may be asked again under the same key.
    """

    async def once() -> Made:
        async with ctx.transaction() as tx:
            before = None if key is None else await tx.once(operation, key, command)
            if before is not None:
                return before
            done = await effect(tx)
            await tx.made(operation, key, done.made, done.details)
        return done.made

    made = await again(once)
    return made if isinstance(made, Told) else (await _by_now(ctx, made.kind, [made.id]))[made.id] or Told(NotAllowed())


async def _by_now(ctx: Context, kind: str, keys: Sequence[UUID]) -> dict[UUID, Any]:
    """What acts have made, as it is by now, None where it is gone or not the viewer's.

    Its own people see what is off the shelf, and a shop that has closed: an act told again is not told as undone.
    """
    found: dict[UUID, Any] = dict(zip(keys, await ctx.load(NODE_LOADERS[kind]).many(keys), strict=True))
    missing = [key for key, row in found.items() if row is None]
    if missing and kind in OWN_LOADERS:
        found.update(zip(missing, await ctx.load(OWN_LOADERS[kind]).many(missing), strict=True))
    return found


async def again(once: Callable[[], Awaitable[T]]) -> T | Told:
    """What an attempt gives, tried again where PostgreSQL undid it for another's sake; `Told` of a refusal."""
    try:
        return await attempted(once)
    except Refused as refused:
        return Told(refused)


# ── many rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Saved(Generic[R]):
    """What came of the rows of an act, in their order: the row of what was saved, or `Told` of why it was not.

    `about`: the row of what they all are about, where the act knows such a thing.
    """

    rows: Sequence[R | Told]
    about: Any = None


Rows = Callable[[Transaction], Awaitable[Outcome]]
"""What an act of many rows does; good rows are kept.

Raises: domain.base.Refused of the act as a whole, and then nothing of it has happened.
"""


async def bulk(
    ctx: Context, operation: str, key: str, command: Any, kind: str, effect: Rows, *, about: str | None = None
) -> Any:
    """Do what many rows command, once under its key, and answer with what came of each, what was saved read afresh.

    Args: as `act` has; `kind` is the kind of global id of what is saved, `about` of what all rows are about.

    Returns: `Saved`, or `Told` of a refusal of the whole.
    Raises: Unavailable, TimedOut as `act`.
    """

    async def once() -> Outcome:
        async with ctx.transaction() as tx:
            before = await tx.once(operation, key, command)
            if before is not None:
                return await tx.kept_rows(before.id)
            outcome = await effect(tx)
            kept = await tx.keep_rows(outcome)
            await tx.made_under(operation, key, kept)
            refused = sum(isinstance(row, Refused) for row in outcome.rows)
            details = {"rows": len(outcome.rows), "refused": refused, **outcome.details}
            # What came of the rows goes with the key: what is remembered for good names what it was done to.
            if about is not None and outcome.about is not None:
                things = [Made(about, outcome.about)]
            else:
                things = [Made(outcome.kinds.get(id, kind), id) for id in outcome.saved] or [kept]
            await tx.audit(operation, things, details, outcome.of)
        return outcome

    outcome = await again(once)
    if isinstance(outcome, Told):
        return outcome
    keys = outcome.saved
    found = await _by_now(ctx, kind, keys)
    # What was saved then may be gone by now, or not be the viewer's any more.
    rows = [Told(row) if isinstance(row, Refused) else found[row] or Told(NotAllowed()) for row in outcome.rows]
    if about is None or outcome.about is None:
        return Saved(rows)
    return Saved(rows, await ctx.load(NODE_LOADERS[about]).one(outcome.about))


def outcomes(
    sheet: Sheet[Any],
    saved: Mapping[int, UUID],
    about: UUID | None = None,
    details: Mapping[str, Any] = NOTHING,
    of: Mapping[UUID, Mapping[str, Any]] = NOTHING,
) -> Outcome:
    """What came of each row: why it was refused, else what was saved of it; and what the audit says, as `Outcome`."""
    rows = [sheet.refused[place] if place in sheet.refused else saved[place] for place in range(sheet.size)]
    return Outcome(rows, about, details, of)


def let_on(ctx: Context, tx: Transaction, permission: Permission, organization: UUID) -> None:
    """Let the viewer act for an organisation, and the audit say so. Raises: NotAllowed for who may not."""
    ctx.viewer.must(permission, organization)
    tx.acts_for(organization)


async def acting_for(
    ctx: Context, tx: Transaction, organization: UUID | None, permission: Permission, *tiers: Tier
) -> OrganizationRow:
    """The organisation for which the viewer acts: the one that is named, else its own; of one of the tiers, if any.

    Raises: NotAllowed for who may not do this for it.
    """
    key = organization or ctx.viewer.organization_id
    if key is None:
        raise NotAllowed
    let_on(ctx, tx, permission, key)
    row: OrganizationRow | None = await ctx.load(OrganizationById).one(key)
    if row is None or not row.is_active or (tiers and row.tier not in tiers):
        raise NotAllowed
    return row
