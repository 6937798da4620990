"""Who finds which order: a shopper her own, a seller who bought of it, whoever ships what waits to be shipped."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from models.database import Database
from tests.conftest import NOW
from tests.graph.documents import IOWA
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling, opened
from tests.graph.trade import Trade, change

ORDERS = """{ viewer { customer { orders { totalCount nodes { number } } } } }"""
TO_SHIP = """
query ($id: ID!, $first: Int!, $after: String) { organization(id: $id) { goodsToShip(first: $first, after: $after) {
  nodes { orderId orderNumber line quantity since lotCode expiresOn order { id } seller { code } sku { code }
    location { id } owner { code } } pageInfo { hasNextPage endCursor } } } }
"""
BUYER = """{ node(id: "%s") { ... on Order { number customer { id displayName phone tags referredBy { id }
  memberships { nodes { id } } binding { source } rights(at: "%s") { usable }
  orders { nodes { id } } } } } }"""


@pytest.fixture
async def other(access: boot.Access, app: Database, changing: Trade, sale: Selling) -> Selling:
    """Another shop, whose clock is an hour ahead."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    made.graph.now = NOW + timedelta(hours=1)
    return made


# ── a shopper's own ───────────────────────────────────────────────────────────────────────────────────────────────────
async def bought(sale: Selling, by: str | None, of: str = SHOPPER, arguments: str = "first: 100") -> Any:
    """The numbers of what a shopper bought, as somebody sees it."""
    text = '{ customer(id: "%s") { orders(%s) { nodes { number } } } }' % (sale.trade.id(of), arguments)
    asked = await sale.graph.ask(text, by=by, tenant=sale.trade.code)
    if asked.errors:
        return asked.codes
    found = asked.data["customer"]
    return found and [node["number"] for node in found["orders"]["nodes"]]


async def test_a_shopper_finds_her_orders_of_all_stores_and_a_store_its_own(sale: Selling, other: Selling) -> None:
    here, there = [(await one.place((1, 1)))["number"] for one in (sale, other)]
    mine = await bought(sale, SHOPPER)
    assert mine[:2] == [there, here]  # the newest first
    assert (await sale.ask(ORDERS, SHOPPER))["viewer"]["customer"]["orders"]["totalCount"] == len(mine)
    assert await bought(sale, sale.manager) == [here]
    assert await bought(sale, other.manager) == [there]
    assert await bought(sale, "admin") == mine
    # Whoever may not see her is told nothing; the distributor supplies both shops, and is told no more.
    for by in (OTHER, FULFILLER, "brand:1/operator", "store:2/clerk"):
        assert await bought(sale, by) is None, by
    for nobody in ("brand:1/analyst", None):
        assert await bought(sale, nobody) == ["FORBIDDEN"], nobody


async def test_her_orders_are_told_by_state_and_in_pages(sale: Selling) -> None:
    waiting = (await sale.place((1, 1)))["number"]
    paid = (await sale.shown(await sale.paid((1, 1)), SHOPPER))["number"]
    assert set(await bought(sale, sale.manager)) == {waiting, paid}
    assert await bought(sale, sale.manager, arguments="state: CONFIRMED") == [paid]
    assert await bought(sale, sale.manager, arguments="state: PENDING_PAYMENT") == [waiting]
    assert await bought(sale, sale.manager, arguments="state: COMPLETED") == []
    assert len(await bought(sale, sale.manager, arguments="first: 1")) == 1


# ── who bought ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def buyer(sale: Selling, order: str, by: str) -> Any:
    """Who bought, as somebody sees her; None where the order is not there."""
    found = (await sale.ask(BUYER % (order, sale.shelf), by))["node"]
    return found and found["customer"]


async def newcomer(sale: Selling, mall: str) -> str:
    """A shopper who is a member there, and store 900's customer; her token's name."""
    name, her = f"member:{uuid4().hex}", uuid4()
    await sale.add(
        {
            "account (tenant_id, id, subject, display_name, phone)": [(her, name, "Ann", f"+86{her.int % 10**11:011}")],
            "customer (tenant_id, id, account_id, joined_at, tags)": [(her, her, NOW, ["fond"])],
            "membership (tenant_id, id, customer_id, cloud_store_id, joined_at)": [
                (uuid4(), her, sale.trade.key(mall), NOW)
            ],
            "binding (tenant_id, id, customer_id, owner_id, source, strength, bound_at, protected_until,"
            " valid_until)": [
                (uuid4(), her, sale.trade.key("store:900"), "OFFLINE_SCAN", 40, NOW, *([NOW + timedelta(days=9)] * 2))
            ],
        }
    )
    return name


