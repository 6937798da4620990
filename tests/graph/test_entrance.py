"""Which tenant a request is in and who asks: by token, host and header, and as the database has it now."""

from collections.abc import AsyncIterator
from datetime import timedelta
from time import time
from typing import Any

import pytest

import boot
from domain.base import Fault, TenantRequired, Unauthenticated
from models.database import Database
from resolvers.entrance import Entrance
from tests.conftest import NOW, TenantFacts
from tests.graph.client import AUDIENCE, ISSUER, SECRET, GraphClient
from tests.graph.documents import IOWA
from tests.graph.scratch import changed
from transport.bearer import Identity, SecretVerifier, Verifiers, mint
from transport.door import RequestFacts

VERIFIER = Verifiers({ISSUER: SecretVerifier(SECRET, ISSUER, AUDIENCE, leeway_s=0)})
CLERK = "store:2191/clerk"


@pytest.fixture
def entrance(app: Database) -> Entrance:
    return Entrance(app, VERIFIER, default_tenant="iowa", clock=lambda: NOW)


@pytest.fixture
def strict(app: Database) -> Entrance:
    """As in production: no tenant by default."""
    return Entrance(app, VERIFIER, default_tenant=None, clock=lambda: NOW)


async def opened(
    entrance: Entrance, token: str | None = None, host: str | None = None, tenant: str | None = None
) -> Any:
    """The tenant's id and the actor class, or the fault."""
    facts = RequestFacts(None if token is None else f"Bearer {token}", host, tenant, "test")
    try:
        async with entrance.open(facts) as request:
            return request.context.viewer.tenant_id, request.actor_class
    except Fault as fault:
        return type(fault)


def minted(**facts: Any) -> str:
    return mint(SECRET, Identity(**facts), issuer=ISSUER, audience=AUDIENCE, lifetime=timedelta(hours=1), now=time())


@pytest.mark.parametrize(
    ("host", "tenant", "code"),
    [
        (None, None, "iowa"),
        ("forty.example", None, "forty"),
        ("FORTY.example:8443", None, "forty"),
        ("forty.example.", None, "forty"),
        ("forty.example.:8443", None, "forty"),
        ("forty.example..", None, "iowa"),
        ("localhost:8000", None, "iowa"),
        (None, "forty", "forty"),
        ("forty.example", "iowa", "forty"),
        ("nobody.example", "forty", "forty"),
    ],
)
async def test_a_request_without_a_token_is_in_the_tenant_of_its_host_else_of_its_header(
    entrance: Entrance, iowa: TenantFacts, forty: TenantFacts, host: str | None, tenant: str | None, code: str
) -> None:
    ids = {"iowa": iowa.id, "forty": forty.id}
    assert await opened(entrance, host=host, tenant=tenant) == (ids[code], "NOBODY")


@pytest.mark.parametrize("tenant", ["nowhere", "", "IOWA", "iowa ", "x" * 10_000])
async def test_a_header_that_names_no_tenant_is_not_the_default(entrance: Entrance, tenant: str) -> None:
    assert await opened(entrance, tenant=tenant) is TenantRequired


async def test_in_production_nothing_names_a_tenant_by_itself(strict: Entrance, iowa: TenantFacts) -> None:
    assert await opened(strict) is TenantRequired
    assert await opened(strict, host="localhost") is TenantRequired
    assert await opened(strict, tenant="nowhere") is TenantRequired
    assert await opened(strict, host="iowa.example") == (iowa.id, "NOBODY")


async def test_a_token_brings_its_tenant(
    graph: GraphClient, strict: Entrance, iowa: TenantFacts, forty: TenantFacts
) -> None:
    assert await opened(strict, await graph.token(CLERK)) == (iowa.id, "STORE_CLERK")
    assert await opened(strict, await graph.token(CLERK, "forty")) == (forty.id, "STORE_CLERK")
    assert await opened(strict, await graph.token(CLERK), host="iowa.example", tenant="iowa") == (
        iowa.id,
        "STORE_CLERK",
    )


@pytest.mark.parametrize(("host", "tenant"), [("forty.example", None), (None, "forty"), (None, "nowhere"), (None, "")])
async def test_a_token_beside_another_tenants_name_is_no_token(
    graph: GraphClient, entrance: Entrance, host: str | None, tenant: str | None
) -> None:
    # The same answer whether that tenant exists or not.
    assert await opened(entrance, await graph.token(CLERK), host=host, tenant=tenant) is Unauthenticated


async def test_a_token_of_a_tenant_that_is_not_there(entrance: Entrance) -> None:
    nowhere = IOWA.keys.of("tenant", "nowhere")
    assert await opened(entrance, minted(subject="admin", actor="admin", tenant=nowhere)) is Unauthenticated


async def test_an_admins_token_carries_its_tenant(entrance: Entrance, iowa: TenantFacts) -> None:
    assert await opened(entrance, minted(subject="a", actor="admin", tenant=iowa.id)) == (iowa.id, "PLATFORM_ADMIN")
    assert await opened(entrance, minted(subject="a", actor="admin"), tenant="iowa") is Unauthenticated


