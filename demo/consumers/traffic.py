"""What touches and payments make of bindings: one active binding a member at most, the ended ones are her history.

Owns the walk through one member's events. What each of them does is `domain.attribution`'s to say.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from demo.consumers.touching import Paid, Timed, Touched
from demo.consumers.values import BindingMade, TouchMade
from demo.consumers.world import World
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


class _Held(NamedTuple):
    """A binding, and the touch that made it."""

    touch: Touched
    bound: Bound[UUID]


class Walk:
    """Walks through members' events and keeps what becomes of them.

    Args:
        world: the tenant.
    """

    def __init__(self, world: World) -> None:
        self._calendar, self._voice = world.calendar, world.voice
        self.touches: list[TouchMade] = []
        self.bindings: list[BindingMade] = []

    def through(self, member: int, events: list[Timed]) -> None:
        """Walk through one member's events, which come in the order of time."""
        held: _Held | None = None
        orders = 0
        for minutes, event in events:
            at = self._calendar.minute(minutes)
            if isinstance(event, Touched):
                held = self._touched(member, held, event, at, orders)
            elif isinstance(event, Paid):
                held = self._paid(member, held, event, at, orders)
                orders += 1
            elif held is not None:
                self._close(member, held, at, BindingEnd.RELEASED, self._voice.released)
                held = None
        if held is not None:
            self._close(member, held, None, None, None)

    def _touched(self, member: int, held: _Held | None, touch: Touched, at: datetime, orders: int) -> _Held | None:
        promoter = touch.promoter
        after = after_touch(
            None if held is None else held.bound,
            Touching(
                touch.chain[0].organization,
                touch.source,
                by_herself=promoter is not None and promoter.member == member,
                is_first_purchase=orders == 0,
            ),
            at,
        )
        self.touches.append(
            TouchMade(
                member,
                touch.chain[0].organization,
                touch.guide,
                None if promoter is None else promoter.number,
                touch.source,
                STRENGTH[touch.source],
                touch.terminal,
                at,
                after.outcome,
                after.rejection,
            )
        )
        if after.binding is None or after.outcome is TouchOutcome.REJECTED:
            return held
        if held is not None and after.outcome is TouchOutcome.RENEWED:
            return _Held(held.touch, after.binding)
        if held is not None:
            by_hand = after.ended is BindingEnd.TRANSFERRED
            self._close(member, held, at, after.ended, self._voice.moved if by_hand else None)
        return _Held(touch, after.binding)

    def _paid(self, member: int, held: _Held | None, paid: Paid, at: datetime, orders: int) -> _Held | None:
        """Paid when placed: the order renews its owner; without one, or with another's first order, it is a touch.

        Where the seller can own nobody it is no touch, though it may be her first order.
        """
        owned = held if held is not None and at < held.bound.valid_until else None
        if paid.chain and (owned is None or (orders == 0 and owned.bound.owner != paid.chain[0].organization)):
            touch = Touched(paid.chain, TouchSource.FIRST_PURCHASE, None, None, paid.terminal)
            held = self._touched(member, held, touch, at, orders)
        if owned is None:
            return held
        renewed = after_payment(owned.bound, owned.bound.owner, at)
        return owned if renewed is None else _Held(owned.touch, renewed)

    def _close(
        self, member: int, held: _Held, ended_at: datetime | None, cause: BindingEnd | None, reason: str | None
    ) -> None:
        touch, bound = held
        self.bindings.append(
            BindingMade(
                member,
                touch.chain,
                touch.guide,
                None if touch.promoter is None else touch.promoter.number,
                bound.source,
                bound.strength,
                bound.bound_at,
                bound.protected_until,
                bound.valid_until,
                ended_at,
                cause,
                reason,
            )
        )
