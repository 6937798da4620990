"""The file's own rows: organisations, goods, prices and past orders, as a new tenant.

Owns what of ours each thing of the file becomes. It writes no stock movements: the file holds purchases, no levels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.catalog import AttributeKind, PriceAudience, PriceScope
from domain.channel import CloudStoreMode, EdgeKind, SupplyEdge, Tier, check_edge, check_primaries, closure
from domain.ordering import OrderKind, OrderState, Terminal
from integrations.bulk import Bulk, transposed
from integrations.keys import Keys
from integrations.skus import PriceRow, no_lots, write_prices, write_words
from integrations.wholesale.channel import Channel, Org, Supply, brand, distributor, distributor_number, store
from integrations.wholesale.ledger import Item, Ledger, Line
from integrations.wholesale.prices import CostKey, Period, PriceBook, TradeKey
from integrations.wholesale.words import goods_of, main_category, sized
from models import catalog, channel, integration, ordering

REGION_ROOT: Final = ("US-IA", "Iowa")
"""The state that the counties of the file belong to."""
BASE_UNIT: Final = "BOTTLE"
CASE: Final = "CASE"
VOLUME: Final = "VOLUME_ML"
COST_LIST: Final = "COST"
TRADE_LIST: Final = "TRADE"
SYSTEMS: Final[Mapping[Tier, str]] = {
    Tier.BRAND: "ABD_VENDOR",
    Tier.DISTRIBUTOR: "ABD_COUNTY",
    Tier.STORE: "ABD_STORE",
}
"""What the file's numbers of organisations are numbers of, as names of external systems."""
ITEM_SYSTEM: Final = "ABD_ITEM"
MODES: Final[Mapping[Tier, CloudStoreMode]] = {
    Tier.BRAND: CloudStoreMode.PRIVATE_MALL,
    Tier.DISTRIBUTOR: CloudStoreMode.B2B_ORDERING,
    Tier.STORE: CloudStoreMode.O2O,
}


NOWHERE: Final = (None,) * 5
"""Address, city, postal code, latitude and longitude of who has none in the file."""


def region_code(county: int) -> str:
    """The code of a county's region."""
    return f"{REGION_ROOT[0]}-{county:03d}"


def _region(county: int | None) -> str | None:
    return None if county is None else region_code(county)


@dataclass(frozen=True)
class Source:
    """Everything that is written, and how the file's days become instants: at midnight of the tenant's time zone."""

    keys: Keys
    ledger: Ledger
    channel: Channel
    costs: PriceBook[CostKey]
    trade: PriceBook[TradeKey]
    zone: ZoneInfo
    currency: str
    now: datetime
    extra_edges: Sequence[Supply] = ()
    shelf_life_days: Mapping[int, int] | None = None

    # A file names a thing once and points at it a hundred times: what was derived is kept as long as the import runs.
    @cached_property
    def organization(self) -> Callable[[Org], UUID]:
        """The id of an organisation."""
        return cache(lambda org: self.keys.of("organization", org.tier, org.number))

    @cached_property
    def sku(self) -> Callable[[int], UUID]:
        """The id of an item's sku."""
        return cache(lambda item: self.keys.of("sku", item))

    @cached_property
    def cloud_store(self) -> Callable[[Org], UUID]:
        """The id of an organisation's cloud store."""
        return cache(lambda org: self.keys.of("cloud_store", org.tier, org.number))

    @cached_property
    def midnight(self) -> Callable[[date], datetime]:
        """The instant at which a day begins."""
        return cache(lambda day: datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC))


def shared_rows(source: Source) -> list[tuple[str, str, str | None]]:
    """The regions the tenant's organisations stand in: (code, name, parent's code)."""
    code, name = REGION_ROOT
    return [(code, name, None), *((region_code(c.number), c.name, code) for c in source.ledger.counties)]


async def write(bulk: Bulk, source: Source) -> None:
    """Write everything the file says, in the order in which rows point at each other."""
    await _organizations(bulk, source)
    await _goods(bulk, source)
    await _price_lists(bulk, source)
    await _orders(bulk, source)


async def _organizations(bulk: Bulk, source: Source) -> None:
    ledger = source.ledger
    rows: list[tuple[Any, ...]] = [(brand(v.number), v.name, None, *NOWHERE) for v in ledger.vendors]
    rows += [(distributor(d.number), d.name, _region(d.county), *NOWHERE) for d in source.channel.distributors]
    rows += [
        (
            *(store(s.number), s.name, _region(s.county)),
            *(s.address or None, s.city or None, s.zip_code or None),
            *(s.point or (None, None)),
        )
        for s in ledger.stores
    ]
    orgs: list[Org] = [row[0] for row in rows]
    ids = [source.organization(org) for org in orgs]
    names = ("name", "region_code", "address", "city", "postal_code", "latitude_e7", "longitude_e7")
    facts = transposed(names, [row[1:] for row in rows])
    tiers, codes = [org.tier.value for org in orgs], [str(org.number) for org in orgs]
    await bulk.insert(channel.Organization, {"id": ids, "tier": tiers, "code": codes, **facts})
    await _edges(bulk, source, orgs)
    await bulk.insert(
        channel.CloudStore,
        {
            "id": [source.cloud_store(org) for org in orgs],
            "organization_id": ids,
            "mode": [MODES[org.tier].value for org in orgs],
            "name": facts["name"],
            "region_code": facts["region_code"],
            "opened_at": [source.midnight(ledger.first_day)] * len(orgs),
        },
    )
    await _references(
        bulk,
        "organization",
        [(key, key, SYSTEMS[org.tier], str(org.number)) for org, key in zip(orgs, ids, strict=True)],
    )


