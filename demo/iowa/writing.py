"""The generated rows, as rows of ours: sites, assortments, shelves, stock, pools, people, their life, campaigns.

Owns what of ours each generated value becomes. It is marked: `is_generated` where the table has it, the reason of the
one opening movement for a row of stock and its lot, the name of a pool for what is contributed to it. Sites,
locations, safety stock and people bear no mark: a file never brings any.
"""

from __future__ import annotations

from asyncio import get_running_loop
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from demo.campaigns.writing import write_campaigns
from demo.collecting import collector_resting
from demo.consumers.generation import generate_consumers
from demo.consumers.values import Consumers
from demo.consumers.world import World
from demo.consumers.writing import ROWS_A_MEMBER, write_consumers
from demo.iowa.campaigning import FLAGSHIP, FLAGSHIPS, PILOT, PILOT_EVERY, plans
from demo.iowa.cast import Cast
from demo.iowa.generation import generate
from demo.iowa.ranks import Ranks
from demo.iowa.values import Demo
from demo.iowa.world import member_count, site_of, world_of
from domain.catalog import ListingOrigin, PriceAudience
from domain.channel import SiteKind, Tier
from domain.inventory import NO_LOT_CODE, LocationKind, MovementKind
from integrations.bulk import Bulk, transposed, write_tags
from integrations.skus import write_prices
from integrations.wholesale import writing
from integrations.wholesale.channel import Channel, Org, Supply, brand, distributor, store
from integrations.wholesale.ledger import Ledger
from integrations.wholesale.prices import PriceBook, TradeKey
from integrations.wholesale.writing import Source, region_code
from models import catalog, channel, integration, inventory
from models.base import NO_LOT_ID

OPENING: Final = "generated opening stock"
POOL_NAME: Final = "One pool (generated)"


@dataclass(frozen=True)
class DemoRows:
    """The extension of an import by the demo's rows, on the day of the import."""

    demo: Demo
    today: date

    @property
    def rows(self) -> int:
        """About as many as it writes; only the progress bar believes it."""
        demo = self.demo
        listings = len(demo.shelves) + len(demo.assortments)
        prices = len(demo.trade_prices) + len(demo.consumer_prices)
        stock = 2 * len(demo.stock) + len(demo.safety) + len(demo.contributed_items)  # every row with its movement
        crowd = member_count(len({shelf.store for shelf in demo.shelves})) * ROWS_A_MEMBER
        return listings + len(demo.assortments) + prices + stock + len(demo.people) + len(demo.staff) + crowd

    @property
    def edges(self) -> Sequence[Supply]:
        """Brand edges that filled assortments need."""
        return self.demo.edges

    @property
    def shelf_life_days(self) -> Mapping[int, int]:
        """Days a new lot keeps, by item number."""
        return self.demo.shelf_life_days

    async def write(self, bulk: Bulk, source: Source) -> None:
        """Write them all."""
        with collector_resting():
            await self._write(bulk, source)

    async def _write(self, bulk: Bulk, source: Source) -> None:
        demo, ranks = self.demo, Ranks(source.ledger, source.channel)
        # While the server takes in what is there already, another thread makes the members.
        making = get_running_loop().run_in_executor(None, self._crowd, source)
        await _sites(bulk, source, ranks)
        await _tags(bulk, source, ranks)
        await _assortments(bulk, source, demo)
        await _prices(bulk, source, demo)
        await _shelves(bulk, source, demo)
        await _stock(bulk, source, demo)
        await _pools(bulk, source, demo)
        await _people(bulk, source, demo)
        world, made = await making
        await write_consumers(bulk, source.keys, world, made)
        await write_campaigns(bulk, source.keys, world.calendar, plans(Cast(source, ranks, demo)))

    def _crowd(self, source: Source) -> tuple[World, Consumers]:
        world = world_of(source, self.demo, Ranks(source.ledger, source.channel), self.today)
        return world, generate_consumers(world, self.demo.seed)


