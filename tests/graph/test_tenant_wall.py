"""The wall between tenants: other tenants' ids, cursors and rows are not there, even where a statement forgets."""

import re
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from graphql import get_named_type
from sqlalchemy import BigInteger, Text, Uuid

import boot
import schema
from integrations.documents import Document, store
from loaders.catalog.search import FOUND
from loaders.channel import CUSTOMER_BY_SUBJECT, PARTNER_BY_SUBJECT, RegionByCode, TenantById
from models.reading import STATEMENTS, compiled_of
from models.session import set_tenant
from tests.conftest import NOW, TODAY, TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA, Q1, Ids
from tests.graph.walk import CORE

assert schema  # every statement comes with the schema's import


async def test_the_storefront_query_knows_its_own_tenant_only(graph: GraphClient) -> None:
    asked = await graph.ask(Q1, {"id": IOWA.store(2191)}, tenant="forty")
    assert (asked.data, asked.errors) == ({"store": None}, [])
    answers = [
        await graph.ask(Q1, {"id": IOWA.store(2191)}),
        await graph.ask(Q1, {"id": FORTY.store(2191)}, tenant="forty"),
    ]
    assert answers[0].data["store"]["name"] == answers[1].data["store"]["name"] == "Keokuk Spirits"
    assert answers[0].data["store"]["id"] != answers[1].data["store"]["id"]
    assert len(answers[0].data["store"]["distributor"]["brands"]) > len(
        answers[1].data["store"]["distributor"]["brands"]
    )


def everything(ids: Ids) -> dict[str, str]:
    """An id of every kind that the demo has."""
    return {
        "Brand": ids.brand(260),
        "Distributor": ids.distributor(56),
        "Store": ids.store(2191),
        "CloudStore": ids.cloud_store("STORE", 2191),
        "Site": ids.site("main"),
        "Category": ids.category(1062310),
        "Product": ids.product(43334),
        "Sku": ids.sku(43337),
        "Listing": ids.listing("STORE", 2191, 43337),
        "Assortment": ids.assortment(56),
        "PriceList": ids.price_list("TRADE", 56),
        "Location": ids.location("STORE", 2191),
        "Pool": ids.pool("DISTRIBUTOR", 56),
        "Order": ids.order("S291988"),
        "Campaign": ids.campaign("FLAGSHIP-75"),
        "Customer": ids.customer(1),
        "Right": ids.of("right", "CLUB"),
        "Promoter": ids.of("promoter", 1),
        "Binding": ids.of("binding", 1),
        "Touch": ids.of("touch", 1),
    }


async def test_nodes_of_another_tenant_are_not_there(graph: GraphClient) -> None:
    ids = list(everything(FORTY).values())
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    there = await graph.ask(document, {"ids": ids}, by="admin")
    assert (there.data, there.errors) == ({"nodes": [None] * len(ids)}, [])
    own = await graph.ask(document, {"ids": ids}, by="admin", tenant="forty")
    assert [node["id"] for node in own.data["nodes"]] == ids
    for id in ids:
        one = await graph.ask("query ($id: ID!) { node(id: $id) { id } }", {"id": id}, by="admin")
        assert (one.data, one.errors) == ({"node": None}, [])


BY_ID: dict[str, tuple[str, Any]] = {
    "node": ('node(id: "{Store}") {{ id }}', None),
    "nodes": ('nodes(ids: ["{Sku}", "{Store}"]) {{ id }}', [None, None]),
    "organization": ('organization(id: "{Brand}") {{ id }}', None),
    "store": ('store(id: "{Store}") {{ id }}', None),
    "cloudStore": ('cloudStore(id: "{CloudStore}") {{ id }}', None),
    "product": ('product(id: "{Product}") {{ id }}', None),
    "products": ('products(brandId: "{Brand}") {{ totalCount nodes {{ id }} }}', {"totalCount": 0, "nodes": []}),
    "sku": ('sku(id: "{Sku}") {{ id }}', None),
    "listing": ('listing(id: "{Listing}") {{ id }}', None),
    "price": (
        'price(sellerId: "{Distributor}", buyerId: "{Store}", skuId: "{Sku}") {{ unitPrice }}',
        None,
    ),
    "location": ('location(id: "{Location}") {{ id }}', None),
    "order": ('order(id: "{Order}") {{ id }}', None),
    "campaign": ('campaign(id: "{Campaign}") {{ id }}', None),
    "customer": ('customer(id: "{Customer}") {{ id }}', None),
}
"""Every root field that takes an id, with what it answers to an id of another tenant."""


