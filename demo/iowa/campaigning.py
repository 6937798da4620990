"""The demo's thirty campaigns: every kind, every way to take part, every way to aim, most of them live today.

Owns what they are. Windows count from the day of the import. Whom a campaign reaches is `domain.campaign`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from demo.campaigns.values import FRIDAY, SATURDAY, WEEKDAYS, WEEKEND, Condition, Hours, Plan, StoreAnswer
from demo.consumers.programme import level_id, terms_id
from demo.iowa.cast import Cast
from demo.iowa.programme import CLUB, WELCOME
from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, Stance
from domain.channel import CloudStoreMode, Tier
from domain.ordering import Terminal

FLAGSHIP: Final = "flagship"
"""The tag of the stores that buy most."""
PILOT: Final = "pilot"
"""The tag of every tenth store."""
FLAGSHIPS: Final = 50
PILOT_EVERY: Final = 10
_EVENING: Final = (17 * 60, 20 * 60)
_MORNING: Final = (8 * 60, 11 * 60)
_LATE: Final = (20 * 60, 24 * 60)
_ALL_DAY: Final = (0, 24 * 60)
_WEEK: Final = WEEKDAYS | WEEKEND
_ORDER, _LINE, _POINTS = "order", "line", "points"
"""Exclusion groups: of each, one campaign at most applies."""

Clause = tuple[Condition, ...]


def plans(cast: Cast) -> tuple[Plan, ...]:
    """The campaigns of a ledger's demo; none that aims only at what the channel does not have."""
    parts = (_amounts, _percentages, _prices, _gifts, _coupons, _groups, _points, _fees, _not_live)
    return tuple(kept for part in parts for plan in part(cast) if (kept := _possible(plan)) is not None)


def _possible(plan: Plan) -> Plan | None:
    """The plan without the clauses that nothing can meet; None where it has no other."""
    clauses = tuple(clause for clause in plan.clauses if clause)
    return replace(plan, clauses=clauses) if clauses or not plan.clauses else None


def _clause(
    *conditions: tuple[Dimension, UUID | str | Hours | None] | tuple[Dimension, UUID | str | None, bool],
) -> Clause:
    """The conditions of a clause, but for those about what the channel does not have.

    Empty where nothing can meet it: without its last plain condition on a dimension it would reach more, not less.
    """
    made = tuple(
        Condition(dimension, value, bool(negated)) for dimension, value, *negated in conditions if value is not None
    )
    asked = {dimension for dimension, _, *negated in conditions if not negated}
    return made if asked == {one.dimension for one in made if not one.negated} else ()


def _funded(*shares: tuple[UUID | None, int]) -> tuple[tuple[UUID | None, int], ...]:
    """Funders; who plays two parts bears both."""
    parts: dict[UUID | None, int] = {}
    for funder, share in shares:
        parts[funder] = parts.get(funder, 0) + share
    return tuple(parts.items())


def _answers(answers: Iterable[StoreAnswer]) -> tuple[StoreAnswer, ...]:
    """One answer a store: who plays two parts gives the first."""
    return tuple({answer.store: answer for answer in reversed(list(answers))}.values())