def demo_of(today: date) -> Callable[[Ledger, Channel, PriceBook[TradeKey]], DemoRows]:
    """The extension's maker, for `import_file`, on the day of the import."""

    def extend(ledger: Ledger, channel: Channel, trade: PriceBook[TradeKey]) -> DemoRows:
        return DemoRows(generate(ledger, channel, trade, today), today)

    return extend


async def _sites(bulk: Bulk, source: Source, ranks: Ranks) -> None:
    """A main site run by the brand that sells most, and city sites run by their county's distributor."""
    ledger, keys = source.ledger, source.keys
    names = {county.number: county.name for county in ledger.counties}
    main = keys.of("site", "main")
    rows: list[tuple[Any, ...]] = [
        (main, SiteKind.MAIN.value, "main", "Main site", source.organization(ranks.brands[0]), None, None)
    ]
    rows += [
        (
            keys.of("site", county),
            SiteKind.CITY.value,
            f"city-{county:03d}",
            f"{names[county]} site",
            source.organization(distributor(county)),
            main,
            region_code(county),
        )
        for county in ranks.cities
    ]
    columns = ("id", "kind", "code", "name", "organization_id", "parent_id", "region_code")
    await bulk.insert(channel.Site, transposed(columns, rows))
    homes = [(source.cloud_store(store(s.number)), site_of(source, ranks, s.county)) for s in ledger.stores]
    stores, sites = zip(*homes, strict=True)
    await bulk.connection.execute(
        "UPDATE cloud_store SET site_id = home.site FROM unnest($2::uuid[], $3::uuid[]) AS home(store, site)"
        " WHERE tenant_id = $1 AND id = home.store",
        bulk.tenant_id,
        stores,
        sites,
    )


async def _tags(bulk: Bulk, source: Source, ranks: Ranks) -> None:
    """The stores that buy most, and every tenth one, are tagged."""
    tags: dict[UUID, list[str]] = {}
    for org in ranks.stores[:FLAGSHIPS]:
        tags.setdefault(source.organization(org), []).append(FLAGSHIP)
    for shop in source.ledger.stores[::PILOT_EVERY]:
        tags.setdefault(source.organization(store(shop.number)), []).append(PILOT)
    await write_tags(bulk, channel.Organization, tags)


async def _assortments(bulk: Bulk, source: Source, demo: Demo) -> None:
    """One assortment a distributor, given to each store it supplies; one a brand, given to each distributor of it."""
    keys = source.keys
    vendor_of = {item.number: item.vendor for item in source.ledger.items}
    offered = sorted({(vendor_of[row.item], row.item) for row in demo.assortments})
    names = {distributor(d.number): d.name for d in source.channel.distributors}
    vendors = {number for number, _ in offered}
    names |= {brand(v.number): v.name for v in source.ledger.vendors if v.number in vendors}
    ids = {distributor(d.number): keys.of("assortment", d.number) for d in source.channel.distributors}
    ids |= {brand(number): keys.of("assortment", Tier.BRAND, number) for number in sorted(vendors)}
    await bulk.insert(
        catalog.Assortment,
        {
            "id": list(ids.values()),
            "grantor_id": [source.organization(org) for org in ids],
            "code": ["ASSORTMENT"] * len(ids),
            "name": [f"Assortment of {names[org]}" for org in ids],
            "is_generated": [True] * len(ids),
        },
    )
    rows: list[tuple[Any, ...]] = [
        (ids[distributor(a.distributor)], source.sku(a.item), a.floor_cents, a.ceiling_cents) for a in demo.assortments
    ]
    rows += [(ids[brand(number)], source.sku(item), None, None) for number, item in offered]
    await bulk.insert(catalog.AssortmentSku, transposed(("assortment_id", "sku_id", "min_fen", "max_fen"), rows))
    edges = [edge for edge in (*source.channel.edges, *source.extra_edges) if edge.upstream in ids]
    await bulk.insert(
        catalog.Authorization,
        {
            "grantee_id": [source.organization(edge.downstream) for edge in edges],
            "assortment_id": [ids[edge.upstream] for edge in edges],
            "valid_from": [source.midnight(demo.prices_from)] * len(edges),
        },
    )


