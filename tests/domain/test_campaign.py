"""Whom campaigns reach: each dimension and each reason worked out, and the index held to the rule by made-up cases."""

from collections.abc import Iterable
from datetime import UTC, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaign import (
    ANYBODY,
    LOOKED_UP,
    NOT_ASKED,
    Aim,
    CampaignKind,
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Mention,
    Miss,
    Moment,
    Participation,
    Question,
    ReachIndex,
    ReachReason,
    Stance,
    Terms,
    Value,
    Weekday,
    moment_of,
    terms_here,
    weekdays_of,
)
from domain.campaign.index import MOMENTS_KEPT
from tests.domain.aims import (
    APP,
    BRAND,
    HOUR,
    HOUSE,
    ITEM,
    MEMBER,
    MONDAY,
    RIVAL,
    SHOP,
    STORE,
    aim,
    both,
    by_index,
    by_rule,
    key,
    no,
    not_,
    question,
    yes,
)
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(400, 30_000))


# --- Worked out -----------------------------------------------------------------------------------------------------


def test_a_campaign_without_clauses_reaches_everything_below_its_owner() -> None:
    assert both(aim(), question()) is None
    assert both(aim(), question(member=ANYBODY, item=NOT_ASKED, terminal=NOT_ASKED)) is None
    assert both(aim(owner_id=SHOP), question()) is None


REASONS: list[tuple[ReachReason, Aim, Question]] = [
    (ReachReason.NOT_PUBLISHED, aim(status=CampaignStatus.DRAFT), question()),
    (ReachReason.NOT_PUBLISHED, aim(status=CampaignStatus.PAUSED, starts_at=MONDAY + HOUR / 2), question()),
    (ReachReason.NOT_PUBLISHED, aim(status=CampaignStatus.CLOSED), question()),
    (ReachReason.NOT_STARTED, aim(starts_at=MONDAY + HOUR / 2), question(inactive={BRAND})),
    (ReachReason.ENDED, aim(ends_at=MONDAY), question(inactive={BRAND})),
    (ReachReason.OWNER_NOT_ACTIVE, aim(), question(inactive={BRAND, HOUSE}, above={SHOP})),
    (ReachReason.NOT_BELOW_OWNER, aim(owner_id=RIVAL), question()),
    (
        ReachReason.OPTED_OUT,
        aim([no(Dimension.SITE)], participation=Participation.OPT_OUT),
        question(stances={key("a", 1): Stance.OPTED_OUT}),
    ),
    (
        ReachReason.OPTED_OUT,
        aim(participation=Participation.OPT_IN),
        question(stances={key("a", 1): Stance.OPTED_OUT}),
    ),
    (ReachReason.NOT_OPTED_IN, aim([no(Dimension.SITE)], participation=Participation.OPT_IN), question()),
    (ReachReason.STORE, aim([no(Dimension.MODE), no(Dimension.MEMBER_TAG)]), question()),
    (ReachReason.MEMBER, aim([no(Dimension.MEMBER_TAG), no(Dimension.SKU)]), question()),
    (ReachReason.ITEM, aim([no(Dimension.BRAND), no(Dimension.TERMINAL)]), question()),
    (ReachReason.TERMINAL, aim([no(Dimension.TERMINAL), no(Dimension.HOURS)]), question()),
    (ReachReason.HOURS, aim([no(Dimension.HOURS)]), question()),
]


def test_every_reason_is_worked_out_in_order() -> None:
    assert list(dict.fromkeys(reason for reason, _, _ in REASONS)) == list(ReachReason)


@pytest.mark.parametrize(("reason", "one", "asked"), REASONS)
def test_each_reason_comes_before_those_below_it(reason: ReachReason, one: Aim, asked: Question) -> None:
    miss = both(one, asked)
    assert miss is not None
    assert miss.reason is reason


@pytest.mark.parametrize("dimension", Dimension)
def test_each_dimension_lets_in_and_keeps_out(dimension: Dimension) -> None:
    there, elsewhere = yes(dimension), no(dimension)
    out = both(aim([elsewhere]), question())
    assert out is not None
    assert out.dimension is dimension
    assert both(aim([there]), question()) is None
    assert both(aim([not_(elsewhere)]), question()) is None
    assert both(aim([not_(there)]), question()) == out
    # Any of the plain ones is enough, any of the negated ones too much.
    assert both(aim([elsewhere, there]), question()) is None
    assert both(aim([there, not_(there)]), question()) == out
    assert both(aim([there, not_(elsewhere)]), question()) is None


def test_dimensions_must_all_hold_and_one_clause_is_enough() -> None:
    site, tag = yes(Dimension.SITE), no(Dimension.STORE_TAG)
    assert both(aim([site, tag]), question()) == Miss(ReachReason.STORE, Dimension.STORE_TAG)
    assert both(aim([site, tag], [site]), question()) is None
    assert both(aim([tag], [no(Dimension.SITE)]), question()) == Miss(ReachReason.STORE, Dimension.STORE_TAG)