async def test_another_token_without_a_tenant_takes_the_requests(entrance: Entrance, iowa: TenantFacts) -> None:
    token = minted(subject="member:1", actor="consumer")
    assert await opened(entrance, token, host="iowa.example") == (iowa.id, "CONSUMER")
    assert await opened(entrance, token, tenant="iowa") == (iowa.id, "CONSUMER")
    assert await opened(entrance, token, host="iowa.example", tenant="forty") is Unauthenticated


async def test_what_the_token_says_the_database_must_confirm(entrance: Entrance, iowa: TenantFacts) -> None:
    shop = IOWA.keys.of("organization", "STORE", 2191)
    sister = IOWA.keys.of("organization", "STORE", 2205)
    staff = {"actor": "staff", "tenant": iowa.id, "subject": CLERK}
    assert await opened(entrance, minted(**staff, organization=shop, role="CLERK")) == (iowa.id, "STORE_CLERK")
    assert await opened(entrance, minted(**staff, organization=shop, role="MANAGER")) is Unauthenticated
    assert await opened(entrance, minted(**staff, organization=sister, role="CLERK")) is Unauthenticated
    assert await opened(entrance, minted(actor="partner", tenant=iowa.id, subject="who:1")) is Unauthenticated
    # Whom nobody knows is no shopper until she joins; nor is a clerk, whatever her token says.
    for subject in ("who:1", CLERK):
        assert await opened(entrance, minted(actor="consumer", tenant=iowa.id, subject=subject)) == (iowa.id, "NOBODY")


ACCOUNT = "UPDATE account SET is_active = {} WHERE tenant_id = $1 AND subject = $2"
STAFF = (
    "UPDATE staff SET is_active = {} WHERE tenant_id = $1 AND account_id = "
    "(SELECT id FROM account WHERE tenant_id = $1 AND subject = $2)"
)
PARTNER = "UPDATE partner_client SET is_active = {} WHERE tenant_id = $1 AND subject = $2"


@pytest.mark.parametrize(
    ("statement", "who"), [(ACCOUNT, CLERK), (STAFF, CLERK), (ACCOUNT, "member:1"), (PARTNER, "partner:1")]
)
async def test_who_is_shut_out_is_shut_out_at_once(
    graph: GraphClient, entrance: Entrance, access: boot.Access, iowa: TenantFacts, statement: str, who: str
) -> None:
    token = await graph.token(who)
    assert (await opened(entrance, token))[0] == iowa.id
    off, on = [(statement.format("false"), [who])], [(statement.format("true"), [who])]
    async with changed(access, iowa, off, on):
        assert await opened(entrance, token) is Unauthenticated
    assert (await opened(entrance, token))[0] == iowa.id


@pytest.fixture
async def suspended(access: boot.Access, iowa: TenantFacts) -> AsyncIterator[None]:
    """Shop 2205 is suspended."""
    text = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND tier = 'STORE' AND code = '2205'"
    async with changed(access, iowa, [(text.format("SUSPENDED"), [])], [(text.format("ACTIVE"), [])]):
        yield


@pytest.mark.usefixtures("suspended")
async def test_a_suspended_shop_is_not_found_and_does_not_sell(graph: GraphClient) -> None:
    shop, store = IOWA.store(2205), IOWA.cloud_store("STORE", 2205)
    document = (
        '{ store(id: "%s") { name } organizationByCode(tier: STORE, code: "2205") { name } '
        'cloudStore(id: "%s") { name } nodes(ids: ["%s", "%s"]) { id } '
        'stores(regionCode: "US-IA-073", first: 100) { nodes { code } } }'
    ) % (shop, store, shop, store)
    asked = await graph.ask(document)
    codes = [node["code"] for node in asked.data.pop("stores")["nodes"]]
    assert len(codes) > 3
    assert "2205" not in codes
    assert asked.data == {"store": None, "organizationByCode": None, "cloudStore": None, "nodes": [None, None]}
    listing = await graph.ask('{ listing(id: "%s") { price } }' % IOWA.listing("STORE", 2205, 297))
    assert listing.data == {"listing": None}


@pytest.mark.usefixtures("suspended")
async def test_a_suspended_shops_staff_is_shut_out(graph: GraphClient) -> None:
    assert (await graph.ask("{ viewer { actorClass } }", by="store:2205/clerk")).codes == ["UNAUTHENTICATED"]


@pytest.mark.usefixtures("suspended")
async def test_past_orders_still_name_a_suspended_shop(graph: GraphClient) -> None:
    document = '{ organization(id: "%s") { ordersReceived(first: 100) { nodes { buyer { code name } } } } }'
    asked = await graph.ask(document % IOWA.distributor(73), by="distributor:73/operator")
    assert asked.errors == []
    assert "2205" in {order["buyer"]["code"] for order in asked.data["organization"]["ordersReceived"]["nodes"]}