def _amounts(cast: Cast) -> list[Plan]:
    head = cast.brand(0)
    return [
        Plan(
            *("ORDER-40", "5 off 40", head, CampaignKind.AMOUNT_OFF, {"off_fen": 500}),
            threshold_fen=4_000,
            funders=_funded((head, 7_000), (None, 3_000)),
            exclusion_group=_ORDER,
        ),
        Plan(
            *("FLAGSHIP-75", "10 off 75 in flagship stores", head, CampaignKind.AMOUNT_OFF, {"off_fen": 1_000}),
            threshold_fen=7_500,
            clauses=(_clause((Dimension.STORE_TAG, FLAGSHIP), (Dimension.STORE, cast.store(0), True)),),
            participation=Participation.OPT_OUT,
            answers=_answers(
                (
                    StoreAnswer(cast.store(1), Stance.OPTED_OUT),
                    StoreAnswer(cast.store(2), threshold_fen=7_000, off_fen=1_200),
                    StoreAnswer(cast.store(3), Stance.OPTED_IN, off_fen=1_100),
                )
            ),
            funders=_funded((head, 10_000)),
            exclusion_group=_ORDER,
            priority=10,
        ),
        Plan(
            *("CITY-60", "6 off 60 in the city", cast.distributor(0), CampaignKind.AMOUNT_OFF, {"off_fen": 600}),
            threshold_fen=6_000,
            clauses=(_clause((Dimension.SITE, cast.site(0))),),
            funders=_funded((cast.distributor(0), 10_000)),
            exclusion_group=_ORDER,
            priority=5,
        ),
        Plan(
            *("OWN-30", "3 off 30, for who joins", cast.distributor(1), CampaignKind.AMOUNT_OFF, {"off_fen": 300}),
            threshold_fen=3_000,
            participation=Participation.OPT_IN,
            answers=_answers(
                StoreAnswer(store, Stance.OPTED_IN, threshold_fen=3_000 + 500 * place)
                for place, store in enumerate(cast.stores_below(1, 8))
            ),
            funders=_funded((cast.distributor(1), 5_000), (None, 5_000)),
        ),
        Plan(
            *("EITHER-50", "4 off 50, two ways", head, CampaignKind.AMOUNT_OFF, {"off_fen": 400}),
            threshold_fen=5_000,
            clauses=(
                _clause(
                    (Dimension.SITE, cast.site(1)),
                    (Dimension.MODE, CloudStoreMode.O2O),
                    (Dimension.STORE, cast.store(4), True),
                ),
                _clause((Dimension.TERRITORY, cast.territory(2)), (Dimension.MEMBER_TIER, _level(cast, "SILVER"))),
            ),
            funders=_funded((head, 5_000), (cast.distributor(2), 5_000)),
        ),
    ]


def _level(cast: Cast, level: str) -> UUID:
    return level_id(cast.source.keys, CLUB, level)


def _percentages(cast: Cast) -> list[Plan]:
    head, second = cast.brand(0), cast.brand(1)
    kind = CampaignKind.PERCENT_OFF
    return [
        Plan(
            *("GOLD-10", "A tenth off for gold members", head, kind, {"off_bps": 1_000}),
            clauses=(
                _clause(
                    (Dimension.MEMBER_TIER, _level(cast, "GOLD")),
                    (Dimension.MEMBER_TIER, _level(cast, "PLATINUM")),
                    (Dimension.BRAND, head),
                ),
            ),
            funders=_funded((head, 10_000)),
            exclusion_group=_LINE,
            priority=10,
        ),
        Plan(
            *("CATEGORY-8", "The favourites, 8 in 100 off", second, kind, {"off_bps": 800}),
            clauses=(
                _clause(
                    (Dimension.CATEGORY, cast.category(0)),
                    (Dimension.TERRITORY, cast.territory(0)),
                    (Dimension.TERRITORY, cast.territory(1)),
                    (Dimension.STORE_TAG, PILOT, True),
                ),
            ),
            funders=_funded((second, 8_000), (None, 2_000)),
            exclusion_group=_LINE,
        ),
        Plan(
            *("HAPPY-HOUR", "Happy hour at the till", head, kind, {"off_bps": 1_500}),
            clauses=(
                _clause(
                    (Dimension.HOURS, Hours(WEEKDAYS, *_EVENING)),
                    (Dimension.TERMINAL, Terminal.SHOP),
                    (Dimension.SKU, cast.sku(0, 0), True),
                ),
            ),
            exclusion_group=_LINE,
            priority=5,
        ),
        Plan(
            *("PHONE-5", "5 in 100 off on the telephone", head, kind, {"off_bps": 500}),
            clauses=(_clause((Dimension.TERMINAL, Terminal.APP), (Dimension.TERMINAL, Terminal.MINI_PROGRAM)),),
            participation=Participation.OPT_OUT,
            answers=_answers((StoreAnswer(cast.store(5), Stance.OPTED_OUT), StoreAnswer(cast.store(6), off_bps=700))),
            funders=_funded((head, 10_000)),
        ),
    ]


