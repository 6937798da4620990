"""A tenant from nothing: opened by the command, set up by acts alone, to its first sale; no row is put in by hand."""

from typing import Any
from uuid import UUID, uuid4

import boot
from domain.ordering import Notice, NoticeKind
from integrations.tenant import NewTenant, open_tenant
from models.database import Database
from models.ordering import take_notice
from tests.conftest import NOW
from tests.graph.acted import ACTS, part_of
from tests.graph.selling import ANSWERS, Till, client_of

BRAND, HOUSE, SHOP, CLERK, SHOPPER = "spring/operator", "house/operator", "shop/manager", "shop/clerk", "member:lin"


class World:
    """A tenant that only acts have written to."""

    def __init__(self, database: Database) -> None:
        self.code, self.region, self.till = uuid4().hex, uuid4().hex, Till()
        self.graph = client_of(database, self.till)
        self.ids: dict[str, str] = {}
        self.tenant = UUID(int=0)

    async def open(self, owner: str) -> None:
        new = NewTenant(self.code, "Spring", "CNY", "Asia/Shanghai", (f"{self.code}.example",))
        regions = [(self.region, "Zhejiang", None), (f"{self.region}-1", "Hangzhou", self.region)]
        self.tenant, is_new = await open_tenant(owner, new, regions)
        assert is_new
        self.graph.look_again()

    async def do(self, act: str, by: str, **given: Any) -> Any:
        """What an act answers, which is no refusal."""
        text = part_of(act, ANSWERS[act]) if act in ANSWERS else ACTS[act]
        asked = await self.graph.ask(text, {"input": given, "key": uuid4().hex}, by=by, tenant=self.code)
        assert asked.errors == [], asked.errors
        done = asked.data["done"]
        for answer in (done, *done.get("rows", ())):
            assert "message" not in answer, (act, answer)
        return done

    async def see(self, text: str, by: str | None, **given: Any) -> Any:
        asked = await self.graph.ask(text, given, by=by, tenant=self.code)
        assert asked.errors == [], asked.errors
        return asked.data


def person(subject: str) -> dict[str, Any]:
    return {"displayName": subject, "subject": subject}


async def channel(world: World) -> None:
    """A brand with its supplier, a distributor, a store, sites, a territory, staff, tags."""
    ids, do = world.ids, world.do
    spring = await do("createOrganization", "admin", tier="BRAND", code="S", name="Spring", administrator=person(BRAND))
    glass = await do("createOrganization", "admin", tier="SUPPLIER", code="G", name="Glassworks")
    ids["brand"] = spring["id"]
    for by in (BRAND, "admin"):
        await do("joinUpstream", by, organizationId=spring["id"], upstreamId=glass["id"])
    here = {"regionCode": f"{world.region}-1", "city": "Hangzhou"}
    house = await do(
        *("inviteOrganization", BRAND),
        upstreamId=spring["id"],
        tier="DISTRIBUTOR",
        code="H",
        name="House",
        where=here,
        administrator=person(HOUSE),
    )
    shop = await do(
        *("inviteOrganization", HOUSE),
        upstreamId=house["id"],
        tier="STORE",
        code="1",
        name="Corner shop",
        where=here,
        administrator=person(SHOP),
    )
    ids["house"], ids["shop"] = house["id"], shop["id"]
    main = await do("createSite", "admin", organizationId=spring["id"], kind="MAIN", code="main", name="Main")
    city = {"kind": "CITY", "code": "hz", "name": "Hangzhou", "regionCode": f"{world.region}-1"}
    site = await do("createSite", BRAND, organizationId=house["id"], parentId=main["id"], **city)
    ids["site"] = site["id"]
    await do("createTerritory", BRAND, organizationId=house["id"], name="Zhejiang", regionCodes=[world.region])
    await do("addStaff", SHOP, organizationId=shop["id"], person=person(CLERK), role="CLERK")
    await do("setTags", HOUSE, rows=[{"organizationId": shop["id"], "tags": ["key-account"]}])


async def goods(world: World) -> None:
    """Categories with attributes, a product, two skus with packs, trade prices, and who may sell what."""
    ids, do = world.ids, world.do
    await do("saveCategories", "admin", rows=[{"code": "drinks", "name": "Drinks"}])
    volume = {"code": "ml", "name": "Volume", "kind": "INTEGER", "unit": "ml", "category": "drinks"}
    await do("saveAttributes", "admin", rows=[volume])
    await do("saveProducts", BRAND, rows=[{"code": "water", "name": "Water", "category": "drinks"}])
    packs = [{"code": "EACH", "units": 1}, {"code": "CASE", "units": 12}]
    rows = [
        {"code": f"w{ml}", "product": "water", "name": f"Water {ml} ml", "packUnits": packs}
        | {"attributes": [{"code": "ml", "integer": ml}], "shelfLifeDays": 540}
        for ml in (330, 550)
    ]
    small, large = (await do("saveSkus", BRAND, rows=rows))["rows"]
    ids["small"], ids["large"] = small["id"], large["id"]
    skus = [{"skuId": ids["small"], "minPrice": 200, "maxPrice": 400}, {"skuId": ids["large"]}]
    trade = {"audience": "TRADE", "name": "Trade"}
    for by, below, scope in (
        (BRAND, "house", {"scope": "BASE"}),
        (HOUSE, "shop", {"scope": "TAG", "buyerTag": "key-account"}),
    ):
        await do("authorizeAssortment", by, granteeId=ids[below], code="A", name="All", rows=skus)
        prices = await do("createPriceList", by, code="T", **trade, **scope)
        rows = [{"skuId": ids[sku], "unitPrice": 150} for sku in ("small", "large")]
        await do("setPrices", by, priceListId=prices["id"], rows=rows)


