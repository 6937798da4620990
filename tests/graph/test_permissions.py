"""Who may do what in an organisation: an act of each permission, by every role and every kind of partner's system."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import boot
from domain.channel import Role, Tier
from domain.integration import PartnerKind
from domain.permissions import BY_PARTNER, BY_ROLE, STAFF, Permission
from models.base import NO_LOT_ID
from tests.conftest import NOW
from tests.graph.acting import Acts
from tests.graph.client import GraphClient
from tests.graph.trade import Trade, written
from tests.loaders.rows import Tables, add

LATER = NOW + timedelta(minutes=1)
ROLES = {"store:1": "MANAGER", "distributor:1": "OPERATOR", "brand:1": "OPERATOR"}
HOMES = tuple(ROLES)
"""Organisations of three tiers, in one of which every role is at home."""
ACTORS: dict[str, frozenset[Permission]] = {
    "store:1/manager": BY_ROLE[Role.MANAGER],
    "store:1/clerk": BY_ROLE[Role.CLERK],
    "distributor:1/operator": BY_ROLE[Role.OPERATOR],
    "distributor:1/salesperson": BY_ROLE[Role.SALESPERSON],
    "brand:1/operator": BY_ROLE[Role.OPERATOR],
    "brand:1/analyst": BY_ROLE[Role.ANALYST],
    **{f"partner:{kind.lower()}": BY_PARTNER[kind] for kind in PartnerKind},
}
WITHOUT_AN_ACT = {Permission.MEMBER, Permission.CAMPAIGN, Permission.REPORT}
"""Of these no act asks yet."""
OF_AN_ORDER = {Permission.ORDER, Permission.FULFILMENT, Permission.AFTERSALE}
"""What is tried on an order that is over: who may is told so, and nothing is done."""


class Matrix(Acts):
    """Organisations that each have something to do something with."""

    async def open(self) -> None:
        key = self.trade.key
        staff = ("store:1/manager", "MANAGER"), ("distributor:1/salesperson", "SALESPERSON")
        self.places = {home: uuid4() for home in HOMES}
        self.orders = {home: uuid4() for home in HOMES}
        order = "order_header (tenant_id, id, number, kind, state, seller_id, customer_id, currency, total_fen,"
        line = "goods_owner_id, fulfiller_id, quantity, unit_fen, net_fen)"
        connection = await asyncpg.connect(self.owner)
        tables: Tables = {
            "account (tenant_id, id, subject, display_name)": [(key(f"account:{one}"), one, "x") for one, _ in staff],
            "staff (tenant_id, id, account_id, organization_id, role)": [
                (uuid4(), key(f"account:{one}"), key(one.split("/")[0]), role) for one, role in staff
            ],
            "partner_client (tenant_id, id, organization_id, kind, subject, name)": [
                (uuid4(), key("store:1"), kind, f"partner:{kind.lower()}", "x") for kind in PartnerKind
            ],
            "cloud_store (tenant_id, id, organization_id, mode, name, opened_at)": [
                (key("mall:brand:1"), key("brand:1"), "PRIVATE_MALL", "x", NOW)
            ],
            "location (tenant_id, id, organization_id, kind, code, name)": [
                (place, key(home), "WAREHOUSE", "x", "x") for home, place in self.places.items()
            ],
            "lot (tenant_id, sku_id, id, code)": [(key("sku:1"), NO_LOT_ID, "")],
            "reservation (tenant_id, id, cloud_store_id, state, created_at, expires_at)": [
                (id, key(f"mall:{home}"), "CONSUMED", NOW, LATER) for home, id in self.orders.items()
            ],
            f"{order} placed_at, reservation_id, payment_due_at)": [
                (id, id.hex, "CONSUMER", "COMPLETED", key(home), key("member:1"), "CNY", 0, NOW, id, LATER)
                for home, id in self.orders.items()
            ],
            f"order_line (tenant_id, order_id, line, sku_id, brand_id, {line}": [
                (id, 1, key("sku:1"), key("brand:1"), key(home), key(home), 1, 0, 0) for home, id in self.orders.items()
            ],
        }
        try:
            await add(connection, self.trade.tenant, tables)
        finally:
            await connection.close()

    def probe(self, permission: Permission, home: str) -> tuple[str, dict[str, Any]]:
        """An act of a permission on what is an organisation's own."""
        mall, sku = {"cloudStoreId": self.trade.id(f"mall:{home}")}, {"skuId": self.trade.id("sku:1")}
        whole, code = self.trade.id(home), uuid4().hex
        order = {"orderId": f"order_{self.orders[home].hex}"}
        probes: dict[Permission, tuple[str, dict[str, Any]]] = {
            Permission.ORGANIZATION: (
                "addStaff",
                {"organizationId": whole, "person": {"displayName": "x", "subject": code}, "role": ROLES[home]},
            ),
            Permission.CLOUD_STORE: ("decorateCloudStore", {**mall, "bannerText": "x"}),
            Permission.CATALOG: ("listSkus", {**mall, "rows": [{**sku, "origin": "EXTERNAL", "position": 0}]}),
            Permission.PRICE: (
                "createPriceList",
                {"sellerId": whole, "code": code, "name": "x", "audience": "TRADE", "scope": "BASE"},
            ),
            Permission.STOCK: (
                "receiveStock",
                {"locationId": f"location_{self.places[home].hex}", "goods": [{**sku, "quantity": 1}]},
            ),
            Permission.ORDER: ("cancelOrder", order),
            Permission.FULFILMENT: ("shipOrder", {**order, "fulfillerId": whole}),
            Permission.AFTERSALE: ("refundOrder", {**order, "lines": [{"line": 1, "amount": 1}], "reason": "x"}),
        }
        return probes[permission]


