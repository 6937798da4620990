"""The tenant as rows of ours: its channel, its people, what they traded, its consumers and campaigns.

Owns the order of writing, and what of ours each value becomes; goods and stock are `writing_goods`'. What is generated
is marked where the table has a mark; organisations and people bear none: the whole tenant is made up, and its name says
so.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from demo.campaigns.writing import write_campaigns
from demo.collecting import collector_resting
from demo.consumers.generation import generate_consumers
from demo.consumers.writing import ROWS_A_MEMBER, write_consumers
from demo.qingquan import BRAND, TENANT
from demo.qingquan.campaigning import plans
from demo.qingquan.generation import Qingquan, generate
from demo.qingquan.trade import OPENED
from demo.qingquan.world import MEMBERS, world_of
from demo.qingquan.writing_goods import write_goods, write_shelves, write_stock
from domain.channel import EdgeKind, SupplyEdge, check_edge, check_primaries
from domain.ordering import OrderState
from integrations.bulk import Bulk, transposed, write_tags
from integrations.progress import Progress, Silent
from integrations.tenant import make_tenant
from models import channel, integration, ordering

ROWS: Final = 60_000 + MEMBERS * ROWS_A_MEMBER
"""About as many rows are written; only the progress bar believes it."""
SYSTEM: Final = "QQ_ERP"
"""The brand's own system, whose names of organisations and skus are our codes."""


async def create(owner_dsn: str, today: date, progress: Progress | None = None) -> dict[str, int]:
    """Make the tenant: wholly, or not at all.

    Args:
        owner_dsn: a login as the owner of the migrated schema.
        today: the day of the import, in the tenant's time zone.
        progress: where to show how far it is.

    Returns:
        How many rows were written into each table.

    Raises:
        TenantExists: nothing was written.
        ImportBusy: nothing was written.
    """
    with collector_resting():
        return await _create(owner_dsn, today, progress or Silent())


async def _create(owner_dsn: str, today: date, progress: Progress) -> dict[str, int]:
    with progress.step("inventing a brand", 0):
        made = generate(today)
        world = world_of(made.ids, made.shelves, made.prices, made.jobs, made.calendar)
        consumers = generate_consumers(world, made.seed)
    regions = [(region.code, region.name, region.parent) for region in made.regions.values()]

    async def write(bulk: Bulk) -> None:
        await _channel(bulk, made)
        await write_goods(bulk, made)
        await _people(bulk, made)
        await write_shelves(bulk, made)
        await write_stock(bulk, made)
        await _orders(bulk, made)
        await write_consumers(bulk, made.ids.keys, world, consumers)
        fen = {sku.code: sku.fen for sku in made.goods.skus}
        await write_campaigns(bulk, made.ids.keys, made.calendar, plans(made.ids, fen))

    with progress.step("writing its rows", ROWS) as advance:
        counts, _ = await make_tenant(owner_dsn, TENANT, regions, write, advance.by)
    return dict(counts)


async def _channel(bulk: Bulk, made: Qingquan) -> None:
    """Organisations, what they are to each other, their sites, territories and cloud stores."""
    ids, organizations = made.ids, list(made.network.organizations.values())
    columns: tuple[str, ...] = ("id", "tier", "code", "name", "region_code", "address", "city", "postal_code")
    rows = [
        (
            *(ids.organization(one.code), one.tier.value, one.code, one.name),
            *(one.region, one.address, one.city, one.postal_code),
            *(one.point or (None, None)),
        )
        for one in organizations
    ]
    await bulk.insert(channel.Organization, transposed((*columns, "latitude_e7", "longitude_e7"), rows))
    tags = {ids.organization(one.code): one.tags for one in organizations if one.tags}
    await write_tags(bulk, channel.Organization, tags)
    await _edges(bulk, made)
    await _places(bulk, made)
    names = [("organization", ids.organization(one.code), one.code) for one in organizations]
    names += [("sku", ids.sku(sku.code), sku.code) for sku in made.goods.skus]
    columns = ("organization_id", "aggregate", "aggregate_id", "system", "value")
    brand = ids.organization(BRAND)
    references = [(brand, aggregate, key, SYSTEM, code) for aggregate, key, code in names]
    await bulk.insert(integration.ExternalReference, transposed(columns, references))


