"""Touches and bindings of the demo: walked again from the rows alone, by the rules of the domain."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from demo.consumers.generation import generate_consumers
from demo.consumers.values import BindingMade, Consumers, PromoterMade, Purchase, TouchMade
from demo.consumers.world import Place, World
from domain.attribution import (
    STRENGTH,
    BindingEnd,
    BindingStanding,
    Bound,
    PromoterKind,
    Touching,
    TouchOutcome,
    TouchRejection,
    TouchSource,
    after_payment,
    after_touch,
    standing,
)
from domain.channel import CloudStoreMode, Tier
from domain.ordering import OrderState
from tests.domain import iowa


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


class Again:
    """One member's touches and payments, judged anew; what holds at each end is held against the binding made."""

    def __init__(
        self, touches: list[TouchMade], expected: list[BindingMade], promoters: dict[int, PromoterMade]
    ) -> None:
        self._touches, self._expected, self._promoters = deque(touches), deque(expected), promoters
        self._bound: Bound[UUID] | None = None
        self._orders = 0

    def walk(self, purchases: list[tuple[datetime, Place]]) -> None:
        for at, place in purchases:
            while self._touches and self._touches[0].occurred_at < at:
                self._touched(self._touches.popleft())
            self._let_go(at)
            self._paid(at, place)
        while self._touches:
            self._touched(self._touches.popleft())
        if self._bound is not None and self._expected[0].ended_at is None:
            self._close(None, None)
        elif self._bound is not None:
            self._let_go(None)
        assert not self._expected

    def _paid(self, at: datetime, place: Place) -> None:
        seller = place.chain[0].organization
        owner = None if self._bound is None or at >= self._bound.valid_until else self._bound.owner
        if owner is None or (not self._orders and owner != seller):
            touch = self._touches.popleft()
            assert (touch.source, touch.occurred_at) == (TouchSource.FIRST_PURCHASE, at)
            assert touch.organization == seller
            self._touched(touch)
        if owner is not None:
            self._bound = after_payment(self._bound, owner, at)
            assert self._bound is not None
        self._orders += 1

    def _touched(self, touch: TouchMade) -> None:
        self._let_go(touch.occurred_at)
        promoter = self._promoters.get(touch.promoter or 0)
        after = after_touch(
            self._bound,
            Touching(
                touch.organization,
                touch.source,
                by_herself=promoter is not None and promoter.member == touch.member,
                is_first_purchase=not self._orders,
            ),
            touch.occurred_at,
        )
        assert (touch.outcome, touch.rejection) == (after.outcome, after.rejection)
        assert touch.strength == STRENGTH[touch.source]
        if after.outcome in (TouchOutcome.BOUND, TouchOutcome.TOOK_OVER):
            if self._bound is not None:
                self._close(touch.occurred_at, after.ended)
            assert (self._expected[0].guide, self._expected[0].promoter) == (touch.guide, touch.promoter)
        self._bound = after.binding

    def _let_go(self, until: datetime | None) -> None:
        """By hand, before the moment: nothing but the binding itself tells of it."""
        if self._bound is None:
            return
        next_end = self._expected[0]
        released = next_end.ended_at if next_end.end_cause is BindingEnd.RELEASED else None
        if released is not None and (until is None or released <= until):
            self._close(released, BindingEnd.RELEASED)
            self._bound = None

    def _close(self, at: datetime | None, cause: BindingEnd | None) -> None:
        bound, kept = self._bound, self._expected.popleft()
        assert bound is not None
        assert (kept.chain[0].organization, kept.source, kept.strength) == (bound.owner, bound.source, bound.strength)
        dates = (bound.bound_at, bound.protected_until, bound.valid_until)
        assert (kept.bound_at, kept.protected_until, kept.valid_until) == dates
        assert (kept.ended_at, kept.end_cause) == (at, cause)


def test_touches_and_payments_did_what_the_rules_say(
    world: World, made: Consumers, promoters: dict[int, PromoterMade], bindings: dict[int, list[BindingMade]]
) -> None:
    touches: defaultdict[int, list[TouchMade]] = defaultdict(list)
    for touch in made.touches:
        touches[touch.member].append(touch)
    bought: defaultdict[int, list[Purchase]] = defaultdict(list)
    for purchase in made.purchases:
        if purchase.state is not OrderState.PENDING_PAYMENT and world.places[purchase.place].chain:
            bought[purchase.member].append(purchase)
    for member in range(1, len(made.members) + 1):
        hers = touches[member]
        assert [touch.occurred_at for touch in hers] == sorted(touch.occurred_at for touch in hers)
        orders = sorted(bought[member], key=lambda order: order.placed_at)
        paid = [(order.placed_at, world.places[order.place]) for order in orders]
        Again(hers, bindings.get(member, []), promoters).walk(paid)


def test_every_outcome_rejection_and_end_that_the_demo_can_show_is_there(made: Consumers) -> None:
    assert {touch.source for touch in made.touches} == set(TouchSource)
    assert {touch.outcome for touch in made.touches} == set(TouchOutcome)
    assert {touch.rejection for touch in made.touches if touch.rejection} == {
        TouchRejection.PROTECTED,
        TouchRejection.WEAKER,
        TouchRejection.SELF_BINDING,
        TouchRejection.NOT_FIRST_PURCHASE,
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
    places = tuple(replace(place, mode=CloudStoreMode.COMMUNITY_GROUP) for place in iowas.places if place.chain)
    made = generate_consumers(replace(iowas, places=places, members=50, promoters=40))
    stores = {place.organization for place in places}
    assert {(one.kind, one.organization in stores) for one in made.promoters} == {
        (PromoterKind.GROUP_LEADER, True),
        (PromoterKind.PROMOTER, False),
    }


def test_the_first_members_history_tells_of_everything(made: Consumers, bindings: dict[int, list[BindingMade]]) -> None:
    touches = [touch for touch in made.touches if touch.member == 1]
    assert {touch.outcome for touch in touches} == set(TouchOutcome)
    assert {touch.rejection for touch in touches} >= {TouchRejection.PROTECTED, TouchRejection.WEAKER}
    rows = bindings[1]
    assert {row.end_cause for row in rows} == {*BindingEnd, None}
    assert (rows[-1].ended_at, rows[-1].guide is not None, len(rows[-1].chain)) == (None, True, 2)
