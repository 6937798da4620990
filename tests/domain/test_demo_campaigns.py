"""The campaigns of the demo: every kind, every way to take part and to aim, and nothing that the tables refuse."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from demo.campaigns.values import Hours, Plan
from demo.campaigns.writing import OFFERS
from demo.consumers.programme import level_id, terms_id
from demo.iowa import SAMPLE
from demo.iowa.campaigning import FLAGSHIP, PILOT, plans
from demo.iowa.cast import Cast
from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, Stance
from domain.channel import Tier, closure
from integrations.wholesale.channel import Org
from tests.domain import iowa

OFFER = {
    CampaignKind.AMOUNT_OFF: {"off_fen"},
    CampaignKind.PERCENT_OFF: {"off_bps"},
    CampaignKind.FIXED_PRICE: {"price_fen"},
    CampaignKind.GIFT: {"gift_sku_id", "gift_quantity"},
    CampaignKind.NTH_UNIT: {"nth", "off_bps"},
    CampaignKind.COUPON: {"coupon_terms_id"},
    CampaignKind.GROUP_BUY: {"group_size", "price_fen"},
    CampaignKind.POINTS_MULTIPLIER: {"points_pct"},
    CampaignKind.DISPLAY_FEE: {"fee_fen"},
}


@pytest.fixture(scope="module")
def cast() -> Cast:
    return iowa.cast()


@pytest.fixture(scope="module")
def made(cast: Cast) -> tuple[Plan, ...]:
    return plans(cast)


def test_there_are_thirty_of_every_kind_and_way(made: tuple[Plan, ...]) -> None:
    assert len({plan.code for plan in made}) == len(made) == 30
    assert {plan.kind for plan in made} == set(CampaignKind)
    assert {plan.participation for plan in made} == set(Participation)
    assert {plan.status for plan in made} == set(CampaignStatus)
    assert {answer.stance for plan in made for answer in plan.answers} == {*Stance, None}


def test_most_are_live_today_and_for_years(made: tuple[Plan, ...]) -> None:
    live = [plan for plan in made if plan.status is CampaignStatus.PUBLISHED and plan.from_day <= 0 < plan.until_day]
    assert len(live) == 25
    assert {plan.until_day for plan in live} == {3_650}
    assert {plan.kind for plan in live} == set(CampaignKind)
    others = Counter(
        "coming" if plan.from_day > 0 else "over" if plan.until_day <= 0 else plan.status.lower()
        for plan in made
        if plan not in live
    )
    assert others == dict.fromkeys(("coming", "over", "draft", "paused", "closed"), 1)


def test_every_dimension_aims_and_some_exclude(made: tuple[Plan, ...]) -> None:
    used = {
        (condition.dimension, condition.negated) for plan in made for clause in plan.clauses for condition in clause
    }
    assert {dimension for dimension, negated in used if not negated} == set(Dimension)
    assert {dimension for dimension, negated in used if negated} == {
        Dimension.STORE,
        Dimension.STORE_TAG,
        Dimension.SKU,
        Dimension.BELOW,
        Dimension.MEMBER_TAG,
        Dimension.TERMINAL,
    }
    assert Counter(len(plan.clauses) for plan in made).keys() == {0, 1, 2}
    assert all(clause for plan in made for clause in plan.clauses)


def test_offers_and_parameters_are_those_of_the_kind(made: tuple[Plan, ...]) -> None:
    assert {column for columns in OFFER.values() for column in columns} == set(OFFERS)
    for plan in made:
        assert set(plan.offer) == OFFER[plan.kind]
        for answer in plan.answers:
            said = {name for name in ("off_fen", "off_bps", "price_fen") if getattr(answer, name) is not None}
            assert said <= OFFER[plan.kind]
    changed = [answer for plan in made for answer in plan.answers if any(value is not None for value in answer[2:])]
    assert len(changed) > 8


def test_funders_bear_the_whole_once_each(made: tuple[Plan, ...]) -> None:
    for plan in made:
        assert sum(share for _, share in plan.funders) == 10_000
        assert len({funder for funder, _ in plan.funders}) == len(plan.funders)
    assert {funder is None for plan in made for funder, _ in plan.funders} == {True, False}
    assert {plan.exclusion_group for plan in made} == {None, "order", "line", "points"}


def test_stores_answer_their_own_upstreams_once(cast: Cast, made: tuple[Plan, ...]) -> None:
    edges = [*cast.source.channel.edges, *cast.demo.edges]
    below = {
        (cast.source.organization(row.ancestor), cast.source.organization(row.descendant))
        for row in closure(((edge.upstream, edge.downstream) for edge in edges), ())
    }
    for plan in made:
        assert len({answer.store for answer in plan.answers}) == len(plan.answers)
        assert all((plan.owner, answer.store) in below for answer in plan.answers)


def named(cast: Cast) -> dict[Dimension, set[UUID | str]]:
    """What a condition may name, in the demo's tenant."""
    keys, ledger, organization = cast.source.keys, cast.source.ledger, cast.source.organization
    return {
        Dimension.SITE: {keys.of("site", county) for county in cast.ranks.cities},
        Dimension.TERRITORY: {keys.of("territory", county.number) for county in ledger.counties},
        Dimension.TIER: {Tier.STORE},
        Dimension.BELOW: {organization(org) for org in cast.ranks.distributors},
        Dimension.STORE: {organization(org) for org in cast.ranks.stores},
        Dimension.STORE_TAG: {FLAGSHIP, PILOT},
        Dimension.MEMBER_TIER: {level_id(keys, "CLUB", level) for level in ("SILVER", "GOLD", "PLATINUM")},
        Dimension.MEMBER_TAG: set(iowa.world().voice.tags),
        Dimension.SKU: {cast.source.sku(item.number) for item in ledger.items},
        Dimension.CATEGORY: {keys.of("category", category.number) for category in ledger.categories},
        Dimension.BRAND: {organization(Org(Tier.BRAND, vendor.number)) for vendor in ledger.vendors},
    }


