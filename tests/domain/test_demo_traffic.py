"""Touches and bindings of the demo: what the domain says of them, and what there is to be seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from demo.consumers.generation import generate_consumers
from demo.consumers.touching import Paid
from demo.consumers.traffic import Walk
from demo.consumers.values import BindingMade, Consumers, PromoterMade
from demo.consumers.world import World
from demo.iowa import SEED
from domain.attribution import (
    POLICY,
    BindingEnd,
    BindingStanding,
    PromoterKind,
    TouchOutcome,
    TouchRejection,
    TouchSource,
    standing,
)
from domain.channel import CloudStoreMode, Tier
from domain.ordering import Terminal
from tests.domain import iowa
from tests.domain.again import walk_again


@pytest.fixture(scope="module")
def world() -> World:
    return iowa.world()


@pytest.fixture(scope="module")
def made() -> Consumers:
    return iowa.consumers()


@pytest.fixture(scope="module")
def promoters(made: Consumers) -> dict[int, PromoterMade]:
    return {one.number: one for one in made.promoters}


@pytest.fixture(scope="module")
def bindings(made: Consumers) -> dict[int, list[BindingMade]]:
    rows: defaultdict[int, list[BindingMade]] = defaultdict(list)
    for row in made.bindings:
        rows[row.member].append(row)
    return dict(rows)


def test_touches_and_payments_did_what_the_rules_say(world: World, made: Consumers) -> None:
    walk_again(world, made)


def test_nobody_is_touched_before_she_joined(made: Consumers) -> None:
    joined = {one.number: one.joined_at for one in made.members}
    assert all(touch.occurred_at >= joined[touch.member] for touch in made.touches)
    assert all(row.bound_at >= joined[row.member] for row in made.bindings)


def test_every_outcome_rejection_and_end_that_the_demo_can_show_is_there(made: Consumers) -> None:
    assert {touch.source for touch in made.touches} == set(TouchSource)
    assert {touch.outcome for touch in made.touches} == set(TouchOutcome)
    assert {touch.rejection for touch in made.touches if touch.rejection} == {
        TouchRejection.PROTECTED,
        TouchRejection.WEAKER,
        TouchRejection.SELF_BINDING,
        TouchRejection.NOT_FIRST_PURCHASE,
        TouchRejection.HAS_OWNER,
    }
    assert {row.end_cause for row in made.bindings if row.end_cause} == set(BindingEnd)


def test_one_binding_a_member_is_active_and_the_others_lie_before_it(
    world: World, bindings: dict[int, list[BindingMade]]
) -> None:
    now: Counter[BindingStanding] = Counter()
    for rows in bindings.values():
        assert all(row.ended_at is not None for row in rows[:-1])
        for row, following in pairwise(rows):
            assert row.ended_at is not None
            assert row.bound_at <= row.ended_at <= following.bound_at
        last = rows[-1]
        now[standing(last.ended_at, last.protected_until, last.valid_until, world.calendar.start)] += 1
    assert set(now) == set(BindingStanding)
    assert min(now[one] for one in BindingStanding if one is not BindingStanding.ENDED) > 3_000


def test_whoever_moved_or_released_a_customer_by_hand_gave_a_reason(made: Consumers) -> None:
    by_hand = {BindingEnd.TRANSFERRED, BindingEnd.RELEASED}
    assert all((row.end_reason is not None) == (row.end_cause in by_hand) for row in made.bindings)


def test_chains_are_frozen_whole_and_stay_below_the_brand(world: World, made: Consumers) -> None:
    chains = {place.chain[at:] for place in world.places for at in range(len(place.chain))}
    assert {row.chain for row in made.bindings} <= chains
    assert {hop.tier for row in made.bindings for hop in row.chain} == {Tier.STORE, Tier.DISTRIBUTOR}
    assert {row.chain[0].tier for row in made.bindings} == {Tier.STORE, Tier.DISTRIBUTOR}


def test_guides_and_promoters_belong_to_who_touches(
    world: World, made: Consumers, promoters: dict[int, PromoterMade]
) -> None:
    for touch in made.touches:
        if touch.guide is not None:
            assert touch.guide in world.guides[touch.organization]
        if touch.promoter is not None:
            promoter = promoters[touch.promoter]
            assert promoter.organization == touch.organization
            assert promoter.joined_at <= touch.occurred_at
    guided = Counter(touch.guide is not None for touch in made.touches if touch.source is TouchSource.OFFLINE_SCAN)
    assert set(guided) == {True}


def test_promoters_are_some_hundreds_and_some_of_them_members(world: World, made: Consumers) -> None:
    assert len(made.promoters) == 415
    assert len({one.code for one in made.promoters}) == len(made.promoters)
    members = [(one.member, one.organization) for one in made.promoters if one.member is not None]
    assert len(set(members)) == len(members)
    assert 200 < len(members) < 215
    assert {one.active for one in made.promoters} == {True, False}
    assert {one.kind for one in made.promoters} == {PromoterKind.PROMOTER}
    stores = {place.organization for place in world.places}
    assert {one.organization in stores for one in made.promoters} == {True, False}
    names = {one.number: one.name for one in made.members}
    assert all(names[one.member] == one.name for one in made.promoters if one.member is not None)


def test_community_groups_have_leaders() -> None:
    iowas = iowa.world()
    places = tuple(replace(place, mode=CloudStoreMode.COMMUNITY_GROUP) for place in iowas.places if place.chain)[:20]
    made = generate_consumers(replace(iowas, places=places, members=50, promoters=60), SEED)
    stores = {place.organization for place in places}
    assert len(made.promoters) == 60
    assert {(one.kind, one.organization in stores) for one in made.promoters} == {
        (PromoterKind.GROUP_LEADER, True),
        (PromoterKind.PROMOTER, False),
    }
    fewer = generate_consumers(replace(iowas, places=places, members=50, promoters=3), SEED)
    assert [one.organization for one in fewer.promoters] == [place.organization for place in places]
    earliest = min(one.joined_at for one in fewer.members)
    assert all(one.active and one.joined_at < earliest for one in fewer.promoters)


def test_the_first_order_at_a_place_that_owns_nobody_is_the_first_purchase() -> None:
    world = iowa.world()
    store = next(place for place in world.places if place.chain)
    touches = {}
    for first in ((), store.chain):
        walk = Walk(world)
        walk.through(1, [(-20, Paid(first, Terminal.WEB)), (-10, Paid(store.chain, Terminal.WEB))])
        touches[first] = [(touch.source, touch.outcome, touch.rejection) for touch in walk.touches]
        assert len(walk.bindings) == len(first[:1])
    assert touches == {
        (): [(TouchSource.FIRST_PURCHASE, TouchOutcome.REJECTED, TouchRejection.NOT_FIRST_PURCHASE)],
        store.chain: [(TouchSource.FIRST_PURCHASE, TouchOutcome.BOUND, None)],
    }


def test_an_order_renews_her_owner_wherever_it_is() -> None:
    world = iowa.world()
    store = next(place for place in world.places if place.chain)
    walk = Walk(world)
    walk.through(1, [(-20, Paid(store.chain, Terminal.WEB)), (-10, Paid((), Terminal.WEB))])
    assert len(walk.touches) == 1
    assert [row.valid_until - row.bound_at - POLICY.valid for row in walk.bindings] == [timedelta(minutes=10)]


def test_the_first_members_history_tells_of_everything(made: Consumers, bindings: dict[int, list[BindingMade]]) -> None:
    touches = [touch for touch in made.touches if touch.member == 1]
    assert {touch.outcome for touch in touches} == set(TouchOutcome)
    assert {touch.rejection for touch in touches} >= {TouchRejection.PROTECTED, TouchRejection.WEAKER}
    rows = bindings[1]
    assert {row.end_cause for row in rows} == {*BindingEnd, None}
    assert (rows[-1].ended_at, rows[-1].guide is not None, len(rows[-1].chain)) == (None, True, 2)