def _prices(cast: Cast) -> list[Plan]:
    head, second = cast.brand(0), cast.brand(1)
    kind, price = CampaignKind.FIXED_PRICE, cast.price(0, 0, 80)
    return [
        Plan(
            *("WEEKEND-PRICE", "The best seller on Friday and Saturday", head, kind, {"price_fen": price}),
            clauses=(_clause((Dimension.SKU, cast.sku(0, 0)), (Dimension.HOURS, Hours(FRIDAY | SATURDAY, *_ALL_DAY))),),
            answers=_answers((StoreAnswer(cast.store(0), price_fen=max(1, price - 50)),)),
            funders=_funded((head, 6_000), (None, 4_000)),
            exclusion_group=_LINE,
            priority=20,
        ),
        Plan(
            *("PILOT-PRICE", "A trial price", second, kind, {"price_fen": cast.price(1, 0, 85)}),
            clauses=(
                _clause((Dimension.SKU, cast.sku(1, 0)), (Dimension.STORE_TAG, PILOT)),
                _clause(
                    (Dimension.SKU, cast.sku(1, 0)),
                    (Dimension.STORE, cast.store(7)),
                    (Dimension.STORE, cast.store(8)),
                ),
            ),
            funders=_funded((second, 10_000)),
            exclusion_group=_LINE,
        ),
        Plan(
            *("SHOP-PRICE", "Our own price", cast.store(0), kind, {"price_fen": cast.price(0, 1, 90)}),
            clauses=(_clause((Dimension.SKU, cast.sku(0, 1))),),
        ),
    ]


def _gifts(cast: Cast) -> list[Plan]:
    head, second = cast.brand(0), cast.brand(1)
    return [
        Plan(
            *("SIX-AND-ONE", "One more with six", head, CampaignKind.GIFT, _gift(cast.sku(0, 5))),
            threshold_units=6,
            clauses=(_clause((Dimension.BRAND, head)),),
            funders=_funded((head, 10_000)),
        ),
        Plan(
            *("SPEND-100", "A present from 100 on", cast.distributor(0), CampaignKind.GIFT, _gift(cast.sku(1, 3))),
            threshold_fen=10_000,
            clauses=(_clause((Dimension.MODE, CloudStoreMode.O2O)),),
            funders=_funded((cast.distributor(0), 5_000), (second, 5_000)),
        ),
        Plan(
            *("SECOND-HALF", "The second for half", second, CampaignKind.NTH_UNIT, {"nth": 2, "off_bps": 5_000}),
            clauses=(_clause((Dimension.SKU, cast.sku(1, 1)), (Dimension.SKU, cast.sku(1, 2))),),
            funders=_funded((second, 7_000), (None, 3_000)),
            exclusion_group=_LINE,
        ),
        Plan(
            *("THIRD-FREE", "The third for nothing", head, CampaignKind.NTH_UNIT, {"nth": 3, "off_bps": 10_000}),
            clauses=(
                _clause(
                    (Dimension.CATEGORY, cast.category(1)),
                    (Dimension.TIER, Tier.STORE),
                    (Dimension.BELOW, cast.distributor(1), True),
                ),
            ),
            funders=_funded((head, 10_000)),
            exclusion_group=_LINE,
        ),
    ]


def _gift(sku: UUID) -> dict[str, int | UUID]:
    return {"gift_sku_id": sku, "gift_quantity": 1}


def _coupons(cast: Cast) -> list[Plan]:
    head, keys = cast.brand(0), cast.source.keys
    wholesale = f"WHOLESALE-{cast.ranks.distributors[0].number}"
    return [
        Plan(
            *("WELCOME", "A coupon for readers of the newsletter", head, CampaignKind.COUPON),
            {"coupon_terms_id": terms_id(keys, WELCOME)},
            clauses=(
                _clause(
                    (Dimension.MEMBER_TAG, "newsletter"),
                ),
            ),
            funders=_funded((head, 10_000)),
        ),
        Plan(
            *("CITY-COUPON", "A coupon to come back", cast.distributor(0), CampaignKind.COUPON),
            {"coupon_terms_id": terms_id(keys, wholesale)},
            clauses=(_clause((Dimension.SITE, cast.site(0)), (Dimension.MEMBER_TAG, "regular", True)),),
            funders=_funded((cast.distributor(0), 10_000)),
        ),
    ]