@pytest.fixture(scope="module")
async def matrix(access: boot.Access, graph: GraphClient) -> Matrix:
    trade: Trade = await written(access.owner)
    graph.look_again()
    made = Matrix(graph, trade, access.owner)
    await made.open()
    return made


def test_every_role_and_every_kind_of_partner_is_tried() -> None:
    tiers = {"store": Tier.STORE, "distributor": Tier.DISTRIBUTOR, "brand": Tier.BRAND}
    people = [one.split(":1/") for one in ACTORS if "/" in one]
    assert {(tiers[tier], Role(role.upper())) for tier, role in people} == {
        pair
        for pair in STAFF
        if pair[0] not in {Tier.AGENT, Tier.SUBSIDIARY}  # the same as of a distributor
    }
    assert {one.removeprefix("partner:").upper() for one in ACTORS if "/" not in one} == set(PartnerKind)


def test_every_permission_that_an_act_asks_for_is_tried() -> None:
    texts = [file.read_text(encoding="utf-8") for file in (boot.PROJECT / "resolvers").rglob("*.py")]
    asked = {Permission(name) for text in texts for name in re.findall(r"Permission\.([A-Z_]+)", text)}
    assert asked == set(Permission) - WITHOUT_AN_ACT


@pytest.mark.parametrize("actor", ACTORS)
async def test_each_may_do_in_her_own_organisation_what_the_matrix_says(actor: str, matrix: Matrix) -> None:
    """Of another's she may do nothing, also not of one above or below her."""
    own = actor.split("/")[0] if "/" in actor else "store:1"
    before, may = await matrix.written(), {}
    for permission in sorted(set(Permission) - WITHOUT_AN_ACT):
        for home in HOMES:
            asked = await matrix.do(*matrix.probe(permission, home), by=actor)
            refused = asked.codes == ["FORBIDDEN"] or asked.data["done"]["__typename"] == "NotAllowed"
            assert asked.errors == [] or refused, asked.errors
            may[permission, home] = not refused
    assert {pair for pair, did in may.items() if did} == {(one, own) for one in ACTORS[actor] - WITHOUT_AN_ACT}
    keys = (await matrix.written())[0] - before[0]
    assert keys == len(ACTORS[actor] - WITHOUT_AN_ACT - OF_AN_ORDER)
