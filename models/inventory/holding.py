"""Holds on a real database: many callers' in one transaction, each decided by itself.

Goods for an order that is not placed yet are held at (location, sku, owner, lot), never at a sum of them. On a hot sku
every hold waits for the same rows, so whoever waits goes together: keys, locks, rows and commit are paid once for all.
One caller's refusal, or conflict of keys, undoes nothing of the others'. What is decided is `domain.inventory.held`,
over rows that are locked, and the checks of the database stand behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from domain.base import KeyReused, Refused
from domain.inventory import NotEnoughStock, TooManyHolds, held
from models.base import new_id
from models.inventory.limiting import Keeping, Kept, kept_by
from models.inventory.reaching import Ways, locked, place_of, reached, seen
from models.inventory.recording import Held, Holding, Record, give_back_keys, take_keys
from models.straight import Answer
from models.writing import Collision, Made, Transaction

WORTH_A_GUESS: Final = 32
"""So many at once are prepared before the goods are locked; for fewer the trips would cost more than others wait."""


class _Decided(NamedTuple):
    answers: dict[tuple[str, str], Made | Refused]
    taken: list[Held]
    refused: list[Holding]


class _One(NamedTuple):
    holding: Holding
    name: tuple[str, str]
    keeping: Keeping
    id: UUID


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, in their order, each with the id of what is made for her; and how much they keep already."""

    ones: Sequence[_One]
    kept: Kept
    today: date

    def decided(self, ways: Ways) -> _Decided:
        """What each takes of what is there; the ways are as they are then."""
        kept, decided = self.kept.copy(), _Decided({}, [], [])
        for holding, name, keeping, id in self.ones:
            try:
                kept.check(keeping)
                there = {line.sku: ways.get((holding.store_id, line.sku), ()) for line in holding.wanted}
                taken = held(holding.wanted, there, self.today)
            except (NotEnoughStock, TooManyHolds) as refused:
                decided.answers[name] = refused
                decided.refused.append(holding)
                continue
            kept.add(keeping)
            decided.answers[name] = Made("reservation", id)
            decided.taken.append(Held(holding, id, taken))
        return decided


async def hold_all(
    tx: Transaction, today: date, holdings: Sequence[Holding], *, prepares: bool = True
) -> list[Made | Refused]:
    """Hold for each caller wholly or not at all, in their order; what was made for each, or why nothing was.

    The transaction's actor is nobody's in particular. Keys of those who are refused are given back. `prepares`: many
    holds may be written before their goods are locked.

    Raises: Collision where a key was given back meanwhile, or what was prepared is not so when the goods are locked.
    """
    named = [(holding.name, holding) for holding in holdings]
    first: dict[tuple[str, str], Holding] = {}
    for name, holding in named:
        first.setdefault(name, holding)
    ids = {name: new_id() for name in first}
    known = await take_keys(tx, first, ids)
    fresh = [_One(one, name, one.keeping, ids[name]) for name, one in first.items() if name not in known]
    kept = await kept_by(tx, [one.keeping for one in fresh])
    asking = _Asking(fresh, kept, today)
    skus = {
        (one.holding.store_id, line.sku)
        for one in fresh
        if not kept.is_full(one.keeping)
        for line in one.holding.wanted
    }
    rows = await reached(tx, skus, today)
    found = await _prepared(tx, asking, rows) if prepares and len(fresh) >= WORTH_A_GUESS else None
    if found is None:
        found = asking.decided(await locked(tx, rows))
        if found.taken:
            await Record(tx, found.taken).write()
    await give_back_keys(tx, found.refused)
    return [_answer(name, holding, first, known, found.answers) for name, holding in named]


async def _prepared(tx: Transaction, asking: _Asking, rows: Sequence[Answer]) -> _Decided | None:
    """Hold what was seen: write it before its goods are locked, and settle it if they are then what was seen of them.

    Only the goods that it takes are locked: what comes to nearer ones meanwhile has come later. None, with nothing
    written nor locked, where there is too little for somebody: near their end goods never are what they were.

    Raises: Collision where they prove to be something else.
    """
    guess = asking.decided(seen(rows))
    if not guess.taken or any(isinstance(answer, NotEnoughStock) for answer in guess.answers.values()):
        return None
    record = Record(tx, guess.taken)
    await record.prepare()
    there = await locked(tx, [row for row in rows if (row.contribution_id, place_of(row)[:3]) in record.used])
    if asking.decided(there).taken != guess.taken:
        raise Collision("goods are not what they were a moment ago")
    await record.settle()
    return guess


def _answer(
    name: tuple[str, str],
    holding: Holding,
    first: Mapping[tuple[str, str], Holding],
    known: Mapping[tuple[str, str], tuple[str, Made]],
    answers: Mapping[tuple[str, str], Made | Refused],
) -> Made | Refused:
    """What this caller is told, who may be the second under her key."""
    asked, made = known.get(name) or (first[name].asked, answers[name])
    if asked != holding.asked:
        return KeyReused()
    return made