def _groups(cast: Cast) -> list[Plan]:
    head, local = cast.brand(0), cast.distributor(1)
    kind = CampaignKind.GROUP_BUY
    return [
        Plan(
            *("THREE-TOGETHER", "Three buy together", head, kind),
            {"group_size": 3, "price_fen": cast.price(0, 2, 75)},
            clauses=(_clause((Dimension.SKU, cast.sku(0, 2)), (Dimension.MODE, CloudStoreMode.O2O)),),
            participation=Participation.OPT_IN,
            answers=_answers(StoreAnswer(cast.store(place), Stance.OPTED_IN) for place in range(0, 20, 2)),
            funders=_funded((head, 8_000), (None, 2_000)),
            exclusion_group=_LINE,
        ),
        Plan(
            *("WEEKEND-FIVE", "Five buy together at the weekend", local, kind),
            {"group_size": 5, "price_fen": cast.price(0, 3, 70)},
            clauses=(_clause((Dimension.SKU, cast.sku(0, 3)), (Dimension.HOURS, Hours(WEEKEND, *_ALL_DAY))),),
            funders=_funded((local, 10_000)),
            exclusion_group=_LINE,
        ),
    ]


def _points(cast: Cast) -> list[Plan]:
    head, kind = cast.brand(0), CampaignKind.POINTS_MULTIPLIER
    return [
        Plan(
            *("BIRTHDAY", "Double points around the birthday", head, kind, {"points_pct": 200}),
            clauses=(_clause((Dimension.MEMBER_TAG, "birthday-soon")),),
            funders=_funded((head, 10_000)),
            exclusion_group=_POINTS,
            priority=5,
        ),
        Plan(
            *("EARLY-PLATINUM", "Triple points on weekday mornings", head, kind, {"points_pct": 300}),
            clauses=(
                _clause(
                    (Dimension.MEMBER_TIER, _level(cast, "PLATINUM")),
                    (Dimension.HOURS, Hours(WEEKDAYS, *_MORNING)),
                ),
            ),
            participation=Participation.OPT_OUT,
            funders=_funded((head, 10_000)),
            exclusion_group=_POINTS,
            priority=10,
        ),
        Plan(*("OWN-POINTS", "Half as many again here", cast.store(1), kind, {"points_pct": 150})),
    ]


def _fees(cast: Cast) -> list[Plan]:
    head, second = cast.brand(0), cast.brand(1)
    kind = CampaignKind.DISPLAY_FEE
    return [
        Plan(
            *("SHELF-FRONT", "Fee for the front of the shelf", head, kind, {"fee_fen": 5_000}),
            clauses=(_clause((Dimension.STORE_TAG, FLAGSHIP)),),
            participation=Participation.OPT_IN,
            answers=_answers(StoreAnswer(cast.store(place), Stance.OPTED_IN) for place in range(6)),
            funders=_funded((head, 10_000)),
        ),
        Plan(
            *("END-CAP", "Fee for the end of the aisle", second, kind, {"fee_fen": 8_000}),
            clauses=(_clause((Dimension.BELOW, cast.distributor(0)), (Dimension.TIER, Tier.STORE)),),
            funders=_funded((second, 10_000)),
        ),
    ]


def _not_live(cast: Cast) -> list[Plan]:
    """One to come, one that is over, one of each status that reaches nobody."""
    head, second, local = cast.brand(0), cast.brand(1), cast.distributor(0)
    return [
        Plan(
            *("YEAR-END", "15 off 100, soon", head, CampaignKind.AMOUNT_OFF, {"off_fen": 1_500}),
            threshold_fen=10_000,
            from_day=14,
            until_day=45,
            exclusion_group=_ORDER,
        ),
        Plan(
            *("HARVEST", "The past harvest", head, CampaignKind.PERCENT_OFF, {"off_bps": 1_000}),
            clauses=(_clause((Dimension.CATEGORY, cast.category(0))),),
            from_day=-60,
            until_day=-5,
        ),
        Plan(
            *("DRAFT-GIFT", "Still being written", second, CampaignKind.GIFT, _gift(cast.sku(1, 0))),
            threshold_units=2,
            status=CampaignStatus.DRAFT,
        ),
        Plan(
            *("LATE-NIGHT", "Late at night, paused", local, CampaignKind.PERCENT_OFF, {"off_bps": 600}),
            clauses=(_clause((Dimension.HOURS, Hours(_WEEK, *_LATE)), (Dimension.TERMINAL, Terminal.WEB, True)),),
            status=CampaignStatus.PAUSED,
        ),
        Plan(
            *("CLOSED-PAIR", "The second for less, closed", local, CampaignKind.NTH_UNIT),
            {"nth": 2, "off_bps": 2_500},
            status=CampaignStatus.CLOSED,
            from_day=-40,
            until_day=20,
        ),
    ]
