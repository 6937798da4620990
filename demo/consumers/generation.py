"""All of a world's consumers, in one call.

Owns the order of generation and nothing else: what is generated is decided in the modules beside this one.
"""

from __future__ import annotations

from demo.consumers import holdings, people
from demo.consumers.coupons import Desk
from demo.consumers.shopping import Till, other_purchases
from demo.consumers.touching import Street, by_member
from demo.consumers.traffic import Walk
from demo.consumers.values import Consumers, Purchase
from demo.consumers.world import World
from demo.dice import Dice
from domain.member import RightKind


def generate_consumers(world: World, seed: int) -> Consumers:
    """Generate a tenant's consumers.

    Args:
        world: the tenant; at least one place has a weight.
        seed: another seed is another crowd.

    Returns:
        The rows, in an order that depends on the arguments only.
    """
    shoppers = people.members(world, seed)
    visits = people.visits(world, shoppers, Dice(seed, "visits"))
    been = by_member(visits)
    promoters = people.promoters(world, shoppers, Dice(seed, "promoters"))
    till = Till(world, Dice(seed, "baskets"))
    other_purchases(world, shoppers, visits, till, Dice(seed, "purchases"))
    desk = Desk(world, holdings.good_at(world, RightKind.COUPON), till, Dice(seed, "coupons"))
    for shopper in shoppers:
        desk.give(shopper, been[shopper.number])
    bought: dict[int, list[Purchase]] = {}
    for purchase in till.purchases:
        bought.setdefault(purchase.member, []).append(purchase)
    street, walk = Street(world, promoters, Dice(seed, "touches")), Walk(world)
    for shopper in shoppers:
        number = shopper.number
        walk.through(number, street.events(number, been[number], bought.get(number, [])))
    return Consumers(
        members=shoppers,
        visits=visits,
        growth=holdings.growth(world, been, till.purchases, Dice(seed, "growth")),
        balances=holdings.balances(world, been, Dice(seed, "balances")),
        coupons=tuple(desk.coupons),
        purchases=tuple(till.purchases),
        promoters=promoters,
        touches=tuple(walk.touches),
        bindings=tuple(walk.bindings),
    )
