"""A shop that sells through the graph, and a payment provider that does as it is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from domain.base import Unavailable
from domain.ordering import Charge, Charged, ChargeSought, Declined, NotGenuine, Notice, NoticeKind, RefundAsked
from models import due
from models.base import NO_LOT_ID
from models.ordering import take_notice
from tests.conftest import NOW
from tests.graph.acting import Acts
from tests.graph.client import GraphClient
from tests.graph.shops import Shop
from tests.graph.trade import Trade, change
from tests.loaders.rows import add
from tests.models.shop import lying

SHOPPER, OTHER, FULFILLER = "member:1", "member:2", "distributor:1/operator"
ORDER = """... on Order { id number state cancelCause total paid refunded currency paymentDueAt
  lines { nodes { line quantity unitPrice net shipped cancelled refunded refundedAmount short goodsOwner { code }
    fulfiller { code } sku { code } } } }"""
PAYMENT = "... on Payment { id state amount refunded covers payUrl order { id } }"
SHIPMENT = "... on Shipment { id carrier tracking fulfiller { code } order { id } lines { nodes { line quantity } } }"
REFUND = "... on Refund { id state amount reason lines { nodes { line quantity amount } } }"
NOTICE = "... on PaymentNotice { id kind outcome amount note closedAt payment { id } refund { id } }"
WHY = """... on NotEnoughStock { shortages { wanted available } } ... on NotForSale { skus { code } }
  ... on PriceChanged { expected total } ... on HoldOver { code }
  ... on TooManyHolds { most } ... on DeliveryNotPossible { method ways }"""
STATE = "... on TransitionNotAllowed { orderState to possible }"
ANSWERS = {
    "placeOrder": f"{ORDER} {WHY}",
    "payOrder": f"{PAYMENT} {STATE} ... on PaymentOver {{ dueAt }}",
    "shipOrder": f"{SHIPMENT} {STATE} ... on NotSoManyLeft {{ line wanted left short }}",
    "receiveOrder": f"{ORDER} {STATE}",
    "cancelOrder": f"{ORDER} {STATE}",
    "cancelRest": f"{ORDER} {STATE}",
    "retryRefund": f"{REFUND} ... on RefundNotFailed {{ refundState }}",
    "allocateOrder": f"{ORDER} ... on NotEnoughStock {{ shortages {{ wanted available }} }}",
    "closeNotice": f"{NOTICE} ... on NoticeNotOpen {{ closedAt }}",
    "refundOrder": f"{REFUND} {STATE} ... on RefundTooMuch {{ line left leftAmount }}",
}


class Till:
    """A provider that keeps what it is asked, in memory, and answers unless it is down; at times it declines."""

    name = "till"

    def __init__(self) -> None:
        self.down = False
        self.declines = False
        self.asked: list[UUID] = []
        self.refunds: list[UUID] = []
        self.sought: list[UUID] = []
        self.knows: dict[UUID, Notice] = {}
        """What it says of charges and refunds that it is asked for."""

    async def create(self, charge: Charge) -> Charged:
        if self.down:
            raise Unavailable("The till does not answer.")
        if self.declines:
            raise Declined("The till takes no such payment.")
        self.asked.append(charge.payment)
        return Charged(f"ref-{charge.payment.hex}", f"https://till.example/{charge.payment.hex}")

    async def refund(self, asked: RefundAsked) -> Notice | None:
        if self.down:
            raise Unavailable("The till does not answer.")
        if self.declines:
            raise Declined("The till gives nothing back.")
        self.refunds.append(asked.refund)
        return self.knows.get(asked.refund)

    async def find(self, sought: ChargeSought) -> Notice | None:
        self.sought.append(sought.payment)
        if self.down:
            raise Unavailable("The till does not answer.")
        return self.knows.get(sought.payment)

    def verify(self, headers: Any, body: bytes) -> Notice:
        raise NotGenuine("Nothing comes over the wire here.")


class Selling(Shop):
    """A store whose shelf has sku 1 at 10.00, from 10 units 9.00, and sku 3 at 3.33, ten of each; who may pay."""

    till: Till

    async def fill(self) -> None:
        await self.grant(1, 3)
        assert [row["__typename"] for row in (await self.put((1, 1_000), (3, 333)))["rows"]] == ["Listing"] * 2
        store, place = self.trade.key(self.store), uuid4()
        (price_list,) = await self.rows("SELECT id FROM price_list WHERE seller_id = $1", store)
        await self.add(
            {
                "location (tenant_id, id, organization_id, kind, code, name)": [(place, store, "SHOP", place.hex, "x")],
                "price (tenant_id, price_list_id, sku_id, min_qty, unit_fen, valid_from)": [
                    (price_list[0], self.trade.key("sku:1"), 10, 900, NOW)
                ],
                "membership (tenant_id, id, customer_id, cloud_store_id, joined_at)": [
                    (uuid4(), self.trade.key(SHOPPER), self.trade.key(f"mall:{self.store}"), NOW)
                ],
            }
        )
        await self.give(place, self.store, 1, 10)
        await self.give(place, self.store, 3, 10)

    async def add(self, tables: Any) -> None:
        connection = await asyncpg.connect(self.owner)
        try:
            await add(connection, self.trade.tenant, tables)
        finally:
            await connection.close()

    async def give(self, place: UUID, owner: str, sku: int, units: int) -> None:
        """Goods at a place."""
        connection = await asyncpg.connect(self.owner)
        try:
            await connection.execute(f"SET app.tenant_id = '{self.trade.tenant}'")
            await connection.execute(
                "INSERT INTO lot (tenant_id, sku_id, id, code) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING",
                self.trade.tenant,
                self.trade.key(f"sku:{sku}"),
                NO_LOT_ID,
            )
        finally:
            await connection.close()
        await self.add(lying([(place, self.trade.key(f"sku:{sku}"), self.trade.key(owner), NO_LOT_ID, units)]))

    async def contribute(self, sku: int, units: int, owner: str = "distributor:1") -> None:
        """Goods of the distributor's, or another's, which the store may sell and the distributor ships."""
        house, place, pool, offer = self.trade.key("distributor:1"), uuid4(), uuid4(), uuid4()
        await self.add(
            {
                "location (tenant_id, id, organization_id, kind, code, name)": [
                    (place, house, "WAREHOUSE", place.hex, "x")
                ],
                "inventory_pool (tenant_id, id, organization_id, code, name)": [(pool, house, pool.hex, "x")],
                "pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)": [
                    (offer, pool, place, self.trade.key(owner), self.trade.key(self.store), 10_000)
                ],
                "pool_contribution_sku (tenant_id, sku_id, contribution_id)": [(self.trade.key(f"sku:{sku}"), offer)],
            }
        )
        await self.give(place, owner, sku, units)

    async def line(self, sku: int, quantity: int) -> dict[str, Any]:
        """What to order."""
        rows = await self.rows(
            "SELECT id FROM listing WHERE cloud_store_id = $1 AND sku_id = $2",
            self.trade.key(f"mall:{self.store}"),
            self.trade.key(f"sku:{sku}"),
        )
        return {"listingId": f"listing_{rows[0][0].hex}", "quantity": quantity}

    async def do_it(self, act: str, given: Any, *, by: str | None = SHOPPER, key: str | None = None) -> Any:
        return await self.done(act, given, by=by, key=key, answer=ANSWERS[act])

    async def place(self, *wanted: tuple[int, int], by: str = SHOPPER, key: str | None = None, **more: Any) -> Any:
        lines = [await self.line(*one) for one in wanted]
        return await self.do_it("placeOrder", {"lines": lines, **more}, by=by, key=key)

    async def of_order(self, act: str, order: str, *, by: str = SHOPPER, key: str | None = None, **more: Any) -> Any:
        return await self.do_it(act, {"orderId": order, **more}, by=by, key=key)

    async def tell(self, payment: str, kind: str = "PAID", **more: Any) -> str:
        """What the provider's notice does."""
        id = UUID(payment.rpartition("_")[2])
        ((amount,),) = await self.rows("SELECT amount_fen FROM payment WHERE id = $1", id)
        own = {"id": uuid4().hex, "reference": f"ref-{id.hex}", "refund": None}
        given = own | {"amount_fen": amount, "currency": "CNY"} | more
        notice = Notice(kind=NoticeKind(kind), tenant=self.trade.tenant, payment=id, at=NOW, **given)
        return (await take_notice(self.graph.entrance._pool, self.till.name, notice, NOW)).value

    async def paid(self, *wanted: tuple[int, int], **more: Any) -> str:
        """An order that is paid; its id."""
        order = await self.place(*wanted, **more)
        payment = await self.of_order("payOrder", order["id"])
        assert await self.tell(payment["id"]) == "CONFIRMED"
        return str(order["id"])

    async def sellable(self, sku: int) -> int:
        listing = (await self.line(sku, 1))["listingId"]
        return int((await self.ask('{ listing(id: "%s") { sellable } }' % listing))["listing"]["sellable"])

    async def stand(self, organization: str, status: str) -> None:
        """Let an organisation trade, or not."""
        standing = "UPDATE organization SET status = $3 WHERE tenant_id = $1 AND id = $2"
        await change(self.owner, self.trade, (standing, self.trade.key(organization), status), bump=False)

    async def hire(self, name: str, role: str) -> str:
        """Somebody who works for the store in a role, or a partner's system of a kind; her token's name."""
        store, account = self.trade.key(self.store), uuid4()
        if role in {"ERP", "DMS", "WMS", "TMS"}:
            await self.add(
                {
                    "partner_client (tenant_id, id, organization_id, kind, name, subject)": [
                        (uuid4(), store, role, name, f"partner:{name}")
                    ]
                }
            )
            return f"partner:{name}"
        await self.add(
            {
                "account (tenant_id, id, subject, display_name)": [(account, name, "x")],
                "staff (tenant_id, id, account_id, organization_id, role)": [(uuid4(), account, store, role)],
            }
        )
        return name

    async def end(self) -> None:
        """Let the clock end what is held and what waits for its money: a shopper may have but so much of it."""
        pool, tenant, later = self.graph.entrance._pool, self.trade.tenant, NOW + timedelta(hours=3)
        for (order,) in await self.rows("SELECT id FROM order_header WHERE state = 'PENDING_PAYMENT'"):
            await due.go_on(pool, tenant, order, later)
        await due.expire(
            pool, tenant, [id for (id,) in await self.rows("SELECT id FROM reservation WHERE state = 'HELD'")], later
        )

    async def shown(self, order: str, by: str | None) -> Any:
        text = '{ node(id: "%s") { %s } }' % (order, ORDER)
        asked = await self.graph.ask(text, by=by, tenant=self.trade.code)
        return asked.data and asked.data["node"]


async def opened(owner: str, database: Any, trade: Trade, number: int) -> Selling:
    """A shop of its own, that has what it sells."""
    till = Till()
    made = Selling(Acts(client_of(database, till), trade, owner), number)
    made.till = till
    await made.open()
    await made.fill()
    return made


def client_of(database: Any, till: Till) -> GraphClient:
    """The graph, with a provider behind it."""
    client = GraphClient(database, NOW, remembers=False, shares=True, provider=till)
    client.outcomes.clear()
    return client