def test_every_root_field_that_takes_an_id_is_tried() -> None:
    query = CORE.query_type
    assert query is not None
    taking = {
        name
        for name, field in query.fields.items()
        if any(str(get_named_type(argument.type)) == "ID" for argument in field.args.values())
    }
    assert taking == set(BY_ID)


@pytest.mark.parametrize("name", BY_ID)
async def test_an_id_of_another_tenant_is_nothing(graph: GraphClient, name: str) -> None:
    document, nothing = BY_ID[name]
    text = "{ %s }" % document.format(**everything(FORTY))
    foreign = await graph.ask(text, by="admin")
    assert (foreign.data, foreign.errors) == ({name: nothing}, [])
    own = await graph.ask(text, by="admin", tenant="forty")
    assert own.errors == []
    assert own.data[name] not in (nothing, None)


async def test_one_foreign_id_among_own_ones_is_nothing(graph: GraphClient) -> None:
    document = (
        "query ($seller: ID!, $buyer: ID!, $sku: ID!) { price(sellerId: $seller, buyerId: $buyer, skuId: $sku) "
        "{ unitPrice } }"
    )
    own = {"seller": IOWA.distributor(56), "buyer": IOWA.store(2191), "sku": IOWA.sku(43337)}
    foreign = {"seller": FORTY.distributor(56), "buyer": FORTY.store(2191), "sku": FORTY.sku(43337)}
    assert (await graph.ask(document, own, by="admin")).data == {"price": {"unitPrice": 1763}}
    for name in own:
        asked = await graph.ask(document, {**own, name: foreign[name]}, by="admin")
        assert (asked.data, asked.errors) == ({"price": None}, [])


async def test_a_cursor_is_a_place_and_brings_no_row_along(graph: GraphClient) -> None:
    """The last cursor of one tenant's page, used in the other, shows the other's own rows and nothing else."""
    document = (
        "query ($id: ID!, $after: String) { store(id: $id) { ordersPlaced(first: 3, after: $after) "
        "{ nodes { id } pageInfo { endCursor } } } }"
    )
    first = await graph.ask(document, {"id": FORTY.store(2191)}, by="store:2191/clerk", tenant="forty")
    after = first.data["store"]["ordersPlaced"]["pageInfo"]["endCursor"]
    here = await graph.ask(document, {"id": IOWA.store(2191), "after": after}, by="store:2191/clerk")
    own = await graph.ask(document.replace("first: 3", "first: 100"), {"id": IOWA.store(2191)}, by="store:2191/clerk")
    assert here.errors == []
    found = [node["id"] for node in here.data["store"]["ordersPlaced"]["nodes"]]
    assert len(found) == 3
    assert set(found) <= {node["id"] for node in own.data["store"]["ordersPlaced"]["nodes"]}


# ── with the tenant's condition taken out of every statement ──────────────────────────────────────────────────────
SHARED = {id(RegionByCode.statement), id(TenantById.statement)}
"""Statements over tables of the whole platform."""
OPEN = {id(FOUND)}
"""Over the one table without row security: tests/models/test_catalogue.py shows that its ids are one tenant's."""
SUBJECTS = {id(CUSTOMER_BY_SUBJECT): "member:1", id(PARTNER_BY_SUBJECT): "partner:1"}
WALLED = [made for made in STATEMENTS if id(made) not in SHARED | OPEN and "tenant" in made.names]