def test_the_clause_that_gets_furthest_speaks() -> None:
    near, far = [no(Dimension.SITE), yes(Dimension.HOURS)], [yes(Dimension.SITE), no(Dimension.BRAND)]
    assert both(aim(near, far), question()) == Miss(ReachReason.ITEM, Dimension.BRAND)
    assert both(aim(far, near), question()) == Miss(ReachReason.ITEM, Dimension.BRAND)


def test_what_is_not_asked_about_excludes_nothing() -> None:
    without = question(item=NOT_ASKED, terminal=NOT_ASKED)
    for dimension in (Dimension.SKU, Dimension.CATEGORY, Dimension.BRAND, Dimension.TERMINAL):
        assert both(aim([no(dimension)]), without) is None
        assert both(aim([not_(yes(dimension))]), without) is None


def test_an_anonymous_shopper_has_no_tier_and_no_tag() -> None:
    for dimension in (Dimension.MEMBER_TIER, Dimension.MEMBER_TAG):
        assert both(aim([yes(dimension)]), question(member=ANYBODY)) == Miss(ReachReason.MEMBER, dimension)
        assert both(aim([not_(yes(dimension))]), question(member=ANYBODY)) is None


def test_a_window_is_half_open() -> None:
    window = aim(starts_at=MONDAY, ends_at=MONDAY + HOUR)
    assert both(window, question()) is None
    late = question(moment=moment_of(MONDAY + HOUR - timedelta(microseconds=1), UTC))
    assert both(window, late) is None
    assert both(window, question(moment=moment_of(MONDAY + HOUR, UTC))) == Miss(ReachReason.ENDED)


def test_hours_are_the_tenants() -> None:
    monday_evening = Condition(Dimension.HOURS, False, Hours(1, 18 * 60, 24 * 60))
    shanghai = moment_of(MONDAY, ZoneInfo("Asia/Shanghai"))  # 20:00 there
    assert shanghai == Moment(MONDAY, 1, 20 * 60)
    assert both(aim([monday_evening]), question(moment=shanghai)) is None
    assert both(aim([monday_evening]), question()) == Miss(ReachReason.HOURS, Dimension.HOURS)
    for minute, held in ((18 * 60 - 1, False), (18 * 60, True), (20 * 60 - 1, True), (20 * 60, False)):
        assert Hours(1, 18 * 60, 20 * 60).contains(shanghai._replace(minute=minute)) is held
    late = moment_of(MONDAY + 4 * HOUR, ZoneInfo("Asia/Shanghai"))  # midnight: Tuesday
    assert (late.weekday, late.minute) == (2, 0)


def test_days_of_a_set_are_named_from_monday_on() -> None:
    assert weekdays_of(0b1000001) == [Weekday.MONDAY, Weekday.SUNDAY]
    assert weekdays_of(127) == list(Weekday)


def test_one_index_answers_for_every_instant() -> None:
    """Also for more stretches of time than it remembers."""
    days = range(MOMENTS_KEPT + 10)
    aims = [
        aim(id=key("a", day), starts_at=MONDAY + day * HOUR, ends_at=MONDAY + (day + 2) * HOUR, priority=-day)
        for day in days
    ]
    index, kept = ReachIndex(aims), set[int]()
    for _ in range(2):
        for day in days:
            running = [
                index.aims[place].starts_at
                for place in index.reached([index.part({})], index.running(MONDAY + day * HOUR))
            ]
            assert running == [MONDAY + at * HOUR for at in (day - 1, day) if at >= 0]
            kept.add(len(index._times))
    assert max(kept) == MOMENTS_KEPT
    assert index.among([key("a", 5), key("a", 6), key("a", 999)], index.running(MONDAY + 5 * HOUR)) == [key("a", 5)]


def test_shoppers_see_what_may_reach_a_shop_and_is_no_fee() -> None:
    def mode(value: str, *, negated: bool = False) -> Condition:
        return Condition(Dimension.MODE, negated, value)

    trade, o2o = mode("B2B_ORDERING"), mode("O2O")
    shops = [mode(value, negated=True) for value in ("O2O", "PRIVATE_MALL", "COMMUNITY_GROUP")]
    seen = {
        "no clause": aim(),
        "another dimension": aim([no(Dimension.SITE)]),
        "a shop": aim([o2o]),
        "either": aim([trade, o2o]),
        "two ways": aim([trade], [yes(Dimension.TIER)]),
        "not the malls": aim([not_(trade)]),
    }
    hidden = {
        "malls": aim([trade]),
        "malls twice": aim([trade], [trade, yes(Dimension.TIER)]),
        "no shop": aim(shops),
        "a fee": aim([o2o], kind=CampaignKind.DISPLAY_FEE),
    }
    for name, one in (seen | hidden).items():
        assert bool(ReachIndex([one]).shopping) is (name in seen), name