async def _edges(bulk: Bulk, source: Source, orgs: Sequence[Org]) -> None:
    edges = [*source.channel.edges, *source.extra_edges]
    check_primaries(
        SupplyEdge(edge.upstream, edge.downstream, edge.primary)
        for edge in sorted(edges, key=lambda edge: (edge.downstream, edge.upstream))
    )
    for edge in edges:
        check_edge(EdgeKind.SUPPLIES, edge.upstream.tier, edge.downstream.tier)
    await bulk.insert(
        channel.OrganizationEdge,
        transposed(
            ("kind", "downstream_id", "upstream_id", "is_primary"),
            [
                (EdgeKind.SUPPLIES.value, source.organization(e.downstream), source.organization(e.upstream), e.primary)
                for e in edges
            ],
        ),
    )
    known = {org: (source.organization(org), org.tier.value, str(org.number)) for org in orgs}
    await bulk.insert(
        channel.OrganizationClosure,
        transposed(
            ("ancestor_id", "hops", "descendant_id", "descendant_tier", "descendant_code"),
            [
                (known[row.ancestor][0], row.hops, *known[row.descendant])
                for row in sorted(closure(((e.upstream, e.downstream) for e in edges), orgs))
            ],
        ),
    )
    territories = [d for d in source.channel.distributors if d.county is not None]
    ids = [source.keys.of("territory", d.number) for d in territories]
    owners = [source.organization(distributor(d.number)) for d in territories]
    await bulk.insert(channel.Territory, {"id": ids, "organization_id": owners, "name": [d.name for d in territories]})
    codes = [region_code(d.county) for d in territories if d.county is not None]
    await bulk.insert(channel.TerritoryRegion, {"territory_id": ids, "region_code": codes})


async def _references(bulk: Bulk, aggregate: str, rows: Iterable[tuple[UUID, UUID, str, str]]) -> None:
    """What a system of an organisation calls our aggregates: (organisation, aggregate's id, system, name)."""
    listed = list(rows)
    columns = transposed(("organization_id", "aggregate_id", "system", "value"), listed)
    await bulk.insert(integration.ExternalReference, {"aggregate": [aggregate] * len(listed), **columns})


def product_groups(items: Iterable[Item]) -> dict[tuple[int, str], list[Item]]:
    """Items of one vendor with one description are the sizes of one product; items come by number."""
    groups: defaultdict[tuple[int, str], list[Item]] = defaultdict(list)
    for item in items:
        groups[item.vendor, item.description.casefold()].append(item)
    return groups


async def _goods(bulk: Bulk, source: Source) -> None:
    keys, ledger = source.keys, source.ledger
    await bulk.insert(
        catalog.Category,
        {
            "id": [keys.of("category", c.number) for c in ledger.categories],
            "code": [str(c.number) for c in ledger.categories],
            "name": [c.name for c in ledger.categories],
        },
    )
    groups = list(product_groups(ledger.items).values())
    product_of = {item.number: keys.of("product", group[0].number) for group in groups for item in group}
    await bulk.insert(
        catalog.Product,
        transposed(
            ("id", "brand_id", "code", "name", "category_id"),
            [
                (
                    product_of[group[0].number],
                    source.organization(brand(group[0].vendor)),
                    str(group[0].number),
                    group[0].description,
                    None if (category := main_category(group)) is None else keys.of("category", category),
                )
                for group in groups
            ],
        ),
    )
    await _skus(bulk, source, product_of)
    goods = goods_of(ledger, groups)
    await write_words(bulk, {source.sku(number): texts for number, texts in goods.items()})