NAMED = """
SELECT min(id::text)::uuid AS id FROM pool_contribution UNION
SELECT unnest(ARRAY[store_id, sku_id, territory_id, member_tier_id]) FROM campaign_condition UNION
SELECT store_id FROM campaign_store UNION SELECT id FROM customer WHERE tags <> '{}' UNION
SELECT id FROM attribute UNION
SELECT id FROM right_terms UNION (SELECT id FROM membership LIMIT 1) UNION (SELECT id FROM coupon LIMIT 1) UNION
(SELECT guide_id FROM binding WHERE ended_at IS NULL LIMIT 1) UNION
(SELECT id FROM stock_document LIMIT 1) UNION (SELECT order_id FROM shipment LIMIT 1) UNION
(SELECT promoter_id FROM binding WHERE ended_at IS NULL AND promoter_id IS NOT NULL LIMIT 1)
"""
"""What statements are asked about that the demo has no name for."""


def _values(names: Any, binds: Any, more: list[UUID], text: str) -> dict[str, Any]:
    """Parameters of any statement that find something in the Iowa tenant."""
    shop, house = IOWA.keys.of("organization", "STORE", 2191), IOWA.keys.of("organization", "DISTRIBUTOR", 56)
    brand, sku = IOWA.keys.of("organization", "BRAND", 260), IOWA.keys.of("sku", 43337)
    rows = [UUID(hex=text.split("_")[1]) for text in everything(IOWA).values()]
    rows += [*more, IOWA.keys.tenant_id, IOWA.keys.of("cloud_store", "DISTRIBUTOR", 56)]
    rows += [IOWA.keys.of("location", "DISTRIBUTOR", 56), IOWA.keys.of("price_list", "COST", 260)]
    by_time = "after_0" in names and not isinstance(binds["after_0"].type, BigInteger | Text | Uuid)
    newest_first = by_time and f") < (${names.index('after_0') + 1}" in text
    starts: list[tuple[type, Any]] = [
        (BigInteger, -1),
        (Text, ""),
        (Uuid, UUID(int=2**128 - 1 if newest_first else 0)),
        (object, datetime.max if newest_first or not by_time else datetime.min),
    ]
    after = {
        name: next(start for kind, start in starts if isinstance(binds[name].type, kind))
        for name in names
        if name.startswith("after_")
    }
    return after | {
        "tenant": IOWA.keys.tenant_id,
        "ids": rows,
        "parents": rows,
        "sellers": [house, shop, brand],
        "buyers": [shop, shop, house],
        "stores": [shop, shop, shop],
        "grantees": [shop, shop, shop],
        "needed": ["rum"],
        "marks": ["=rum"],
        "weights": [-1_000],
        "start": 1_001_000,
        "distances": [0, 0, 0],
        "skus": [sku, sku, sku],
        "viewer_everything": True,
        "viewer_organizations": [shop, house],
        "viewer_customer": shop,
        "page_limit": 100,
        "tier": "STORE",
        "tiers": ["STORE"],
        "codes": ["2191"],
        "region": "US-IA-056",
        "aggregates": ["organization", "sku"],
        "organization": shop,
        "role": "CLERK",
        "now": NOW,
        "at": NOW,
        "today": date.fromordinal(TODAY.toordinal()),
        "owners": rows,
        "terms": rows,
        "customers": [IOWA.keys.of("customer", "member:1")],
        "cloud_stores": [IOWA.keys.of("cloud_store", "STORE", 2191)],
        "running": rows,
        "campaigns": [IOWA.keys.of("campaign", "FLAGSHIP-75")],
        "clauses": [0],
        "status": "PUBLISHED",
        "state": "COMPLETED",
        "since": datetime(2012, 1, 1, tzinfo=UTC),
        "until": NOW,
        "days": 366,
        "months": [datetime(2012, 1, 1, tzinfo=UTC)],
        "month_before": -1,
        "by_region": False,
    }