def test_rank_is_priority_then_the_lower_id() -> None:
    aims = [aim(id=key("a", number), priority=priority) for number, priority in ((3, 0), (1, 0), (2, 5), (4, -1))]
    assert by_index(aims, question())[0] == [key("a", number) for number in (2, 1, 3, 4)]


def test_a_store_s_parameters_lie_over_the_campaign_s() -> None:
    own = Terms(threshold_fen=25_000, threshold_units=0, off_fen=2_500)
    assert terms_here(own, None) == own
    assert terms_here(own, Terms()) == own
    assert terms_here(own, Terms(threshold_fen=20_000)) == own._replace(threshold_fen=20_000)
    assert terms_here(own, Terms(threshold_fen=0, off_fen=3_000)) == Terms(0, 0, 3_000)
    # A price for a campaign that asks none would be another offer.
    assert terms_here(own, Terms(off_bps=900, price_fen=1)) == own


# --- Made up --------------------------------------------------------------------------------------------------------

FEW = 3
DIMENSIONS = list(Dimension)


def values(dimension: Dimension) -> list[Value]:
    if dimension is Dimension.HOURS:
        return [Hours(1, 0, 720), Hours(127, 720, 721), Hours(64, 0, 1440), Hours(3, 700, 800)]
    if dimension is Dimension.BELOW:
        return [SHOP, HOUSE, BRAND, RIVAL]
    return [f"{dimension}{number}" for number in range(FEW)]


def made_up(random: Random, campaigns: int) -> tuple[list[Aim], Question]:
    aims = [
        aim(
            *(
                [
                    Condition(dimension, random.random() < 0.3, random.choice(values(dimension)))
                    for dimension in random.choices(DIMENSIONS, k=random.randint(1, 4))
                ]
                for _ in range(random.randint(0, 3))
            ),
            id=key("a", number),
            owner_id=random.choice([SHOP, HOUSE, BRAND, BRAND, RIVAL]),
            status=random.choice([CampaignStatus.PUBLISHED] * 5 + list(CampaignStatus)),
            participation=random.choice(list(Participation)),
            starts_at=MONDAY + HOUR * random.choice([-2, -2, -2, 0, 1]),
            ends_at=MONDAY + HOUR * random.choice([2, 2, 2, 3]) - HOUR * 2 * (random.random() < 0.1),
            priority=random.randint(0, 2),
        )
        for number in range(campaigns)
    ]
    aims = [one for one in aims if one.starts_at < one.ends_at]

    def some(dimensions: Iterable[Dimension], most: int) -> Facts:
        return {one: frozenset(random.sample(values(one), random.randint(0, most))) for one in dimensions}

    return aims, Question(
        above={SHOP, *random.sample([HOUSE, BRAND], random.randint(0, 2))},
        store=some(STORE, 2),
        moment=Moment(MONDAY, random.choice([1, 2, 64]), random.choice([0, 719, 720, 790])),
        stances={one.id: random.choice(list(Stance)) for one in aims if random.random() < 0.5},
        inactive=set(random.sample([SHOP, HOUSE, BRAND, RIVAL], random.choice([0, 0, 1]))),
        member=some(MEMBER, 2),
        item=random.choice([NOT_ASKED, some(ITEM, 2)]),
        terminal=random.choice([NOT_ASKED, some(APP, 1)]),
    )


@exact
@given(random=st.randoms(use_true_random=False), campaigns=st.integers(0, 12))
def test_the_index_is_the_rule(random: Random, campaigns: int) -> None:
    aims, asked = made_up(random, campaigns)
    assert by_index(aims, asked) == by_rule(aims, asked)


@settings(derandomize=True, deadline=None, max_examples=size(100, 1_000))
@given(random=st.randoms(use_true_random=False))
def test_what_nobody_names_need_not_be_gathered(random: Random) -> None:
    aims, _ = made_up(random, 3)
    named = {
        condition.dimension
        for one in aims
        if one.status is CampaignStatus.PUBLISHED
        for clause in one.clauses.values()
        for condition in clause
    }
    index = ReachIndex(aims)
    assert {dimension for dimension in Dimension if index.names(dimension)} == named


def test_a_mention_of_another_campaign_is_nothing() -> None:
    one = aim([Condition(Dimension.STORE, False, None)])
    index = ReachIndex([one])
    stranger = Mention(key("a", 9), 0, False)
    assert index.part(STORE, [stranger]).held == 0
    assert index.part(STORE, [stranger, Mention(one.id, 0, False)]).held == 1
    assert {Dimension.STORE, Dimension.SKU} == LOOKED_UP


def test_an_index_of_nothing_reaches_nothing() -> None:
    assert by_index([], question()) == ([], {})
    assert ReachIndex([]).size == 0
    assert 2_000 < ReachIndex([aim([yes(Dimension.SITE)])]).size < 4_000