async def _skus(bulk: Bulk, source: Source, product_of: Mapping[int, UUID]) -> None:
    items = source.ledger.items
    ids = [source.sku(item.number) for item in items]
    keeps = source.shelf_life_days or {}
    await bulk.insert(
        catalog.Sku,
        {
            "id": ids,
            "product_id": [product_of[item.number] for item in items],
            "code": [str(item.number) for item in items],
            "name": [sized(item) for item in items],
            "base_unit": [BASE_UNIT] * len(items),
            "shelf_life_days": [keeps.get(item.number) for item in items],
        },
    )
    packs = [(key, BASE_UNIT, 1) for key in ids]
    packs += [(key, CASE, item.pack) for key, item in zip(ids, items, strict=True) if item.pack > 1]
    await bulk.insert(catalog.PackUnit, transposed(("sku_id", "code", "units"), packs))
    volume = source.keys.of("attribute", VOLUME)
    await bulk.insert(
        catalog.Attribute,
        {"id": [volume], "code": [VOLUME], "name": ["Volume"], "kind": [AttributeKind.INTEGER.value], "unit": ["ml"]},
    )
    volumes = [(key, volume, item.volume_ml) for key, item in zip(ids, items, strict=True) if item.volume_ml]
    await bulk.insert(catalog.SkuAttribute, transposed(("sku_id", "attribute_id", "integer_value"), volumes))
    await no_lots(bulk, ids)
    owners = [source.organization(brand(item.vendor)) for item in items]
    references = [(owner, key, ITEM_SYSTEM, str(i.number)) for owner, key, i in zip(owners, ids, items, strict=True)]
    await _references(bulk, "sku", references)


async def write_price_lists(bulk: Bulk, rows: Sequence[tuple[UUID, UUID, str, str, PriceAudience, bool]]) -> None:
    """Base price lists: (id, seller, code, name, who buys, whether the demo made it up)."""
    columns = transposed(
        ("id", "seller_id", "code", "name", "audience", "is_generated"),
        [(key, seller, code, name, audience.value, made) for key, seller, code, name, audience, made in rows],
    )
    await bulk.insert(catalog.PriceList, {**columns, "scope": [PriceScope.BASE.value] * len(rows)})


async def _price_lists(bulk: Bulk, source: Source) -> None:
    keys = source.keys
    lists = [
        (keys.of("price_list", COST_LIST, v.number), source.organization(brand(v.number)), COST_LIST, "Cost")
        for v in source.ledger.vendors
    ]
    lists += [
        (keys.of("price_list", TRADE_LIST, d.number), source.organization(distributor(d.number)), TRADE_LIST, "Trade")
        for d in source.channel.distributors
    ]
    await write_price_lists(bulk, [(*row, PriceAudience.TRADE, False) for row in lists])
    rows = [
        row
        for cost, periods in source.costs.series.items()
        for row in _periods(source, keys.of("price_list", COST_LIST, cost.vendor), cost.item, periods)
    ]
    rows += [
        row
        for key, periods in source.trade.series.items()
        for row in _periods(source, keys.of("price_list", TRADE_LIST, key.distributor), key.item, periods)
    ]
    await write_prices(bulk, rows)


def _periods(source: Source, price_list: UUID, item: int, periods: Iterable[Period]) -> list[PriceRow]:
    sku = source.sku(item)
    return [
        (
            price_list,
            sku,
            1,
            source.midnight(period.starts_on),
            None if period.ends_on is None else source.midnight(period.ends_on),
            period.cents,
        )
        for period in periods
    ]


def amounts(line: Line) -> tuple[int, int, int]:
    """Unit price, discount and net of a line: the sale stays as it is written, whatever price and bottles make.

    A sale below price × bottles had a discount. One above it had another price: the lowest that reaches it, rounded up
    to whole cents, and what the rounding is too much is the discount.
    """
    unit = max(line.price_cents, -(-line.sale_cents // line.quantity))
    return unit, unit * line.quantity - line.sale_cents, line.sale_cents


async def _orders(bulk: Bulk, source: Source) -> None:
    """Past orders of the distributors' trade: completed, and without a trace in the stock."""
    invoices = source.ledger.invoices
    ids = [source.keys.of("order", invoice.number) for invoice in invoices]
    sellers = [source.organization(distributor(distributor_number(invoice.county))) for invoice in invoices]
    await bulk.insert(
        ordering.Order,
        {
            "id": ids,
            "number": [invoice.number for invoice in invoices],
            "kind": [OrderKind.REPLENISHMENT.value] * len(ids),
            "state": [OrderState.COMPLETED.value] * len(ids),
            "seller_id": sellers,
            "buyer_id": [source.organization(store(invoice.store)) for invoice in invoices],
            "region_code": [_region(invoice.county) for invoice in invoices],
            "terminal": [Terminal.PARTNER.value] * len(ids),
            "currency": [source.currency] * len(ids),
            "total_fen": [invoice.total_cents for invoice in invoices],
            "placed_at": [source.midnight(invoice.day) for invoice in invoices],
        },
    )
    await bulk.insert(
        ordering.OrderLine,
        transposed(
            (
                "order_id",
                "line",
                "sku_id",
                "brand_id",
                "goods_owner_id",
                "fulfiller_id",
                "quantity",
                "unit_fen",
                "discount_fen",
                "net_fen",
                "shipped",
            ),
            [
                (
                    order,
                    number,
                    source.sku(line.item),
                    source.organization(brand(line.vendor)),
                    seller,
                    seller,
                    line.quantity,
                    *amounts(line),
                    line.quantity,
                )
                for order, seller, invoice in zip(ids, sellers, invoices, strict=True)
                for number, line in enumerate(invoice.lines, start=1)
            ],
        ),
    )