async def test_a_suspended_distributor_supplies_nobody(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """It is nobody's supplier and not found; what it once sold still bears its name."""
    text = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND tier = 'DISTRIBUTOR' AND code = '56'"
    document = (
        '{ store(id: "%s") { distributor { name } upstreams { isPrimary } ancestors(first: 1) { nodes { tier } } '
        "ordersPlaced(first: 1) { nodes { seller { code } } } } "
        'organization(id: "%s") { name } node(id: "%s") { id } listing(id: "%s") { id } '
        'distributors(regionCode: "US-IA-056") { totalCount nodes { code } } }'
    ) % (IOWA.store(2191), *[IOWA.distributor(56)] * 2, IOWA.listing("DISTRIBUTOR", 56, 43337))
    before = (await graph.ask(document, by=CLERK)).data
    assert before["distributors"] == {"totalCount": 1, "nodes": [{"code": "56"}]}
    assert before["store"]["ancestors"] == {"nodes": [{"tier": "DISTRIBUTOR"}]}
    async with changed(access, iowa, [(text.format("SUSPENDED"), [])], [(text.format("ACTIVE"), [])]):
        asked = await graph.ask(document, by=CLERK)
        assert (await graph.ask("{ viewer { role } }", by="distributor:56/operator")).codes == ["UNAUTHENTICATED"]
    assert asked.errors == []
    assert asked.data == {
        "store": {
            "distributor": None,
            "upstreams": [],
            "ancestors": {"nodes": [{"tier": "BRAND"}]},
            "ordersPlaced": {"nodes": [{"seller": {"code": "56"}}]},
        },
        "organization": None,
        "node": None,
        "listing": None,
        "distributors": {"totalCount": 0, "nodes": []},
    }


async def test_a_suspended_brand_is_not_found_and_its_goods_still_name_it(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    text = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND tier = 'BRAND' AND code = '260'"
    document = (
        '{ organization(id: "%s") { name } store(id: "%s") { brands { code } } brands(first: 100) { nodes { code } } '
        'sku(id: "%s") { product { brand { code } } } }'
    ) % (IOWA.brand(260), IOWA.store(2191), IOWA.sku(43337))
    async with changed(access, iowa, [(text.format("SUSPENDED"), [])], [(text.format("ACTIVE"), [])]):
        asked = await graph.ask(document)
    assert asked.errors == []
    assert asked.data["organization"] is None
    assert {"code": "260"} not in asked.data["store"]["brands"] + asked.data["brands"]["nodes"]
    assert len(asked.data["brands"]["nodes"]) == 69
    assert asked.data["sku"] == {"product": {"brand": {"code": "260"}}}


async def test_a_contract_is_between_its_two_parties(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """A sister shop of the same distributor sees neither the contract's price nor that there is one."""
    seller, buyer = IOWA.keys.of("organization", "DISTRIBUTOR", 56), IOWA.keys.of("organization", "STORE", 2191)
    listed, sku = IOWA.keys.of("test", "contract"), IOWA.keys.of("sku", 43337)
    do = [
        (
            "INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope, buyer_id)"
            " VALUES ($1, $2, $3, 'CONTRACT-2191', 'Contract', 'TRADE', 'CONTRACT', $4)",
            [listed, seller, buyer],
        ),
        (
            "INSERT INTO price (tenant_id, price_list_id, sku_id, min_qty, valid_from, unit_fen)"
            " VALUES ($1, $2, $3, 12, '2016-01-01Z', 1500)",
            [listed, sku],
        ),
    ]
    undo = [
        ("DELETE FROM price WHERE tenant_id = $1 AND price_list_id = $2", [listed]),
        ("DELETE FROM price_list WHERE tenant_id = $1 AND id = $2", [listed]),
    ]
    document = (
        'query ($buyer: ID!, $q: Int!) { price(sellerId: "%s", buyerId: $buyer, skuId: "%s", quantity: $q) '
        "{ unitPrice amount explain { listName scope applied reason } } }"
    ) % (IOWA.distributor(56), IOWA.sku(43337))

    async def quote(store: int, quantity: int, by: str) -> Any:
        asked = await graph.ask(document, {"buyer": IOWA.store(store), "q": quantity}, by=by)
        assert asked.errors == []
        return asked.data["price"]

    sister = 2555  # another shop of Lee county
    async with changed(access, iowa, do, undo):
        mine = await quote(2191, 12, CLERK)
        assert (mine["unitPrice"], mine["amount"]) == (1500, 18_000)
        assert [(entry["scope"], entry["reason"]) for entry in mine["explain"]][:2] == [
            ("CONTRACT", "APPLIED"),
            ("BASE", "LESS_SPECIFIC"),
        ]
        few = await quote(2191, 11, CLERK)
        assert few["unitPrice"] == 1763
        assert [(entry["scope"], entry["reason"]) for entry in few["explain"]][:2] == [
            ("CONTRACT", "BREAK_NOT_REACHED"),
            ("BASE", "APPLIED"),
        ]
        for who in (f"store:{sister}/clerk", "distributor:56/salesperson"):
            theirs = await quote(sister, 12, who)
            assert theirs["unitPrice"] == 1763
            assert "Contract" not in {entry["listName"] for entry in theirs["explain"]}
        assert await quote(2191, 12, f"store:{sister}/clerk") is None