async def _prices(bulk: Bulk, source: Source, demo: Demo) -> None:
    """Trade prices of what a county never bought, and consumer prices of every shelf."""
    keys = source.keys
    filled = sorted({price.distributor for price in demo.trade_prices})
    shops = [shop.number for shop in source.ledger.stores]
    trade = {number: keys.of("price_list", "TRADE-GENERATED", number) for number in filled}
    consumer = {number: keys.of("price_list", "CONSUMER", number) for number in shops}
    trading, retail = PriceAudience.TRADE, PriceAudience.CONSUMER
    lists = [
        (key, source.organization(distributor(number)), "TRADE-GENERATED", "Trade (generated)", trading, True)
        for number, key in trade.items()
    ]
    lists += [
        (key, source.organization(store(number)), "CONSUMER", "Shelf prices (generated)", retail, True)
        for number, key in consumer.items()
    ]
    await writing.write_price_lists(bulk, lists)
    rows = [
        (trade[p.distributor], source.sku(p.item), 1, source.midnight(p.starts_on), None, p.cents)
        for p in demo.trade_prices
    ]
    rows += [
        (consumer[p.store], source.sku(p.item), 1, source.midnight(p.starts_on), None, p.cents)
        for p in demo.consumer_prices
    ]
    await write_prices(bulk, rows)


async def _shelves(bulk: Bulk, source: Source, demo: Demo) -> None:
    """The stores' shelves, and each distributor's ordering mall: its assortment in the same order."""
    held = {(row.holder, row.item) for row in demo.stock}
    rows = [(store(shelf.store), shelf.item, shelf.origin, shelf.position) for shelf in demo.shelves]
    places: Counter[int] = Counter()
    for offered in demo.assortments:
        places[offered.distributor] += 1
        org = distributor(offered.distributor)
        origin = ListingOrigin.OWN_STOCK if (org, offered.item) in held else ListingOrigin.POOL
        rows.append((org, offered.item, origin, places[offered.distributor]))
    regions = _regions(source)
    columns = transposed(
        ("id", "cloud_store_id", "sku_id", "origin", "position", "region_code"),
        [
            (
                source.keys.of("listing", org.tier, org.number, item),
                source.cloud_store(org),
                source.sku(item),
                origin.value,
                position,
                regions.get(org),
            )
            for org, item, origin, position in rows
        ],
    )
    await bulk.insert(catalog.Listing, {**columns, "is_generated": [True] * len(rows)})


def _regions(source: Source) -> dict[Org, str]:
    found = {store(s.number): region_code(s.county) for s in source.ledger.stores if s.county is not None}
    found |= {distributor(d.number): region_code(d.county) for d in source.channel.distributors if d.county is not None}
    return found


def _locations(source: Source) -> Callable[[Org], UUID]:
    """The id of the one location that an organisation has, derived once."""
    return cache(lambda holder: source.keys.of("location", holder.tier, holder.number))


def _lots(source: Source) -> Callable[[int, str], UUID]:
    """The id of an item's lot, derived once."""
    return cache(lambda item, code: NO_LOT_ID if code == NO_LOT_CODE else source.keys.of("lot", item, code))


