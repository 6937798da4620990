"""What may be sold at what price: grants that hold as those above them hold, bands, goods bought elsewhere; by acts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from models.database import Database
from models.outbox import MAX_AUDIENCE
from tests.conftest import NOW
from tests.graph.client import GraphClient
from tests.graph.selling import SHOPPER, Selling, opened
from tests.graph.shops import BOSS, BRAND, Shop, kinds
from tests.graph.trade import Trade, change, written

_SKUS = count(60)


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Trade:
    """A tenant of these tests' own: shops and skus are theirs by number."""
    made = await written(access.owner)
    graph.look_again()
    assert (await graph.ask("{ tenant { code } }", tenant=made.code)).errors == []
    return made


@pytest.fixture
async def sale(access: boot.Access, app: Database, channel: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test."""
    made = await opened(access.owner, app, channel, channel.a_shop())
    await made.end()
    yield made
    await made.end()


async def chained(sale: Selling, sku: int, *, above: Any = (None, None), below: Any = (None, None)) -> str:
    """The brand lets the distributor sell a sku, and that lets the store; the brand's assortment."""
    own, sale.code = sale.code, uuid4().hex[:8]
    granted = await sale.grant(sku, to="distributor:1", band=above)
    sale.code = own
    assert kinds(await sale.grant(sku, by=BOSS, band=below)) == ["Sku"]
    return str(granted["assortment"]["id"])


async def priced(sale: Selling, sku: int) -> list[int | None]:
    """What a shopper is asked for a sku on the shelf; nothing where it does not stand there."""
    return [price for code, price in await sale.seen() if code == str(sku)]


async def can_buy(sale: Selling, sku: int, unit: int) -> list[Any]:
    """What a quote of `unit` pieces says, and what becomes of an order of them."""
    line = await sale.line(sku, unit)
    text = '{ quote(lines: [{listingId: "%s", quantity: %d}]) { canBePlaced total } }' % (line["listingId"], unit)
    quoted = (await sale.ask(text, SHOPPER))["quote"]
    placed = await sale.place((sku, unit))
    return [quoted and quoted["canBePlaced"], placed["__typename"] if "id" not in placed else "Order"]


# ── the chain ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_band_holds_below_whoever_grants_on_without_one(sale: Selling) -> None:
    sku = next(_SKUS)
    await chained(sale, sku, above=(900, 1_100))
    refused = (await sale.put((sku, 1)))["rows"][0]
    assert (refused["code"], refused["minPrice"], refused["maxPrice"]) == ("PRICE_OUT_OF_RANGE", 900, 1_100)
    assert await priced(sale, sku) == []
    (listed,) = (await sale.put((sku, 900)))["rows"]
    assert await priced(sale, sku) == [900]
    price = await sale.done("priceListing", {"listingId": listed["id"], "price": 1_101}, by=sale.manager)
    assert (price["__typename"], price["maxPrice"]) == ("PriceOutOfRange", 1_100)
    terms = '{ listing(id: "%s") { trade { minPrice maxPrice } } }' % listed["id"]
    told = (await sale.ask(terms, sale.manager))["listing"]["trade"]
    assert told == {"minPrice": 900, "maxPrice": 1_100}


async def test_bands_of_a_chain_meet(sale: Selling) -> None:
    sku = next(_SKUS)
    await chained(sale, sku, above=(900, None), below=(None, 1_000))
    listed = await sale.put((sku, 899))
    assert (listed["rows"][0]["minPrice"], listed["rows"][0]["maxPrice"]) == (900, 1_000)
    assert kinds(await sale.put((sku, 1_001))) == ["PriceOutOfRange"]
    assert kinds(await sale.put((sku, 1_000))) == ["Listing"]


async def test_what_is_revoked_above_is_off_the_shelf_below_until_it_is_granted_again(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 20)
    assortment = await chained(sale, sku)
    await sale.put((sku, 500))
    assert await priced(sale, sku) == [500]
    assert await can_buy(sale, sku, 1) == [True, "Order"]
    below = await sale.rows(
        'SELECT * FROM "authorization" WHERE grantee_id = $1 ORDER BY 3', sale.trade.key(sale.store)
    )
    await sale.revoke(assortment, of="distributor:1")
    assert await priced(sale, sku) == []
    assert await can_buy(sale, sku, 1) == [None, "InvalidInput"]
    assert kinds(await sale.put((sku, 500))) == ["NotAuthorizedSku"]
    assert kinds(await Shop(sale, 80).grant(sku, by=BOSS)) == ["NotAuthorizedSku"]
    ((code,),) = await sale.rows("SELECT code FROM assortment WHERE id = $1", UUID(assortment.rpartition("_")[2]))
    given = {"granteeId": sale.trade.id("distributor:1"), "code": code, "name": "x", "rows": []}
    await sale.done("authorizeAssortment", given, by=BRAND)
    assert await priced(sale, sku) == [500]
    again = await sale.rows(
        'SELECT * FROM "authorization" WHERE grantee_id = $1 ORDER BY 3', sale.trade.key(sale.store)
    )
    assert again == below  # nothing of it was written


async def test_a_hold_taken_before_a_revocation_above_is_not_placed(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 20)
    assortment = await chained(sale, sku)
    await sale.put((sku, 500))
    held = await sale.done("holdStock", {"lines": [await sale.line(sku, 1)]}, by=SHOPPER)
    await sale.revoke(assortment, of="distributor:1")
    placed = await sale.do_it("placeOrder", {"reservationId": held["id"]})
    assert placed["__typename"] == "NotForSale"


# ── bands that move ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_price_outside_a_band_that_moved_is_none_until_it_is_set_anew(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 20)
    assortment = await chained(sale, sku, above=(900, 1_100))
    await sale.put((sku, 1_000))
    assert await can_buy(sale, sku, 1) == [True, "Order"]
    ((code,),) = await sale.rows("SELECT code FROM assortment WHERE id = $1", UUID(assortment.rpartition("_")[2]))
    sale.code, own = code, sale.code
    await sale.grant(sku, to="distributor:1", band=(2_000, 2_100))
    sale.code = own
    assert await priced(sale, sku) == [None]
    assert await can_buy(sale, sku, 1) == [False, "NotForSale"]
    assert kinds(await sale.put((sku, None))) == ["PriceOutOfRange"]
    assert kinds(await sale.put((sku, 2_000))) == ["Listing"]
    assert await priced(sale, sku) == [2_000]
    assert await can_buy(sale, sku, 1) == [True, "Order"]


async def test_a_quantity_break_outside_the_band_is_no_price_for_that_quantity(sale: Selling) -> None:
    """Sku 1 costs 10.00, from 10 units 9.00; the higher price does not take the place of the one that is refused."""
    assert kinds(await sale.grant(1, band=(950, None))) == ["Sku"]
    assert await can_buy(sale, 1, 9) == [True, "Order"]
    await sale.end()
    assert await can_buy(sale, 1, 10) == [False, "NotForSale"]


# ── goods bought elsewhere ────────────────────────────────────────────────────────────────────────────────────────────
async def test_goods_of_a_brand_above_are_not_bought_elsewhere(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 20)
    assert kinds(await sale.put((sku, 1), origin="EXTERNAL")) == ["NotAuthorizedSku"]
    assortment = (await sale.grant(sku, band=(900, None)))["assortment"]["id"]
    assert kinds(await sale.put((sku, 1), origin="EXTERNAL")) == ["PriceOutOfRange"]
    (listed,) = (await sale.put((sku, 900), origin="EXTERNAL"))["rows"]
    assert (listed["origin"], await priced(sale, sku)) == ("EXTERNAL", [900])
    await sale.grant(sku)
    price = {"listingId": listed["id"], "price": 1_000}
    assert (await sale.done("priceListing", price, by=sale.manager))["price"] == 1_000
    await sale.revoke(assortment)
    assert await priced(sale, sku) == []
    assert (await sale.done("priceListing", price, by=sale.manager))["__typename"] == "NotAuthorizedSku"


async def test_of_goods_bought_elsewhere_the_store_sells_its_own_alone(sale: Selling) -> None:
    """Sku 2 is of a brand that does not stand above the store; the distributor contributes twenty of it."""
    await sale.contribute(2, 20)
    assert kinds(await sale.put((2, 300), origin="POOL")) == ["NotAuthorizedSku"]
    assert kinds(await sale.put((2, 300), origin="EXTERNAL")) == ["Listing"]
    assert (await priced(sale, 2), await sale.sellable(2)) == ([300], 0)
    levels = '{ listing(id: "%s") { sellableByLevel { hops units } } }' % (await sale.line(2, 1))["listingId"]
    assert (await sale.ask(levels, sale.manager))["listing"]["sellableByLevel"] == []
    assert await can_buy(sale, 2, 1) == [False, "NotEnoughStock"]
    held = await sale.done("holdStock", {"lines": [await sale.line(2, 1)]}, by=SHOPPER)
    assert [(one["wanted"], one["available"]) for one in held["shortages"]] == [(1, 0)]
    place = uuid4()
    store = sale.trade.key(sale.store)
    await sale.add(
        {"location (tenant_id, id, organization_id, kind, code, name)": [(place, store, "SHOP", place.hex, "x")]}
    )
    await sale.give(place, sale.store, 2, 3)
    assert await sale.sellable(2) == 3
    assert (await sale.place((2, 4)))["shortages"] == [{"wanted": 4, "available": 3}]
    order = await sale.place((2, 3))
    assert [line["goodsOwner"]["code"] for line in order["lines"]["nodes"]] == [sale.store.partition(":")[2]]
    assert await sale.sellable(2) == 0


async def test_goods_of_a_pool_that_are_held_are_not_placed_as_bought_elsewhere(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 20)
    await sale.grant(sku)
    await sale.put((sku, 500))
    held = await sale.done("holdStock", {"lines": [await sale.line(sku, 2)]}, by=SHOPPER)
    await sale.put((sku, 500), origin="EXTERNAL")
    assert (await sale.do_it("placeOrder", {"reservationId": held["id"]}))["__typename"] == "NotForSale"
    await sale.put((sku, 500), origin="POOL")
    assert (await sale.do_it("placeOrder", {"reservationId": held["id"]}))["total"] == 1_000


async def test_a_brand_lists_its_own_goods_without_being_let(sale: Selling) -> None:
    """Its mall is for shoppers; sku 1 is its own, sku 2 is not."""
    opening = {"organizationId": sale.trade.id("brand:1"), "mode": "PRIVATE_MALL", "name": "x"}
    mall = (await sale.done("openCloudStore", opening, by=BRAND))["id"]
    rows = [
        {"skuId": sale.sku(sku), "origin": "OWN_STOCK", "position": place, "price": 700}
        for place, sku in enumerate((1, 2))
    ]
    listed = await sale.done("listSkus", {"cloudStoreId": mall, "rows": rows}, by=BRAND)
    assert kinds(listed) == ["Listing", "NotAuthorizedSku"]
    text = '{ node(id: "%s") { ... on CloudStore { shelf { nodes { price sku { code } } } } } }' % mall
    assert (await sale.ask(text))["node"]["shelf"]["nodes"] == [{"price": 700, "sku": {"code": "1"}}]


# ── quantities ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_less_than_the_minimum_and_parts_of_a_step_are_neither_held_nor_placed(sale: Selling) -> None:
    sku = next(_SKUS)
    await sale.contribute(sku, 100)
    await sale.grant(sku)
    await sale.put((sku, 500))
    sold_in = "UPDATE sku SET min_qty = $3, step_qty = $4 WHERE tenant_id = $1 AND id = $2"
    await change(sale.owner, sale.trade, (sold_in, sale.trade.key(f"sku:{sku}"), 24, 12), bump=False)
    for act in ("holdStock", "placeOrder"):
        answer = "... on BelowMinimum { code quantity minimum } ... on StepMismatch { code quantity below above }"
        below, between = [
            await sale.done(act, {"lines": [await sale.line(sku, units)]}, by=SHOPPER, answer=answer)
            for units in (12, 40)
        ]
        assert (below["code"], below["quantity"], below["minimum"]) == ("BELOW_MINIMUM", 12, 24)
        assert (between["code"], between["below"], between["above"]) == ("STEP_MISMATCH", 36, 48)
    mall = sale.trade.key(f"mall:{sale.store}")
    assert await sale.rows("SELECT count(*) FROM reservation WHERE cloud_store_id = $1", mall) == [(0,)]
    assert (await sale.place((sku, 36)))["total"] == 18_000


# ── what is told, and for how long ────────────────────────────────────────────────────────────────────────────────────
async def test_what_is_left_out_stays_as_it_is(sale: Selling) -> None:
    store, until = sale.trade.key(sale.store), NOW + timedelta(days=3)
    given: dict[str, Any] = {"granteeId": sale.trade.id(sale.store), "code": uuid4().hex[:6], "name": "x"}
    times = (
        'SELECT valid_from, valid_until FROM "authorization" g JOIN assortment a ON a.id = g.assortment_id'
        " WHERE g.grantee_id = $1 AND a.code = $2"
    )

    async def granted(sku: int, **more: Any) -> Any:
        done = await sale.done("authorizeAssortment", {**given, "rows": [{"skuId": sale.sku(sku)}], **more}, by=BRAND)
        return done, await sale.rows(times, store, given["code"])

    _, first = await granted(9, validUntil=until.isoformat())
    assert first == [(NOW, until)]
    assert (await granted(10))[1] == first
    later = NOW + timedelta(days=1)
    assert (await granted(10, validFrom=later.isoformat()))[1] == [(later, until)]
    refused, left = await granted(10, validFrom=until.isoformat())
    assert (refused["problems"][0]["path"], left) == (["input", "validUntil"], [(later, until)])
    end = 'UPDATE "authorization" SET valid_from = $3, valid_until = $4 WHERE tenant_id = $1 AND grantee_id = $2'
    over = (end, store, NOW - timedelta(days=2), NOW - timedelta(days=1))
    await change(sale.owner, sale.trade, over, bump=False)
    assert (await granted(10))[1] == [(NOW, None)]  # what is over is given anew


async def told(sale: Selling, assortment: str, kind: str) -> list[tuple[Any, ...]]:
    text = "SELECT audience, facts FROM outbox_event WHERE aggregate_id = $1 AND type = $2 ORDER BY id"
    return await sale.rows(text, UUID(assortment.rpartition("_")[2]), kind)


async def test_what_is_over_is_revoked_again_without_a_word(sale: Selling) -> None:
    assortment = (await sale.grant(11))["assortment"]["id"]
    for _ in range(2):
        sale.graph.now += timedelta(seconds=5)
        assert (await sale.revoke(assortment))["__typename"] == "Assortment"
    ((_, facts),) = await told(sale, assortment, "AuthorizationRevoked")
    assert str((NOW + timedelta(seconds=5)).isoformat()) in facts


async def test_whom_an_assortment_is_given_to_hear_that_it_is_another(sale: Selling) -> None:
    sale.code = uuid4().hex[:8]
    others = [Shop(sale, number) for number in (70, 71)]
    for other in others:
        other.code = sale.code
        await other.grant(12)
    assortment = (await sale.grant(12))["assortment"]["id"]
    assert await told(sale, assortment, "AssortmentChanged") == []
    await sale.grant(12, band=(1, 2))
    await sale.done(
        "authorizeAssortment",
        {
            "granteeId": sale.trade.id(sale.store),
            "code": sale.code,
            "name": "x",
            "rows": [{"skuId": sale.sku(12), "remove": True}, {"skuId": sale.sku(13), "remove": True}],
        },
        by=BRAND,
    )
    hearing = sorted(sale.trade.key(other.store) for other in others)
    assert [(sorted(audience), facts) for audience, facts in await told(sale, assortment, "AssortmentChanged")] == [
        (hearing, '{"skus": 1}')
    ] * 2


async def test_many_hear_in_as_few_events_as_hold_them(sale: Selling) -> None:
    assortment = (await sale.grant(14))["assortment"]["id"]
    many = [uuid4() for _ in range(MAX_AUDIENCE + 5)]
    await sale.add(
        {
            "organization (tenant_id, id, tier, code, name)": [(one, "STORE", one.hex, "x") for one in many],
            '"authorization" (tenant_id, assortment_id, grantee_id, valid_from)': [
                (UUID(assortment.rpartition("_")[2]), one, NOW) for one in many
            ],
        }
    )
    await sale.grant(14, band=(5, 6))
    heard = [audience for audience, _ in await told(sale, assortment, "AssortmentChanged")]
    assert [len(audience) for audience in heard] == [MAX_AUDIENCE, 5]
    assert sorted(one for audience in heard for one in audience) == sorted(many)
