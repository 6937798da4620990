"""Consumers as rows of ours.

Owns what of ours each generated value becomes. Terms are marked `is_generated`, orders by a number of their own form;
people bear no mark: no file ever brings any.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from demo.consumers.programme import MemberLevel, Terms, level_id, terms_id
from demo.consumers.values import Consumers
from demo.consumers.world import World
from domain.ordering import OrderKind, OrderState
from integrations.bulk import Bulk, transposed, write_tags
from integrations.keys import Keys
from models import attribution, channel, member, ordering

ORDER_NUMBER: Final = "GENERATED-{:06d}"
ROWS_A_MEMBER: Final = 13
"""About as many rows are written for each member; only the progress bar believes it."""


class Ids:
    """The ids of what is named again and again, each derived once."""

    def __init__(self, keys: Keys, world: World, made: Consumers) -> None:
        self.keys = keys
        self.customers = {one.number: keys.of("customer", f"member:{one.number}") for one in made.members}
        self.accounts = {one.number: keys.of("account", f"member:{one.number}") for one in made.members}
        self.terms = {one.code: terms_id(keys, one.code) for one in world.terms}
        self.promoters: dict[int | None, UUID | None] = {
            None: None,
            **{one.number: keys.of("promoter", one.number) for one in made.promoters},
        }
        self.orders: dict[int | None, UUID | None] = {
            None: None,
            **{one.number: keys.of("order", ORDER_NUMBER.format(one.number)) for one in made.purchases},
        }


async def write_consumers(bulk: Bulk, keys: Keys, world: World, made: Consumers) -> None:
    """Write them all, in the order in which rows point at each other."""
    ids = Ids(keys, world, made)
    await _terms(bulk, ids, world)
    await _members(bulk, ids, made)
    await _memberships(bulk, ids, world, made)
    await _holdings(bulk, ids, made)
    await _purchases(bulk, ids, world, made)
    await _coupons(bulk, ids, made)
    await _promoters(bulk, ids, made)
    await _touches(bulk, ids, made)
    await _bindings(bulk, ids, made)


async def _terms(bulk: Bulk, ids: Ids, world: World) -> None:
    """The terms of all rights, who honours them, their levels and what their coupons take off."""
    terms, calendar = world.terms, world.calendar
    columns = (
        *("id", "kind", "code", "name", "scope", "site_id", "cloud_store_id"),
        *("issuer_id", "bearer_id", "redeem_points", "redeem_fen", "valid_from", "valid_until"),
    )
    rows = [
        (
            *(ids.terms[one.code], one.kind.value, one.code, one.name, one.scope.value, one.site),
            *(one.cloud_store, one.issuer, one.bearer, one.redeem_points, one.redeem_fen),
            calendar.day(one.from_day),
            None if one.until_day is None else calendar.day(one.until_day),
        )
        for one in terms
    ]
    await bulk.insert(member.RightTerms, {**transposed(columns, rows), "is_generated": [True] * len(rows)})
    honours = [(ids.terms[one.code], *honour) for one in terms for honour in one.honours]
    await bulk.insert(member.RightHonour, transposed(("terms_id", "organization_id", "includes_below"), honours))
    levels = [(level_id(ids.keys, one.code, x.code), ids.terms[one.code], *x) for one in terms for x in one.levels]
    await bulk.insert(member.MemberTier, transposed(("id", "terms_id", *MemberLevel._fields), levels))
    await bulk.insert(member.CouponOffer, transposed(_OFFER, [_offer(ids, one) for one in terms if one.offer]))


_OFFER: Final = ("terms_id", "benefit", "threshold_fen", "off_fen", "off_bps", "max_off_fen")


def _offer(ids: Ids, terms: Terms) -> tuple[UUID, str, int, int | None, int | None, int | None]:
    offer = terms.offer
    assert offer is not None  # the caller asked
    benefit, threshold, off_fen, off_bps, max_off, _ = offer
    return ids.terms[terms.code], benefit.value, threshold, off_fen, off_bps, max_off


async def _members(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    """Accounts and customers; those who referred others come before them, for they joined before."""
    members = sorted(made.members, key=lambda one: one.joined_at)
    accounts = [(ids.accounts[one.number], f"member:{one.number}", one.name, one.phone) for one in members]
    accounts += [
        (ids.keys.of("account", f"promoter:{one.number}"), f"promoter:{one.number}", one.name, one.phone)
        for one in made.promoters
        if one.member is None
    ]
    await bulk.insert(channel.Account, transposed(("id", "subject", "display_name", "phone"), accounts))
    rows = [
        (
            *(ids.customers[one.number], account, one.joined_at),
            None if one.referrer is None else ids.customers[one.referrer],
        )
        for one, (account, *_) in zip(members, accounts, strict=False)
    ]
    await bulk.insert(member.Customer, transposed(("id", "account_id", "joined_at", "referred_by_id"), rows))
    await write_tags(bulk, member.Customer, {ids.customers[one.number]: one.tags for one in members if one.tags})


async def _memberships(bulk: Bulk, ids: Ids, world: World, made: Consumers) -> None:
    rows = [
        (
            ids.keys.of("membership", visit.member, visit.place),
            ids.customers[visit.member],
            world.places[visit.place].store,
            visit.joined_at,
        )
        for visit in made.visits
    ]
    await bulk.insert(member.Membership, transposed(("id", "customer_id", "cloud_store_id", "joined_at"), rows))


async def _holdings(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    levels = {held: level_id(ids.keys, *held) for held in {(row.terms, row.level) for row in made.growth}}
    grown = [
        (ids.customers[row.member], ids.terms[row.terms], row.growth, levels[row.terms, row.level])
        for row in made.growth
    ]
    await bulk.insert(member.MemberGrowth, transposed(("customer_id", "terms_id", "growth", "tier_id"), grown))
    held = [(ids.customers[row.member], ids.terms[row.terms], row.kind.value, row.balance) for row in made.balances]
    await bulk.insert(member.MemberBalance, transposed(("customer_id", "terms_id", "terms_kind", "balance"), held))


async def _purchases(bulk: Bulk, ids: Ids, world: World, made: Consumers) -> None:
    columns = (
        *("id", "number", "state", "seller_id", "customer_id", "placed_by_id"),
        *("cloud_store_id", "site_id", "region_code", "terminal", "total_fen", "placed_at"),
    )
    rows = []
    lines = []
    for one in made.purchases:
        place, key = world.places[one.place], ids.orders[one.number]
        rows.append(
            (
                *(key, ORDER_NUMBER.format(one.number), one.state.value, place.organization),
                *(ids.customers[one.member], ids.accounts[one.member], place.store, place.site, place.region),
                *(one.terminal.value, one.total_fen, one.placed_at),
            )
        )
        for number, line in enumerate(one.lines, start=1):
            net = line.quantity * line.unit_fen - line.discount_fen
            shipped = line.quantity if one.state is OrderState.COMPLETED else 0
            lines.append((key, number, line.sku, line.brand, line.owner, line.owner, *line[3:], net, shipped))
    kinds = {"kind": [OrderKind.CONSUMER.value] * len(rows), "currency": [world.currency] * len(rows)}
    await bulk.insert(ordering.Order, {**transposed(columns, rows), **kinds})
    parties = ("order_id", "line", "sku_id", "brand_id", "goods_owner_id", "fulfiller_id")
    amounts = ("quantity", "unit_fen", "discount_fen", "net_fen", "shipped")
    await bulk.insert(ordering.OrderLine, transposed((*parties, *amounts), lines))


async def _coupons(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    columns = (
        *("id", "customer_id", "terms_id", "code", "state"),
        *("granted_at", "valid_from", "valid_until", "order_id"),
    )
    rows = [
        (
            *(ids.keys.of("coupon", one.code), ids.customers[one.member], ids.terms[one.terms], one.code),
            *(one.state.value, one.granted_at, one.valid_from, one.valid_until),
            ids.orders[one.order],
        )
        for one in made.coupons
    ]
    await bulk.insert(member.Coupon, transposed(columns, rows))


async def _promoters(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    columns = ("id", "account_id", "organization_id", "kind", "code", "joined_at", "is_active")
    rows = [
        (
            ids.promoters[one.number],
            ids.keys.of("account", f"promoter:{one.number}") if one.member is None else ids.accounts[one.member],
            *(one.organization, one.kind.value, one.code, one.joined_at, one.active),
        )
        for one in made.promoters
    ]
    await bulk.insert(attribution.Promoter, transposed(columns, rows))


async def _touches(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    columns = (
        *("id", "customer_id", "organization_id", "guide_id", "promoter_id", "source"),
        *("strength", "terminal", "occurred_at", "outcome", "rejection"),
    )
    rows = [
        (
            *(ids.keys.of("touch", number), ids.customers[one.member], one.organization, one.guide),
            *(ids.promoters[one.promoter], one.source.value, one.strength, one.terminal.value),
            *(one.occurred_at, one.outcome.value, None if one.rejection is None else one.rejection.value),
        )
        for number, one in enumerate(made.touches, start=1)
    ]
    await bulk.insert(attribution.Touch, transposed(columns, rows))


async def _bindings(bulk: Bulk, ids: Ids, made: Consumers) -> None:
    columns = (
        *("id", "customer_id", "owner_id", "guide_id", "promoter_id", "source", "strength"),
        *("bound_at", "protected_until", "valid_until", "ended_at", "end_cause", "end_reason"),
    )
    made_ids = [ids.keys.of("binding", number) for number in range(1, len(made.bindings) + 1)]
    rows = [
        (
            *(key, ids.customers[one.member], one.chain[0].organization, one.guide),
            *(ids.promoters[one.promoter], one.source.value, one.strength, one.bound_at),
            *(one.protected_until, one.valid_until, one.ended_at),
            None if one.end_cause is None else one.end_cause.value,
            one.end_reason,
        )
        for key, one in zip(made_ids, made.bindings, strict=True)
    ]
    await bulk.insert(attribution.Binding, transposed(columns, rows))
    hops = [
        (key, number, hop.organization, hop.tier.value)
        for key, one in zip(made_ids, made.bindings, strict=True)
        for number, hop in enumerate(one.chain)
    ]
    await bulk.insert(attribution.BindingHop, transposed(("binding_id", "hops", "organization_id", "tier"), hops))
