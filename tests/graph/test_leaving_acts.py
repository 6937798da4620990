"""An edge that ends takes along what was granted over it, for who leaves and for all below, and nothing else."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

import boot
from tests.graph.acting import Acts
from tests.graph.channel import Channel, opened
from tests.graph.client import GraphClient
from tests.graph.shops import Shop, kinds
from tests.graph.trade import change

HOUSE, BRAND = "distributor:1/operator", "brand:1/operator"
GRANTS = """
    SELECT s.tier, g.valid_until IS NOT NULL FROM "authorization" g
    JOIN assortment a ON a.id = g.assortment_id JOIN organization s ON s.id = a.grantor_id
    WHERE g.grantee_id = $1 AND a.code = $2 ORDER BY 1
"""
BEYOND = """
    SELECT count(*) FROM "authorization" g JOIN assortment a ON a.id = g.assortment_id
    WHERE g.valid_until IS NULL AND NOT EXISTS (
        SELECT FROM organization_closure c WHERE c.descendant_id = g.grantee_id AND c.ancestor_id = a.grantor_id)
"""
"""Authorisations that are in force though no goods come that way."""


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


@pytest.fixture
def acts(channel: Channel) -> Acts:
    return Acts(channel.graph, channel.trade, channel.owner)


async def a_shop(acts: Acts, number: int, *skus: int) -> Shop:
    """A store whose brand and whose distributor both let it sell these, and that lists them."""
    shop = Shop(acts, number)
    await shop.open()
    await shop.grant(*skus, to="distributor:1")
    await shop.grant(*skus)
    await shop.grant(*skus, by=HOUSE)
    await shop.put(*((sku, 100) for sku in skus))
    # The tests' clock stands: what is given and taken at one instant has never been.
    earlier = """UPDATE "authorization" SET valid_from = valid_from - interval '1 day'"""
    earlier += " WHERE tenant_id = $1 AND grantee_id = $2"
    await change(shop.owner, shop.trade, (earlier, shop.trade.key(shop.store)), bump=False)
    return shop


def leaving(shop: Shop, upstream: str = "distributor:1") -> dict[str, Any]:
    return {"organizationId": shop.trade.id(shop.store), "upstreamId": shop.trade.id(upstream)}


async def grants(shop: Shop) -> list[tuple[Any, ...]]:
    """Who grants the store its assortment, and whether that has an end."""
    return await shop.rows(GRANTS, shop.trade.key(shop.store), shop.code)


async def test_who_leaves_sells_nothing_of_theirs_any_more(acts: Acts) -> None:
    shop = await a_shop(acts, 40, 1, 3)
    assert await shop.seen() == [("1", 100), ("3", 100)]
    await acts.done("leaveUpstream", leaving(shop), by=shop.manager)
    assert await shop.seen() == []
    assert await grants(shop) == [("BRAND", True), ("DISTRIBUTOR", True)]  # the brand's came the same way
    assert kinds(await shop.put((1, 100))) == ["NotAuthorizedSku"]
    told = await shop.rows("SELECT type, cardinality(audience) FROM outbox_event ORDER BY id DESC LIMIT 3")
    assert sorted(told) == [*[("AuthorizationRevoked", 2)] * 2, ("UpstreamLeft", 2)]
    # Who comes back is granted anew.
    await acts.done("joinUpstream", leaving(shop), by="admin")
    assert await shop.seen() == []
    await shop.grant(1, 3)
    assert await shop.seen() == [("1", 100), ("3", 100)]


async def test_what_comes_on_another_way_stays(acts: Acts) -> None:
    shop = await a_shop(acts, 41, 1)
    await acts.done("joinUpstream", leaving(shop, "brand:1"), by="admin")
    await acts.done("leaveUpstream", leaving(shop), by=HOUSE)
    assert await grants(shop) == [("BRAND", False), ("DISTRIBUTOR", True)]
    assert await shop.seen() == [("1", 100)]


async def test_all_below_lose_what_came_over_the_edge(channel: Channel, acts: Acts) -> None:
    login = uuid4().hex
    given = {
        "upstreamId": channel.id("brand:1"),
        "tier": "DISTRIBUTOR",
        "code": login,
        "name": "House",
        "administrator": {"displayName": "Hal", "subject": login},
    }
    house = (await channel.do("inviteOrganization", given, by=BRAND))["id"]
    shop = await a_shop(acts, 42, 1)
    await acts.done("joinUpstream", {"organizationId": channel.trade.id("store:42"), "upstreamId": house}, by="admin")
    await acts.done("leaveUpstream", leaving(shop), by=shop.manager)
    assert await grants(shop) == [
        ("BRAND", False),
        ("DISTRIBUTOR", True),
    ]  # its goods come another way
    await acts.done("leaveUpstream", {"organizationId": house, "upstreamId": channel.id("brand:1")}, by=login)
    assert await grants(shop) == [("BRAND", True), ("DISTRIBUTOR", True)]
    assert await shop.seen() == []


async def test_what_had_not_begun_never_does(acts: Acts) -> None:
    shop = Shop(acts, 43)
    await shop.open()
    given = {"granteeId": acts.trade.id(shop.store), "code": shop.code, "name": "x", "rows": []}
    await acts.done("authorizeAssortment", {**given, "validFrom": "2030-01-01T00:00:00Z"}, by=BRAND)
    await acts.done("leaveUpstream", leaving(shop), by=shop.manager)
    assert await grants(shop) == []


async def test_a_grant_and_a_departure_at_once_leave_none_in_force(acts: Acts) -> None:
    """Whoever is first: the grant ends with the edge, or is refused."""
    for number in range(50, 58):
        shop = Shop(acts, number)
        await shop.open()
        work = [shop.grant(1, 3), acts.done("leaveUpstream", leaving(shop), by="admin"), shop.grant(4)]
        told = [one["__typename"] for one in await asyncio.gather(*work)]
        assert told[1] == "Store"
        assert {told[0], told[2]} <= {"AuthorizedAssortment", "NotAllowed"}
        assert await acts.rows(BEYOND) == [(0,)]


async def test_a_grant_while_another_way_stays_is_made(acts: Acts) -> None:
    for number in range(60, 66):
        shop = Shop(acts, number)
        await shop.open()
        await acts.done("joinUpstream", leaving(shop, "brand:1"), by="admin")
        work = [shop.grant(1), acts.done("leaveUpstream", leaving(shop), by="admin"), shop.grant(3)]
        told = [one["__typename"] for one in await asyncio.gather(*work)]
        assert told == ["AuthorizedAssortment", "Store", "AuthorizedAssortment"]
        assert await grants(shop) == [("BRAND", False)]


async def test_what_one_side_contributes_to_the_other_is_promised_no_more(channel: Channel, acts: Acts) -> None:
    key, shop = channel.trade.key, await a_shop(acts, 70, 1)
    names = {name: uuid4() for name in ("pool", "room", "theirs", "all")}
    offer = "INSERT INTO pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)"
    await change(
        acts.owner,
        acts.trade,
        (
            "INSERT INTO inventory_pool (tenant_id, id, organization_id, code, name) VALUES ($1, $2, $3, $4, 'x')",
            *(names["pool"], key("brand:1"), names["pool"].hex),
        ),
        (
            "INSERT INTO location (tenant_id, id, organization_id, kind, code, name)"
            " VALUES ($1, $2, $3, 'SHOP', $4, 'x')",
            *(names["room"], key("store:70"), names["room"].hex),
        ),
        *(
            (f"{offer} VALUES ($1, $2, $3, $4, $5, $6, 5000)", names[one], *rest)
            for one, *rest in (
                ("theirs", names["pool"], names["room"], key("store:70"), key("brand:1")),
                ("all", names["pool"], names["room"], key("brand:1"), key("distributor:1")),
            )
        ),
        bump=False,
    )
    await acts.done("leaveUpstream", leaving(shop), by=shop.manager)
    shares = "SELECT id, share_bps FROM pool_contribution WHERE pool_id = $1"
    assert dict(await acts.rows(shares, names["pool"])) == {names["theirs"]: 0, names["all"]: 5_000}
    told = "SELECT type FROM outbox_event WHERE aggregate_id = $1"
    assert await acts.rows(told, names["theirs"]) == [("ContributionEnded",)]