BROUGHT = """
    UPDATE customer SET referred_by_id = (SELECT c.id FROM customer c JOIN account a ON a.id = c.account_id
                                          WHERE a.tenant_id = $1 AND a.subject = $2)
    WHERE tenant_id = $1 AND account_id = (SELECT id FROM account WHERE tenant_id = $1 AND subject = $3)
"""


async def test_who_sold_sees_who_bought_and_nothing_else_of_her(sale: Selling) -> None:
    """She is a member of another shop, was never here, and was brought by a member of the shop that sells."""
    she, friend = await newcomer(sale, "mall:store:900"), await newcomer(sale, f"mall:{sale.store}")
    await change(sale.owner, sale.trade, (BROUGHT, friend, she), bump=False)
    order = (await sale.place((1, 1), by=she))["id"]
    herself = await buyer(sale, order, she)
    assert (herself["displayName"], herself["tags"], herself["phone"][6:10]) == ("Ann", ["fond"], "****")
    assert (len(herself["memberships"]["nodes"]), herself["binding"]) == (1, {"source": "OFFLINE_SCAN"})
    seen = await buyer(sale, order, sale.manager)
    assert seen == herself | {"tags": [], "memberships": {"nodes": []}, "binding": None, "rights": None}
    # The order is all that she is seen by.
    assert (await sale.ask('{ node(id: "%s") { id } }' % seen["id"], sale.manager))["node"] is None
    for by in (SHOPPER, FULFILLER, "brand:1/operator", "store:2/clerk", "store:900/clerk"):
        assert await buyer(sale, order, by) is None, by


async def test_whose_member_she_is_sees_her_by_her_order_as_ever(sale: Selling) -> None:
    she = await newcomer(sale, f"mall:{sale.store}")
    order = (await sale.place((1, 1), by=she))["id"]
    seen = await buyer(sale, order, sale.manager)
    assert (seen["tags"], len(seen["memberships"]["nodes"]), seen["binding"]) == (["fond"], 1, None)


async def test_an_organisations_order_has_no_shopper(sale: Selling) -> None:
    text = '{ order(id: "%s") { buyer { code } customer { id } } }' % IOWA.order("S291988")
    asked = await sale.graph.ask(text, by="store:2191/clerk")
    assert asked.data == {"order": {"buyer": {"code": "2191"}, "customer": None}}


# ── what there is to ship ─────────────────────────────────────────────────────────────────────────────────────────────
async def to_ship(sale: Selling, by: str, of: str | None = None, first: int = 100) -> Any:
    """All that an organisation has to ship, page by page; None for who is told nothing."""
    found: list[Any] = []
    values: dict[str, Any] = {"id": sale.trade.id(of or sale.store), "first": first}
    while True:
        asked = await sale.graph.ask(TO_SHIP, values, by=by, tenant=sale.trade.code)
        assert asked.errors == []
        page = asked.data["organization"]["goodsToShip"]
        if page is None:
            return None
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        values["after"] = page["pageInfo"]["endCursor"]


async def of_order(sale: Selling, order: str, by: str, of: str) -> list[Any]:
    return [one for one in await to_ship(sale, by, of) if one["orderId"] == order]


async def test_who_ships_finds_its_part_whoever_sold_it(sale: Selling) -> None:
    await sale.contribute(1, 5)
    await sale.place((3, 1))  # nobody has paid it
    order = await sale.paid((1, 12))
    shop, house = sale.store.split(":")[1], "distributor:1"
    number, ours = (await sale.shown(order, SHOPPER))["number"], await to_ship(sale, sale.manager)
    same = {"orderId": order, "orderNumber": number, "sku": {"code": "1"}, "seller": {"code": shop}, "lotCode": ""}
    same |= {"since": NOW.isoformat(), "expiresOn": None}
    assert [one | {"location": None} for one in ours] == [
        {**same, "line": 1, "quantity": 10, "order": {"id": order}, "owner": {"code": shop}, "location": None}
    ]
    (theirs,) = await of_order(sale, order, FULFILLER, house)
    assert theirs["location"]["id"] != ours[0]["location"]["id"]
    assert theirs | {"location": None} == {
        **same,
        "line": 2,
        "quantity": 2,
        "order": None,
        "owner": {"code": "1"},
        "location": None,
    }
    # It is all that `shipOrder` needs.
    one = {"line": theirs["line"], "quantity": 1}
    assert (await sale.of_order("shipOrder", theirs["orderId"], by=FULFILLER, lines=[one]))["lines"]["nodes"] == [one]
    assert [one["quantity"] for one in await of_order(sale, order, FULFILLER, house)] == [1]
    await sale.of_order("shipOrder", order, by=FULFILLER)
    assert await of_order(sale, order, FULFILLER, house) == []
    assert [one["quantity"] for one in await to_ship(sale, sale.manager)] == [10]
    await sale.of_order("cancelRest", order)
    assert await to_ship(sale, sale.manager) == []