async def _stock(bulk: Bulk, source: Source, demo: Demo) -> None:
    """One location a holder, the lots, and opening stock: every row with the one receipt that made it."""
    holders = sorted({row.holder for row in demo.stock} | {c.owner for c in demo.contributions})
    regions, points = _regions(source), {store(s.number): s.point for s in source.ledger.stores}
    location, lot = _locations(source), _lots(source)
    await bulk.insert(
        inventory.Location,
        transposed(
            ("id", "organization_id", "kind", "code", "name", "region_code", "latitude_e7", "longitude_e7"),
            [
                (
                    location(holder),
                    source.organization(holder),
                    (LocationKind.SHOP if holder.tier is Tier.STORE else LocationKind.WAREHOUSE).value,
                    "MAIN",
                    "Shop" if holder.tier is Tier.STORE else "Warehouse",
                    regions.get(holder),
                    point.latitude_e7 if (point := points.get(holder)) is not None else None,
                    point.longitude_e7 if point is not None else None,
                )
                for holder in holders
            ],
        ),
    )
    lots = [(source.sku(x.item), lot(x.item, x.code), x.code, x.produced_on, x.expires_on) for x in demo.lots]
    await bulk.insert(inventory.Lot, transposed(("sku_id", "id", "code", "produced_on", "expires_on"), lots))
    rows = sorted(
        (
            location(x.holder),
            source.sku(x.item),
            source.organization(x.holder),
            lot(x.item, x.lot),
            x.on_hand,
        )
        for x in demo.stock
    )
    columns = transposed(("location_id", "sku_id", "owner_id", "lot_id", "on_hand"), rows)
    await bulk.insert(inventory.Stock, columns)
    holders = list(dict.fromkeys(x.holder for x in demo.stock))
    papers = {location(one): source.keys.of("stockdocument", one.tier, one.number) for one in holders}
    await bulk.insert(
        inventory.StockDocument,
        {
            "id": list(papers.values()),
            "kind": [MovementKind.RECEIPT.value] * len(papers),
            "location_id": list(papers),
            "owner_id": [source.organization(holder) for holder in holders],
            "reason": [OPENING] * len(papers),
            "at": [source.now] * len(papers),
        },
    )
    await bulk.insert(
        inventory.StockMovement,
        {
            **columns,
            "kind": [MovementKind.RECEIPT.value] * len(rows),
            "occurred_at": [source.now] * len(rows),
            "reason": [OPENING] * len(rows),
            "document": [papers[place] for place, *_ in rows],
        },
    )
    kept = [(location(x.holder), source.sku(x.item), source.organization(x.holder), x.quantity) for x in demo.safety]
    await bulk.insert(inventory.SafetyStock, transposed(("location_id", "sku_id", "owner_id", "quantity"), kept))


async def _pools(bulk: Bulk, source: Source, demo: Demo) -> None:
    """One pool a contributor; its one contribution is for itself and everyone below it."""
    keys, location = source.keys, _locations(source)
    owners = [c.owner for c in demo.contributions]
    orgs = [source.organization(owner) for owner in owners]
    pools = [keys.of("pool", owner.tier, owner.number) for owner in owners]
    ids = {owner: keys.of("contribution", owner.tier, owner.number) for owner in owners}
    await bulk.insert(
        inventory.InventoryPool,
        {"id": pools, "organization_id": orgs, "code": ["POOL"] * len(pools), "name": [POOL_NAME] * len(pools)},
    )
    await bulk.insert(
        inventory.PoolContribution,
        {
            "id": [ids[owner] for owner in owners],
            "pool_id": pools,
            "location_id": [location(owner) for owner in owners],
            "owner_id": orgs,
            "visible_to_id": orgs,
            "share_bps": [c.share_bps for c in demo.contributions],
        },
    )
    rows = sorted((source.sku(x.item), ids[x.owner], x.cap or 0, x.cap is None) for x in demo.contributed_items)
    columns = transposed(("sku_id", "contribution_id"), [row[:2] for row in rows])
    caps = [None if without else cap for _, _, cap, without in rows]
    await bulk.insert(inventory.PoolContributionSku, {**columns, "cap": caps})


async def _people(bulk: Bulk, source: Source, demo: Demo) -> None:
    """Accounts, and what each is: staff or a partner's system."""
    keys, people = source.keys, demo.people
    accounts = {person.subject: keys.of("account", person.subject) for person in people}
    await bulk.insert(
        channel.Account,
        {
            "id": list(accounts.values()),
            "subject": list(accounts),
            "display_name": [person.name for person in people],
            "phone": [person.phone for person in people],
        },
    )
    jobs = [
        (keys.of("staff", job.subject), accounts[job.subject], source.organization(job.employer), job.role.value)
        for job in demo.staff
    ]
    await bulk.insert(channel.Staff, transposed(("id", "account_id", "organization_id", "role"), jobs))
    partners = [
        (keys.of("partner", p.subject), source.organization(p.speaks_for), p.kind.value, p.subject, p.name)
        for p in demo.partners
    ]
    columns = ("id", "organization_id", "kind", "subject", "name")
    await bulk.insert(integration.PartnerClient, transposed(columns, partners))
