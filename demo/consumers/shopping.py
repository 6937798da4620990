"""What shoppers bought: orders of consumers, some with a coupon that takes something off.

Owns what is in a basket. Such an order leaves no trace in the stock, as past orders do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from demo.calendar import DAY_MINUTES
from demo.consumers.programme import Offer
from demo.consumers.values import Line, Member, Purchase, Visit
from demo.consumers.world import Good, World
from demo.dice import Dice
from domain.member import CouponBenefit
from domain.money import allocate, percent_half_up
from domain.ordering import OrderState, Terminal

PURCHASE_ONE_IN: Final = 16
"""On one visit in so many, whoever's, something was bought without a coupon."""
TERMINALS: Final = (Terminal.SHOP, Terminal.SHOP, Terminal.MINI_PROGRAM, Terminal.APP, Terminal.WEB)
MAX_UNITS: Final = 3
OPEN_DAYS: Final = 7
"""An order of the last few days is confirmed, an older one completed."""


class Till:
    """Makes orders and numbers them.

    Args:
        world: where they are made.
        dice: the stream of draws.
    """

    def __init__(self, world: World, dice: Dice) -> None:
        self._world, self._dice = world, dice
        self.purchases: list[Purchase] = []

    def sells(self, place: int) -> bool:
        """Whether there is anything to buy."""
        return bool(self._world.places[place].goods)

    def sell(self, member: int, place: int, at: datetime, offer: Offer | None = None, *, paid: bool = True) -> Purchase:
        """An order of what lies on the place's shelf, large enough for the coupon.

        An unpaid order waits for its payment.
        """
        goods = self._world.places[place].goods
        dice = self._dice
        first = dice.below(len(goods))
        basket = [(goods[first], dice.between(1, MAX_UNITS))]
        if len(goods) > 1 and dice.one_in(2):
            other = (first + 1 + dice.below(len(goods) - 1)) % len(goods)
            basket.append((goods[other], dice.between(1, MAX_UNITS)))
        if offer is not None:
            missing = offer.threshold_fen - sum(good.fen * units for good, units in basket)
            if missing > 0:
                dearest = max(goods, key=lambda good: good.fen)
                basket = [*((good, units) for good, units in basket if good != dearest), (dearest, 0)]
                missing = offer.threshold_fen - sum(good.fen * units for good, units in basket)
                basket[-1] = (dearest, max(1, -(-missing // dearest.fen)))
        age = (self._world.calendar.start - at).total_seconds()
        done = OrderState.COMPLETED if age > OPEN_DAYS * DAY_MINUTES * 60 else OrderState.CONFIRMED
        made = Purchase(
            len(self.purchases) + 1,
            member,
            place,
            done if paid else OrderState.PENDING_PAYMENT,
            TERMINALS[dice.below(len(TERMINALS))],
            at,
            _lines(basket, offer),
        )
        self.purchases.append(made)
        return made


def _lines(basket: list[tuple[Good, int]], offer: Offer | None) -> tuple[Line, ...]:
    """Whole lines; what the coupon takes off is shared out over them.

    Source: docs/domain.md, Rules that hold everywhere (allocate).
    """
    amounts = [good.fen * units for good, units in basket]
    discounts = allocate(_off(sum(amounts), offer), amounts)
    return tuple(
        Line(good.sku, good.brand, good.owner, units, good.fen, discount)
        for (good, units), discount in zip(basket, discounts, strict=True)
    )


def _off(total_fen: int, offer: Offer | None) -> int:
    if offer is None:
        return 0
    if offer.benefit is CouponBenefit.AMOUNT_OFF:
        assert offer.off_fen is not None  # its benefit
        return min(offer.off_fen, total_fen)
    assert offer.off_bps is not None  # its benefit
    part = percent_half_up(total_fen, offer.off_bps)
    return part if offer.max_off_fen is None else min(part, offer.max_off_fen)


def other_purchases(world: World, shoppers: Sequence[Member], visits: Sequence[Visit], till: Till, dice: Dice) -> None:
    """Orders without a coupon: of the first member at her first place, and of others on some visit."""
    start = world.calendar.start
    for visit in visits:
        first = visit.member == shoppers[0].number and visit.joined_at == shoppers[0].joined_at
        if (first or dice.one_in(PURCHASE_ONE_IN)) and till.sells(visit.place):
            ago = int((start - visit.joined_at).total_seconds()) // 60
            # Half of them at once, so that it may be the purchase that binds her, the others on the same day.
            after = 0 if dice.one_in(2) else min(ago - 1, dice.below(DAY_MINUTES // 2))
            till.sell(visit.member, visit.place, world.calendar.minute(after - ago))