def _forgetful(text: str, names: tuple[str, ...]) -> tuple[str, list[str]]:
    """The statement without its tenant conditions, and its parameters: one that is gone cannot be sent."""
    place = names.index("tenant") + 1
    text = re.sub(r'("?\w+"?)\.tenant_id = \$%d::UUID' % place, "TRUE", text)
    assert not re.search(r"\$%d\b" % place, text), text
    kept = [name for name in names if name != "tenant"]
    return re.sub(r"\$(\d+)\b", lambda found: f"${int(found[1]) - (int(found[1]) > place)}", text), kept


async def _found(
    connection: asyncpg.Connection, tenant: TenantFacts, text: str, values: list[Any]
) -> set[UUID | int | str]:
    """The ids in the rows, how many rows are counted, or of which text."""
    async with connection.transaction(readonly=True):
        await connection.execute(set_tenant(tenant.id))
        rows = await connection.fetch(text, *values)
    if rows and "total" in dict(rows[0]):
        return {total for row in rows if (total := row["total"])}
    if rows and "text" in dict(rows[0]):
        return {row["text"] for row in rows}
    return {value for row in rows for value in row.values() if isinstance(value, UUID)}


async def _hold(owner: str) -> None:
    """A hold of the Iowa tenant that is over, and one where nobody else looks that is not: they take no goods."""
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(IOWA.keys.tenant_id))
            await connection.execute(
                "INSERT INTO reservation (tenant_id, id, cloud_store_id, state, created_at, expires_at)"
                " SELECT tenant_id, id, id, 'RELEASED', $1::timestamptz, $1::timestamptz + interval '1 minute'"
                " FROM cloud_store WHERE id = $2"
                " ON CONFLICT DO NOTHING",
                NOW,
                IOWA.keys.of("cloud_store", "STORE", 2191),
            )
            await connection.execute(
                "INSERT INTO reservation (tenant_id, id, cloud_store_id, customer_id, created_at, expires_at, due_at)"
                " SELECT tenant_id, id, id, (SELECT max(id::text)::uuid FROM customer WHERE tags <> '{}'),"
                " $1::timestamptz, $1::timestamptz + interval '1 minute', $1::timestamptz + interval '1 minute'"
                " FROM cloud_store WHERE id = $2"
                " ON CONFLICT DO NOTHING",
                NOW,
                IOWA.keys.of("cloud_store", "DISTRIBUTOR", 56),
            )
            await connection.execute(
                "INSERT INTO reservation_line (tenant_id, reservation_id, line, location_id, sku_id, owner_id, lot_id,"
                " quantity) SELECT s.tenant_id, r.id, 1, s.location_id, s.sku_id, s.owner_id, s.lot_id, 1"
                " FROM reservation r, stock s WHERE r.id = $1 LIMIT 1 ON CONFLICT DO NOTHING",
                IOWA.keys.of("cloud_store", "STORE", 2191),
            )
    finally:
        await connection.close()


SOLD = (
    "INSERT INTO journal (tenant_id, id, kind, document, at) SELECT tenant_id, id, 'REFUND', id, placed_at FROM sold",
    "INSERT INTO payment (tenant_id, id, order_id, provider, state, amount_fen, currency, created_at, expires_at)"
    " SELECT tenant_id, id, id, 'x', 'CLOSED', 1, currency, placed_at, placed_at + interval '1 h' FROM sold",
    "INSERT INTO refund (tenant_id, id, order_id, payment_id, state, amount_fen, reason, journal_id, created_at,"
    " settled_at) SELECT tenant_id, id, id, id, 'DONE', 1, 'x', id, placed_at, placed_at FROM sold",
    "INSERT INTO payment_notice (tenant_id, provider, notice, id, kind, payment_id, reference, amount_fen, currency,"
    " told_at, received_at, outcome, seller_id)"
    " SELECT tenant_id, 'x', 'x', id, 'PAID', id, '', 2, currency, placed_at, placed_at, 'MISMATCH', seller_id"
    " FROM sold",
    "INSERT INTO refund_line (tenant_id, refund_id, line, order_id, quantity, amount_fen)"
    " SELECT tenant_id, id, 1, id, 1, 1 FROM sold",
    "INSERT INTO order_delivery (tenant_id, order_id, method) SELECT tenant_id, id, 'STORE_PICKUP' FROM sold",
    "INSERT INTO shipment (tenant_id, id, order_id, fulfiller_id, shipped_at)"
    " SELECT tenant_id, id, id, seller_id, placed_at FROM sold",
    "INSERT INTO shipment_line (tenant_id, shipment_id, part, order_id, line, location_id, sku_id, owner_id, lot_id,"
    " quantity) SELECT tenant_id, sold.id, 1, sold.id, 1, location_id, sku_id, owner_id, lot_id, 1 FROM sold, goods",
    "INSERT INTO order_allocation (tenant_id, order_id, part, line, location_id, sku_id, owner_id, lot_id,"
    " fulfiller_id, allocated_at, quantity, shipped) SELECT tenant_id, sold.id, 1, 1, location_id, sku_id, owner_id,"
    " lot_id, keeper_id, placed_at, 1, 0 FROM sold, goods",
)
"""What becomes of an order, for one of the past that nobody else looks at."""
LACKING = (
    "UPDATE order_line l SET shipped = l.shipped - 1, short = 1, short_since = o.placed_at,"
    " short_seller_id = o.seller_id FROM shipment s, order_header o"
    " WHERE o.id = s.order_id AND l.order_id = o.id AND l.line = 1"
)
"""What of it was counted away."""