async def _edges(bulk: Bulk, made: Qingquan) -> None:
    ids, network = made.ids, made.network
    supplies = [edge for edge in network.edges if edge.kind is EdgeKind.SUPPLIES]
    check_primaries(SupplyEdge(edge.upstream, edge.downstream, edge.primary) for edge in supplies)
    for edge in network.edges:
        tiers = (network.organizations[code].tier for code in (edge.upstream, edge.downstream))
        check_edge(edge.kind, *tiers)
    rows = [
        (edge.kind.value, ids.organization(edge.downstream), ids.organization(edge.upstream), edge.primary)
        for edge in network.edges
    ]
    columns: tuple[str, ...] = ("kind", "downstream_id", "upstream_id", "is_primary")
    await bulk.insert(channel.OrganizationEdge, transposed(columns, rows))
    columns = ("ancestor_id", "descendant_id", "hops", "descendant_tier", "descendant_code")
    closed = [
        (
            *(ids.organization(row.ancestor), ids.organization(row.descendant), row.hops),
            *(network.organizations[row.descendant].tier.value, row.descendant),
        )
        for row in network.closure
    ]
    await bulk.insert(channel.OrganizationClosure, transposed(columns, closed))


async def _places(bulk: Bulk, made: Qingquan) -> None:
    ids, network = made.ids, made.network
    columns: tuple[str, ...] = ("id", "kind", "code", "name", "organization_id", "parent_id", "region_code")
    sites = [
        (
            *(ids.site(site.code), site.kind.value, site.code, site.name),
            *(ids.organization(site.owner), ids.site(site.parent), site.region),
        )
        for site in network.sites
    ]
    await bulk.insert(channel.Site, transposed(columns, sites))
    held = [(ids.territory(one.owner), ids.organization(one.owner), one.name) for one in network.territories]
    await bulk.insert(channel.Territory, transposed(("id", "organization_id", "name"), held))
    parts = [(ids.territory(one.owner), code) for one in network.territories for code in one.regions]
    await bulk.insert(channel.TerritoryRegion, transposed(("territory_id", "region_code"), parts))
    columns = ("id", "organization_id", "mode", "name", "site_id", "region_code")
    stores = [
        (
            *(ids.cloud_store(one.code), ids.organization(one.code), one.mode.value, one.name),
            *(ids.site(one.site), one.region),
        )
        for one in network.organizations.values()
        if one.mode is not None
    ]
    opened = [made.calendar.day(OPENED)] * len(stores)
    await bulk.insert(channel.CloudStore, {**transposed(columns, stores), "opened_at": opened})


async def _people(bulk: Bulk, made: Qingquan) -> None:
    """Accounts of the staff, what each does, and the partners' systems."""
    ids, jobs = made.ids, made.jobs
    accounts = [(ids.account(job.subject), job.subject, job.name) for job in jobs]
    await bulk.insert(channel.Account, transposed(("id", "subject", "display_name"), accounts))
    employed = [
        (ids.staff(job.subject), ids.account(job.subject), ids.organization(job.employer), job.role.value)
        for job in jobs
    ]
    await bulk.insert(channel.Staff, transposed(("id", "account_id", "organization_id", "role"), employed))
    partners = [
        (ids.keys.of("partner", one.subject), ids.organization(one.speaks_for), one.kind.value, one.subject, one.name)
        for one in made.partners
    ]
    columns = ("id", "organization_id", "kind", "subject", "name")
    await bulk.insert(integration.PartnerClient, transposed(columns, partners))


async def _orders(bulk: Bulk, made: Qingquan) -> None:
    """Past orders between organisations. Bought of the brand's channel they were placed in the seller's mall."""
    ids, organizations = made.ids, made.network.organizations
    columns: tuple[str, ...] = ("id", "number", "kind", "seller_id", "buyer_id", "placed_by_id", "cloud_store_id")
    columns += ("region_code", "terminal", "total_fen", "placed_at")
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    brand = ids.organization(BRAND)
    for order in made.orders:
        key, seller = ids.keys.of("order", order.number), ids.organization(order.seller)
        rows.append(
            (
                *(key, order.number, order.kind.value, seller, ids.organization(order.buyer)),
                *(
                    ids.account(order.placed_by),
                    ids.cloud_store(order.seller) if organizations[order.seller].mode else None,
                    organizations[order.buyer].region,
                ),
                *(order.terminal.value, order.total_fen, made.calendar.minute(order.minute)),
            )
        )
        for number, line in enumerate(order.lines, start=1):
            net = line.quantity * line.unit_fen
            units = line.quantity
            lines.append((key, number, ids.sku(line.sku), brand, seller, seller, units, line.unit_fen, net, units))
    same = {"state": [OrderState.COMPLETED.value] * len(rows), "currency": [TENANT.currency] * len(rows)}
    await bulk.insert(ordering.Order, {**transposed(columns, rows), **same})
    columns = ("order_id", "line", "sku_id", "brand_id", "goods_owner_id", "fulfiller_id")
    await bulk.insert(ordering.OrderLine, transposed((*columns, "quantity", "unit_fen", "net_fen", "shipped"), lines))