def test_conditions_name_what_there_is(cast: Cast, made: tuple[Plan, ...]) -> None:
    there = named(cast)
    for plan in made:
        for condition in (condition for clause in plan.clauses for condition in clause):
            if isinstance(condition.value, Hours):
                assert condition.dimension is Dimension.HOURS
                assert 1 <= condition.value.weekdays <= 127
                assert 0 <= condition.value.from_minute < condition.value.until_minute <= 1_440
            elif condition.dimension in there:
                assert condition.value in there[condition.dimension]
    coupons = {plan.offer["coupon_terms_id"] for plan in made if plan.kind is CampaignKind.COUPON}
    offered = {terms_id(cast.source.keys, terms.code) for terms in iowa.world().terms if terms.offer}
    assert coupons <= offered


def of_one_shop(path: Path, **changes: str) -> Path:
    """A file of the sample's first line, which has no category, with changes by heading."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as lines:
        line = next(csv.DictReader(lines, delimiter=";"))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, list(line), delimiter=";")
        rows.writeheader()
        rows.writerow(line | {name.replace("_", " "): value for name, value in changes.items()})
    return path


def test_a_campaign_that_aims_only_at_what_there_is_not_is_left_out(tmp_path: Path) -> None:
    """Without a category or a territory to aim at it would reach everything."""
    path = of_one_shop(tmp_path / "bare.csv", County_Number="", County="")
    made = {plan.code: plan for plan in plans(iowa.cast(path))}
    assert {plan.code for plan in plans(iowa.cast())} - set(made) == {"CATEGORY-8", "THIRD-FREE", "HARVEST"}
    (either,) = made["EITHER-50"].clauses
    assert [condition.dimension for condition in either] == [Dimension.SITE, Dimension.MODE, Dimension.STORE]


def test_a_channel_of_one_shop_has_them_all_too(tmp_path: Path) -> None:
    path = of_one_shop(tmp_path / "one.csv", Category="1031080.0", Category_Name="VODKA 80 PROOF")
    made = plans(iowa.cast(path))
    assert len(made) == 30
    test_funders_bear_the_whole_once_each(made)
    assert all(len({answer.store for answer in plan.answers}) == len(plan.answers) for plan in made)
    world = iowa.world(path)
    assert (len(world.places), world.members, world.promoters) == (2, 17, 1)