async def _sell(owner: str) -> None:
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(IOWA.keys.tenant_id))
            if await connection.fetchval("SELECT count(*) FROM shipment"):
                return
            sold = "SELECT * FROM order_header WHERE number LIKE 'GENERATED-%' ORDER BY number LIMIT 1"
            goods = (
                "SELECT location_id, sku_id, owner_id, lot_id, l.organization_id AS keeper_id FROM stock"
                " JOIN location l ON l.id = location_id JOIN organization o ON o.id = l.organization_id"
                " WHERE o.code = '2191' AND o.tier = 'STORE' LIMIT 1"
            )
            for text in SOLD:
                into, _, rows = text.partition(" SELECT ")
                await connection.execute(f"{into} WITH sold AS ({sold}), goods AS ({goods}) SELECT {rows}")
            await connection.execute(LACKING)
    finally:
        await connection.close()


async def test_row_security_holds_where_any_statement_forgets_its_tenant(
    access: boot.Access, iowa: TenantFacts, forty: TenantFacts
) -> None:
    """As the serving role, in the other tenant: what the text finds in Iowa is not there, for every statement."""
    assert len(WALLED) > 70
    text = "{ stores { totalCount } }"
    stored = Document("stores.graphql", text, sha256(text.encode()).hexdigest())
    await store(access.owner, "iowa", [stored], NOW)  # the demo stores no document, holds, ships and lacks nothing
    await _hold(access.owner)
    await _sell(access.owner)
    connection = await asyncpg.connect(access.app.url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(iowa.id))
            more = [row["id"] for row in await connection.fetch(NAMED) if row["id"] is not None]
        blind, seen_through = [], []
        for read in WALLED:
            binds = compiled_of(read.row, STATEMENTS[read]).binds
            values = _values(read.names, binds, more, read.text)
            values["hash"] = stored.digest
            values["subject"] = SUBJECTS.get(id(read), "store:2191/clerk")
            values["subjects"] = [values["subject"]]
            text, kept = _forgetful(read.text, read.names)
            here = await _found(connection, iowa, text, [values[name] for name in kept])
            there = await _found(connection, forty, text, [values[name] for name in kept])
            # Also where the parameter names the tenant and the wall stands around another.
            mixed = await _found(connection, forty, read.text, [values[name] for name in read.names])
            if not here:
                blind.append(read.row.__name__)
            # What names nothing by its id finds, in the other tenant, the other tenant's own.
            by_id = any(isinstance(values[name], list) for name in kept) and not {"codes", "subject", "subjects"} & set(
                kept
            )
            if mixed or here & there or (there and by_id):
                seen_through.append(read.row.__name__)
    finally:
        await connection.close()
    assert seen_through == []
    assert blind == []