async def test_what_waits_longest_comes_first(sale: Selling) -> None:
    orders = []
    for minutes in (40, 0, 20):
        sale.graph.now = NOW + timedelta(minutes=minutes)
        orders.append(await sale.paid((1, 1), (3, 1)))
        paid = "UPDATE order_allocation SET allocated_at = $3 WHERE tenant_id = $1 AND order_id = $2"
        await change(*(sale.owner, sale.trade, (paid, UUID(orders[-1].split("_")[1]), sale.graph.now)), bump=False)
    oldest_first = [orders[place] for place in (1, 1, 2, 2, 0, 0)]
    for first in (1, 2, 4, 100):
        found = await to_ship(sale, sale.manager, first=first)
        assert [one["orderId"] for one in found] == oldest_first, first
        assert len({(one["orderId"], one["line"]) for one in found}) == 6


async def test_goods_of_several_lots_are_told_apart(sale: Selling) -> None:
    goods = sale.trade.key(sale.store), sale.trade.key("sku:3")
    lot = (
        "INSERT INTO lot (tenant_id, sku_id, id, code, expires_on) VALUES ($1, $2, $3, 'L1', '2027-01-31')",
        *(goods[1], UUID(int=8)),
    )
    more = (
        "INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)"
        " SELECT tenant_id, location_id, sku_id, owner_id, $4, 4 FROM stock"
        " WHERE tenant_id = $1 AND owner_id = $2 AND sku_id = $3",
        *(*goods, UUID(int=8)),
    )
    await change(sale.owner, sale.trade, lot, more, bump=False)
    order = await sale.paid((3, 6))
    found = [
        (one["line"], one["lotCode"], one["expiresOn"], one["quantity"]) for one in await to_ship(sale, sale.manager)
    ]
    assert found == [(1, "L1", "2027-01-31", 4), (1, "", None, 2)]
    await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 5}])
    assert [(one["lotCode"], one["quantity"]) for one in await to_ship(sale, sale.manager)] == [("", 1)]


async def test_who_is_told_what_there_is_to_ship(sale: Selling) -> None:
    """Whoever may ship for the organisation, and the platform."""
    await sale.paid((1, 1))
    ship = [await sale.hire(f"{sale.store}/{kind}", kind) for kind in ("CLERK", "ERP", "DMS", "WMS", "TMS")]
    for by in (sale.manager, "admin", *ship):
        assert [one["quantity"] for one in await to_ship(sale, by)] == [1], by
    for by in (FULFILLER, "brand:1/operator", "brand:1/analyst", "store:2/clerk", "store:900/clerk"):
        assert await to_ship(sale, by) is None, by
    assert await to_ship(sale, "brand:1/operator", "brand:1") == []
    assert await to_ship(sale, "brand:1/analyst", "brand:1") is None
    for nobody in (SHOPPER, None):
        asked = await sale.graph.ask(
            TO_SHIP, {"id": sale.trade.id(sale.store), "first": 1}, by=nobody, tenant=sale.trade.code
        )
        assert asked.codes == ["FORBIDDEN"]


async def test_lists_take_as_many_statements_for_one_order_as_for_many(sale: Selling) -> None:
    await sale.contribute(1, 5)
    taken = []
    for wanted in ([(1, 1)], [(1, 11), (3, 2)]):
        for one in wanted:
            await sale.paid(one)
        shop = {"id": sale.trade.id(sale.store), "first": 100}
        listed = await sale.graph.ask(TO_SHIP, shop, by=sale.manager, tenant=sale.trade.code)
        text = '{ customer(id: "%s") { orders { nodes { number seller { name } customer { displayName phone } } } } }'
        of_her = text % sale.trade.id(SHOPPER)
        seen = await sale.graph.ask(of_her, by=sale.manager, tenant=sale.trade.code)
        assert listed.errors == seen.errors == []
        taken.append((len(listed.statements), len(seen.statements)))
    assert taken[0] == taken[1] == (6, 5)
