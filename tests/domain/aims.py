"""Campaigns and questions as plain values, and the two ways to put the one to the other: by the rule, by the index."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.campaign import (
    Aim,
    CampaignKind,
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Mention,
    Miss,
    Participation,
    Question,
    ReachIndex,
    Value,
    moment_of,
    reach,
)

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON = moment_of(MONDAY, UTC)
HOUR = timedelta(hours=1)


def key(kind: str, number: int) -> UUID:
    return UUID(int=ord(kind) << 64 | number)


SHOP, HOUSE, BRAND, RIVAL = (key("o", number) for number in range(4))
STORE: Facts = {
    Dimension.SITE: {key("s", 1)},
    Dimension.TERRITORY: {key("t", 1), key("t", 2)},
    Dimension.TIER: {"STORE"},
    Dimension.BELOW: {SHOP, HOUSE, BRAND},
    Dimension.STORE: {SHOP},
    Dimension.STORE_TAG: {"key-account"},
    Dimension.MODE: {"O2O"},
}
MEMBER: Facts = {Dimension.MEMBER_TIER: {key("m", 1), key("m", 2)}, Dimension.MEMBER_TAG: {"vip"}}
ITEM: Facts = {Dimension.SKU: {key("k", 1)}, Dimension.CATEGORY: {key("c", 1), key("c", 2)}, Dimension.BRAND: {BRAND}}
APP: Facts = {Dimension.TERMINAL: {"APP"}}
ALWAYS, NEVER = Hours(127, 0, 1440), Hours(127, 0, 60)

THERE: dict[Dimension, Value] = {
    dimension: sorted(facts[dimension], key=str)[0] for facts in (STORE, MEMBER, ITEM, APP) for dimension in facts
} | {Dimension.HOURS: ALWAYS}
"""For each dimension a value that is the case."""
ELSEWHERE: dict[Dimension, Value] = {
    dimension: "elsewhere" if isinstance(value, str) else key("x", 9) for dimension, value in THERE.items()
} | {Dimension.HOURS: NEVER}
"""For each dimension a value that is not."""


def aim(*clauses: Iterable[Condition], **other: Any) -> Aim:
    given: dict[str, Any] = {
        "id": key("a", 1),
        "owner_id": BRAND,
        "kind": CampaignKind.AMOUNT_OFF,
        "status": CampaignStatus.PUBLISHED,
        "participation": Participation.MANDATORY,
        "starts_at": MONDAY - HOUR,
        "ends_at": MONDAY + HOUR,
        "clauses": {number * 3: tuple(clause) for number, clause in enumerate(clauses)},
    }
    return Aim(**given | other)


def question(**other: Any) -> Question:
    given: dict[str, Any] = {
        "above": {SHOP, HOUSE, BRAND},
        "store": STORE,
        "moment": NOON,
        "member": MEMBER,
        "item": ITEM,
        "terminal": APP,
    }
    return Question(**given | other)


def yes(dimension: Dimension) -> Condition:
    return Condition(dimension, False, THERE[dimension])


def no(dimension: Dimension) -> Condition:
    return Condition(dimension, False, ELSEWHERE[dimension])


def not_(condition: Condition) -> Condition:
    return condition._replace(negated=True)


def mentions(aims: Iterable[Aim], dimension: Dimension, facts: Facts) -> list[Mention]:
    """The clauses that name what the facts hold: what the database is asked for."""
    return [
        Mention(one.id, number, condition.negated)
        for one in aims
        for number, clause in one.clauses.items()
        for condition in clause
        if condition.dimension is dimension and condition.value in facts.get(dimension, ())
    ]


def by_index(aims: list[Aim], asked: Question) -> tuple[list[UUID], dict[UUID, Miss]]:
    """What reaches, in order, and why the others do not, by the index."""
    index = ReachIndex(aims, asked.inactive)
    store = index.part(asked.store, mentions(aims, Dimension.STORE, asked.store))
    rest = [
        index.part(asked.member),
        index.part(asked.item, mentions(aims, Dimension.SKU, asked.item)),
        index.part(asked.terminal),
        index.part_of_moment(asked.moment),
    ]
    gates = index.gates(asked.above, asked.stances)
    at = asked.moment.at
    reached = [index.aims[place].id for place in index.reached([store, *rest], gates.passing & index.running(at))]
    misses = index.missed(gates, store, rest, at, index.heads)
    missed = list(index.listed(misses))
    assert misses.total == len(missed)
    for turn, (place, _) in enumerate(missed):
        assert list(index.listed(misses, index.aims[place].rank)) == missed[turn + 1 :]
    assert [place for place, _ in missed] == sorted(place for place, _ in missed)
    return reached, {index.aims[place].id: miss for place, miss in missed}


def by_rule(aims: list[Aim], asked: Question) -> tuple[list[UUID], dict[UUID, Miss]]:
    """The same, by the rule; what is not published is no matter of the index."""
    ranked = sorted(aims, key=lambda one: (-one.priority, one.id))
    answers = {one.id: reach(one, asked) for one in ranked if one.status is CampaignStatus.PUBLISHED}
    return (
        [one for one, miss in answers.items() if miss is None],
        {one: miss for one, miss in answers.items() if miss is not None},
    )


def both(one: Aim, asked: Question) -> Miss | None:
    """The answer for one campaign, by the rule and by the index."""
    miss = reach(one, asked)
    if one.status is CampaignStatus.PUBLISHED:
        reached, missed = by_index([one], asked)
        assert (reached, missed.get(one.id)) == ([] if miss else [one.id], miss)
    return miss