async def shelves(world: World) -> None:
    """A cloud store that is open, goods of its own, goods of the distributor's in a pool, and both on its shelf."""
    ids, do = world.ids, world.do
    mall = await do("openCloudStore", SHOP, organizationId=ids["shop"], mode="O2O", name="Corner", siteId=ids["site"])
    await do("openCloudStore", HOUSE, organizationId=ids["house"], mode="B2B_ORDERING", name="House orders")
    ids["mall"] = mall["id"]
    point = {"latitude": 30.27, "longitude": 120.15}
    room = await do("createLocation", SHOP, kind="SHOP", code="back", name="Back room", point=point)
    barn = await do("createLocation", HOUSE, kind="WAREHOUSE", code="barn", name="Barn")
    pool = await do("createPool", HOUSE, code="all", name="All of it")
    lot = {"lot": "L1", "producedOn": "2026-01-01", "expiresOn": "2029-01-01"}
    for by, place, sku in ((CLERK, room, "small"), (HOUSE, barn, "large")):
        await do("receiveStock", by, locationId=place["id"], goods=[{"skuId": ids[sku], "quantity": 20, **lot}])
    offer = {"poolId": pool["id"], "locationId": barn["id"], "visibleToId": ids["shop"], "shareBps": 5_000}
    await do("contributeToPool", HOUSE, **offer, rows=[{"skuId": ids["large"], "cap": 8}])
    await do("setSafetyStock", SHOP, locationId=room["id"], rows=[{"skuId": ids["small"], "quantity": 2}])
    await do("setSourcingPolicy", SHOP, cloudStoreId=mall["id"], criteria=["OWN_FIRST", "MIN_SPLIT"], maxPackages=2)
    listed = await do(
        *("listSkus", SHOP),
        cloudStoreId=mall["id"],
        rows=[
            {"skuId": ids["small"], "origin": "OWN_STOCK", "position": 0, "price": 300},
            {"skuId": ids["large"], "origin": "POOL", "position": 1, "price": 500},
        ],
    )
    ids["listing:small"], ids["listing:large"] = (row["id"] for row in listed["rows"])


async def test_a_tenant_is_set_up_by_acts_alone_to_its_first_sale(access: boot.Access, app: Database) -> None:
    world = World(app)
    await world.open(access.owner)
    assert (await world.see("{ brands { nodes { id } } }", None))["brands"] == {"nodes": []}
    for part in (channel, goods, shelves):
        await part(world)
    await _priced(world)
    order = await _sold(world)
    text = (
        "query ($id: ID!) { node(id: $id) { ... on Order { state total paid lines { nodes { quantity shipped } } } } }"
    )
    done = (await world.see(text, SHOPPER, id=order))["node"]
    assert done == {
        "state": "COMPLETED",
        "total": 2_100,
        "paid": 2_100,
        "lines": {"nodes": [{"quantity": 2, "shipped": 2}, {"quantity": 3, "shipped": 3}]},
    }
    shelf = "query ($id: ID!) { cloudStore(id: $id) { shelf { nodes { sku { code } sellable } } } }"
    left = (await world.see(shelf, None, id=world.ids["mall"]))["cloudStore"]["shelf"]["nodes"]
    # 20 − 2 kept back − 2 sold; of the other ⌊(20 − 3) ÷ 2⌋ is shared, and no more than 8.
    assert left == [{"sku": {"code": "w330"}, "sellable": 16}, {"sku": {"code": "w550"}, "sellable": 8}]
    assert set(world.graph.outcomes) == {"planned"}


async def _priced(world: World) -> None:
    """The store's tag decides what its distributor asks of it."""
    text = "query ($s: ID!, $b: ID!, $k: ID!) { price(sellerId: $s, buyerId: $b, skuId: $k) { unitPrice } }"
    asked = {"s": world.ids["house"], "b": world.ids["shop"], "k": world.ids["small"]}
    assert (await world.see(text, SHOP, **asked))["price"] == {"unitPrice": 150}


async def _sold(world: World) -> str:
    """A shopper whom nobody knew joins, orders, pays, gets the goods of two, and says so."""
    ids, do = world.ids, world.do
    await do("joinCloudStore", SHOPPER, cloudStoreId=ids["mall"], displayName="Lin")
    me = (await world.see("{ viewer { actorClass customer { displayName } } }", SHOPPER))["viewer"]
    assert me == {"actorClass": "CONSUMER", "customer": {"displayName": "Lin"}}
    lines = [
        {"listingId": ids[f"listing:{sku}"], "quantity": quantity} for sku, quantity in (("small", 2), ("large", 3))
    ]
    order = await do("placeOrder", SHOPPER, lines=lines, expectedTotal=2_100)
    payment = await do("payOrder", SHOPPER, orderId=order["id"])
    id = UUID(payment["id"].rpartition("_")[2])
    notice = Notice(
        kind=NoticeKind.PAID,
        tenant=world.tenant,
        payment=id,
        reference=f"ref-{id.hex}",
        at=NOW,
        amount_fen=payment["amount"],
        refund=None,
        id=uuid4().hex,
        currency="CNY",
    )
    assert (await take_notice(world.graph.entrance._pool, world.till.name, notice, NOW)).value == "CONFIRMED"
    for by in (CLERK, HOUSE):
        await do("shipOrder", by, orderId=order["id"], carrier="Own van")
    await do("receiveOrder", SHOPPER, orderId=order["id"])
    return str(order["id"])
