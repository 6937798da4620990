"""Touches and bindings of a demo, walked again from the rows alone, by the rules of the domain."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime
from uuid import UUID

from demo.consumers.values import BindingMade, Consumers, PromoterMade, TouchMade
from demo.consumers.world import Place, World
from domain.attribution import (
    STRENGTH,
    BindingEnd,
    Bound,
    Touching,
    TouchOutcome,
    TouchSource,
    after_payment,
    after_touch,
)
from domain.ordering import OrderState


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
        seller = place.chain[0].organization if place.chain else None
        owner = None if self._bound is None or at >= self._bound.valid_until else self._bound.owner
        if seller is not None and (owner is None or (not self._orders and owner != seller)):
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


def walk_again(world: World, made: Consumers) -> None:
    """Every member's touches, and her paid orders wherever they were, make the bindings that she has."""
    promoters = {one.number: one for one in made.promoters}
    bindings: defaultdict[int, list[BindingMade]] = defaultdict(list)
    for row in made.bindings:
        bindings[row.member].append(row)
    touches: defaultdict[int, list[TouchMade]] = defaultdict(list)
    for touch in made.touches:
        touches[touch.member].append(touch)
    paid: defaultdict[int, list[tuple[datetime, Place]]] = defaultdict(list)
    for order in sorted(made.purchases, key=lambda order: order.placed_at):
        if order.state is not OrderState.PENDING_PAYMENT:
            paid[order.member].append((order.placed_at, world.places[order.place]))
    for member in range(1, len(made.members) + 1):
        hers = touches[member]
        assert [touch.occurred_at for touch in hers] == sorted(touch.occurred_at for touch in hers)
        Again(hers, bindings[member], promoters).walk(paid[member])
