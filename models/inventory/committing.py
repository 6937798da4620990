"""The committer: whoever waits for a hold in this process goes in one transaction with all who wait.

The first that comes goes at once; those that come meanwhile wait for it and then go together. So one alone waits for
nobody, and on a hot sku a transaction carries as many holds as came during the one before. Where many more are waiting,
they go beside it: one is made ready while the database is at the other. They meet at the rows, as the committers of
several processes do.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.access import SYSTEM
from domain.base import KeyReused, Refused, TimedOut, Unavailable
from models.failing import NO_ANSWER
from models.inventory.holding import hold_all
from models.inventory.recording import Holding
from models.writing import Actor, Collision, Made, Transaction, WritePool

log = logging.getLogger(__name__)

HOLDS_AT_ONCE: Final = 256
"""The most holds of one transaction."""
GROUPS_AT_ONCE: Final = 3
"""The most transactions of one tenant at a time, in one process."""
WORTH_ANOTHER: Final = 64
"""So many waiting go beside a transaction that is at work; fewer would only wait for the same rows."""
HOLDS_WAITING: Final = 10_000
"""The most that wait in one process, of all tenants."""
ATTEMPTS: Final = 3
"""How often a transaction is begun that is undone for another's sake, beside the first, which prepares."""
COMMITTER: Final = Actor(SYSTEM, "committer")
"""Whose the transaction is; each hold is its own caller's."""


@dataclass(slots=True, eq=False)
class _Waiting:
    holding: Holding
    today: date
    now: datetime
    answer: asyncio.Future[Made]
    was_put_back: bool = False
    """Whether she has waited once more, since who asked for something else under her key was refused."""


@dataclass(slots=True)
class _Lane:
    """The holds of one tenant."""

    waiting: OrderedDict[_Waiting, None] = field(default_factory=OrderedDict)
    committing: set[asyncio.Task[None]] = field(default_factory=set)
    at_work: int = 0
    """How many of them have a batch in hand."""


class Committer:
    """Takes holds, many in one transaction."""

    def __init__(self, pool: WritePool, *, at_once: int = HOLDS_AT_ONCE) -> None:
        self._pool, self._at_once = pool, at_once
        self._lanes: dict[UUID, _Lane] = {}
        self._waiting = 0

    async def hold(self, tenant_id: UUID, holding: Holding, today: date, now: datetime) -> Made:
        """Hold what is asked, once under its key; what was made.

        A caller that gives up before it is its turn has asked nothing. One that gives up later may hold goods, which
        are given back when their time is up, or which it finds again under its key.

        Raises: NotEnoughStock, TooManyHolds, KeyReused; Unavailable where too many wait, or the database fails.
        """
        if self._waiting >= HOLDS_WAITING:
            raise Unavailable("Too many wait. Try again.")
        lane = self._lanes.setdefault(tenant_id, _Lane())
        mine = _Waiting(holding, today, now, asyncio.get_running_loop().create_future())
        lane.waiting[mine] = None
        if self._goes(lane, len(lane.committing)):
            lane.committing.add(asyncio.ensure_future(self._commit(tenant_id, lane)))
        self._waiting += 1
        try:
            return await mine.answer
        finally:
            self._waiting -= 1
            lane.waiting.pop(mine, None)

    def _goes(self, lane: _Lane, others: int) -> bool:
        """Whether a transaction goes now, beside so many others of the lane: the first for anybody, more for many."""
        if others == 0:
            return bool(lane.waiting)
        return others < GROUPS_AT_ONCE and len(lane.waiting) >= min(WORTH_ANOTHER, self._at_once)

    async def _commit(self, tenant_id: UUID, lane: _Lane) -> None:
        """Take batch after batch until nobody waits, or until another does it who has to be waited for anyhow."""
        try:
            while self._goes(lane, len(lane.committing) - 1):
                if batch := self._batch(lane):
                    lane.at_work += 1
                    try:
                        await self._together(tenant_id, lane, batch)
                    finally:
                        lane.at_work -= 1
        finally:
            task = asyncio.current_task()
            assert task is not None
            lane.committing.discard(task)
            if not lane.waiting and not lane.committing:
                self._lanes.pop(tenant_id, None)

    def _batch(self, lane: _Lane) -> list[_Waiting]:
        """Who goes together, in the order in which they came: all, or their part where others may go beside them."""
        many = len(lane.waiting)
        parts = max(1, min(GROUPS_AT_ONCE - lane.at_work, many // WORTH_ANOTHER))
        most = min(self._at_once, -(-many // parts))
        batch: list[_Waiting] = []
        while lane.waiting and len(batch) < most:
            next_one, _ = lane.waiting.popitem(last=False)
            if not next_one.answer.done():
                batch.append(next_one)
        return batch

    async def _together(self, tenant_id: UUID, lane: _Lane, batch: Sequence[_Waiting]) -> None:
        """One transaction for a batch; if it fails, one for each who still waits, so that nobody fails for another.

        A database that does not answer is told to all at once: each would wait for it again, and all behind them too.
        """
        try:
            answers = await self._held(tenant_id, batch)
        except (Unavailable, TimedOut) as error:
            for one in batch:
                _tell(one, type(error)(error.message))
        except Exception as error:
            if len(batch) == 1:
                _tell(batch[0], error)
                return
            log.warning("a batch of %d holds failed, taken one by one: %r", len(batch), error)
            await self._one_by_one(tenant_id, batch)
        else:
            first: dict[tuple[str, str], Made | Refused] = {}
            if any(isinstance(answer, KeyReused) for answer in answers):
                first = {one.holding.name: answer for one, answer in reversed(list(zip(batch, answers, strict=True)))}
            for one, answer in zip(batch, answers, strict=True):
                if isinstance(answer, KeyReused) and _left_no_key(first[one.holding.name]) and not one.was_put_back:
                    one.was_put_back = True
                    lane.waiting[one] = None
                else:
                    _tell(one, answer)

    async def _one_by_one(self, tenant_id: UUID, batch: Sequence[_Waiting]) -> None:
        for place, one in enumerate(batch):
            if one.answer.done():
                continue
            try:
                (answer,) = await self._held(tenant_id, [one])
            except (Unavailable, TimedOut) as error:
                for each in batch[place:]:
                    _tell(each, type(error)(error.message))
                return
            except Exception as error:
                _tell(one, error)
            else:
                _tell(one, answer)

    async def _held(self, tenant_id: UUID, batch: Sequence[_Waiting]) -> list[Made | Refused]:
        now, today = max(one.now for one in batch), max(one.today for one in batch)
        for attempt in range(ATTEMPTS + 1):
            try:
                async with self._pool.transaction(tenant_id) as session:
                    tx = Transaction(session, tenant_id, COMMITTER, now)
                    return await hold_all(tx, today, [one.holding for one in batch], prepares=attempt == 0)
            except Collision as error:
                if attempt == ATTEMPTS:
                    raise
                log.debug("%d holds begin anew: %s", len(batch), error)
        raise AssertionError  # the last attempt returns or raises


def _left_no_key(answer: Made | Refused) -> bool:
    """Whether somebody was refused for another reason than that the key is another's wish: then it is free again."""
    return isinstance(answer, Refused) and not isinstance(answer, KeyReused)


def _tell(one: _Waiting, answer: Made | Exception) -> None:
    if one.answer.done():  # nobody waits any more
        return
    if isinstance(answer, Collision):  # its own alone, and too often
        one.answer.set_exception(Unavailable(NO_ANSWER))
    elif isinstance(answer, Exception):
        one.answer.set_exception(answer)
    else:
        one.answer.set_result(answer)
