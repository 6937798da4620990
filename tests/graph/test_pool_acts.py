"""Acts on pools: what is offered is sold elsewhere, caps and safety hold, and a cloud store says how to source."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from domain.inventory import MAX_CONTRIBUTIONS
from tests.graph.acting import Acts
from tests.graph.client import GraphClient
from tests.graph.trade import Trade, change

BRAND, BOSS, RIVAL, CLERK = "brand:1/operator", "distributor:1/operator", "distributor:2/operator", "store:1/clerk"


class Pool(Acts):
    """A pool that the brand keeps, and a back room of the distributor with forty units of two skus in it."""

    def __init__(self, acts: Acts) -> None:
        super().__init__(acts.graph, acts.trade, acts.owner)
        self.names = {name: uuid4() for name in ("pool", "room")}
        self.skus = (40, 41)

    async def open(self) -> None:
        key = self.trade.key
        pool, room = self.names.values()
        owner = key("distributor:1")
        rows: list[tuple[Any, ...]] = [
            (
                "INSERT INTO inventory_pool (tenant_id, id, organization_id, code, name) VALUES ($1, $2, $3, $4, 'x')",
                *(pool, key("brand:1"), pool.hex),
            ),
            (
                "INSERT INTO location (tenant_id, id, organization_id, kind, code, name)"
                " VALUES ($1, $2, $3, 'WAREHOUSE', $4, 'x')",
                *(room, owner, room.hex),
            ),
            *(
                (
                    "INSERT INTO lot (tenant_id, sku_id, id, code) VALUES ($1, $2, $3, '')"
                    " ON CONFLICT (tenant_id, sku_id, id) DO UPDATE SET code = ''",
                    *(key(f"sku:{sku}"), UUID(int=0)),
                )
                for sku in self.skus
            ),
            *(
                (
                    "INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)"
                    " VALUES ($1, $2, $3, $4, $5, 40)",
                    *(room, key(f"sku:{sku}"), owner, UUID(int=0)),
                )
                for sku in self.skus
            ),
        ]
        await change(self.owner, self.trade, *rows, bump=False)

    def sku(self, number: int) -> str:
        return self.trade.id(f"sku:{number}")

    async def offer(self, *rows: tuple[int, int | None], by: str = BOSS, key: str | None = None, **more: Any) -> Any:
        given = {
            "poolId": f"pool_{self.names['pool'].hex}",
            "locationId": f"location_{self.names['room'].hex}",
            "visibleToId": self.trade.id("distributor:1"),
            "shareBps": 5_000,
            "rows": [{"skuId": self.sku(sku), "cap": cap} for sku, cap in rows],
            **more,
        }
        return await self.done("contributeToPool", given, by=by, key=key)

    async def keep(self, *rows: tuple[int, int], by: str = BOSS) -> Any:
        lines = [{"skuId": self.sku(sku), "quantity": quantity} for sku, quantity in rows]
        given = {"locationId": f"location_{self.names['room'].hex}", "rows": lines}
        return await self.done("setSafetyStock", given, by=by)

    async def end(self, contribution: str, by: str = BOSS) -> Any:
        return await self.done("endContribution", {"contributionId": contribution}, by=by)

    async def sellable(self) -> list[int]:
        """What store 1 can sell of each of the two skus."""
        found = [
            await self.ask('{ listing(id: "%s") { sellable } }' % self.trade.id(f"listing:{sku}")) for sku in self.skus
        ]
        return [each["listing"]["sellable"] for each in found]


@pytest.fixture
async def pool(access: boot.Access, graph: GraphClient, changing: Trade) -> Pool:
    made = Pool(Acts(graph, changing, access.owner))
    await made.open()
    return made


def kinds(answer: Any) -> list[str]:
    return [row["__typename"] for row in answer["rows"]]


async def test_what_is_offered_is_sold_below_up_to_share_cap_and_safety_until_it_ends(pool: Pool) -> None:
    before = await pool.sellable()
    offered = await pool.offer((40, None), (41, 7))
    assert kinds(offered) == ["Sku", "Sku"]
    made = offered["contribution"]
    assert (made["shareBps"], made["visibleTo"]["id"]) == (5_000, pool.trade.id("distributor:1"))
    assert sorted((row["sku"]["code"], row["cap"], row["held"]) for row in made["skus"]["nodes"]) == [
        ("40", None, 0),
        ("41", 7, 0),
    ]

    async def more() -> list[int]:
        return [now - then for now, then in zip(await pool.sellable(), before, strict=True)]

    assert await more() == [20, 7]
    again = await pool.offer((40, 3), shareBps=10_000)
    assert again["contribution"]["id"] == made["id"]
    assert await more() == [3, 7]
    assert kinds(await pool.keep((40, 38), (41, 0))) == ["Sku", "Sku"]
    assert await more() == [2, 7]
    assert await pool.end(made["id"]) == {"__typename": "Contribution", "id": made["id"], "shareBps": 0}
    assert await more() == [0, 0]


async def test_a_cap_below_what_is_held_is_refused_and_the_rest_is_offered(pool: Pool) -> None:
    made = (await pool.offer((40, 10), (41, 10)))["contribution"]
    held = "UPDATE pool_contribution_sku SET held = 5 WHERE tenant_id = $1 AND contribution_id = $2 AND sku_id = $3"
    contribution = UUID(hex=made["id"].removeprefix("contribution_"))
    await change(pool.owner, pool.trade, (held, contribution, pool.trade.key("sku:40")), bump=False)
    done = await pool.offer((40, 4), (41, 4))
    assert kinds(done) == ["CapBelowHeld", "Sku"]
    assert (done["rows"][0]["cap"], done["rows"][0]["held"], done["rows"][0]["sku"]["code"]) == (4, 5, "40")
    assert kinds(await pool.offer((40, 5), (40, 6), (41, -1))) == ["Sku", "InvalidInput", "InvalidInput"]
    await pool.end(made["id"])
    undone = held.replace("held = 5", "held = 0")
    await change(pool.owner, pool.trade, (undone, contribution, pool.trade.key("sku:40")), bump=False)


async def test_goods_are_their_owner_s_to_offer_and_to_keep_back(pool: Pool) -> None:
    made = (await pool.offer((40, 1)))["contribution"]
    before = await pool.written()
    for by in (BRAND, RIVAL, CLERK):
        assert (await pool.offer((40, 1), by=by, ownerId=pool.trade.id("distributor:1")))["__typename"] == "NotAllowed"
        assert (await pool.end(made["id"], by=by))["__typename"] == "NotAllowed"
    for by in (RIVAL, CLERK, "brand:1/analyst"):
        assert (await pool.keep((40, 1), by=by))["__typename"] == "NotAllowed"
    for stranger in ("brand:2", "store:900"):
        refused = await pool.offer((40, 1), visibleToId=pool.trade.id(stranger))
        assert refused["__typename"] == "NotAllowed"
    nowhere = await pool.offer((40, 1), poolId=f"pool_{uuid4().hex}")
    assert nowhere["__typename"] == "NotAllowed"
    assert await pool.written() == before
    await pool.end(made["id"])


MANY = """
    INSERT INTO {0} (tenant_id, id, organization_id, {1}code, name)
    SELECT $1, gen_random_uuid(), $2, {2}'many-' || n, 'x' FROM generate_series(1, $3::int) AS n
"""
CROSSED = """
    INSERT INTO pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)
    SELECT $1, gen_random_uuid(), p.id, l.id, $2, $2, CASE WHEN row_number() OVER () <= $3 THEN 1 ELSE 0 END
    FROM inventory_pool p CROSS JOIN location l
    WHERE p.tenant_id = $1 AND l.tenant_id = $1 AND p.code LIKE 'many-%' AND l.code LIKE 'many-%'
"""
GONE = (
    """DELETE FROM pool_contribution_sku k USING pool_contribution c, inventory_pool p
       WHERE k.tenant_id = $1 AND c.tenant_id = $1 AND p.tenant_id = $1 AND c.id = k.contribution_id
         AND p.id = c.pool_id AND p.code LIKE 'many-%'""",
    """DELETE FROM pool_contribution c USING inventory_pool p
       WHERE c.tenant_id = $1 AND p.tenant_id = $1 AND p.id = c.pool_id AND p.code LIKE 'many-%'""",
    "DELETE FROM inventory_pool WHERE tenant_id = $1 AND code LIKE 'many-%'",
    "DELETE FROM location WHERE tenant_id = $1 AND code LIKE 'many-%'",
)


async def test_an_owner_offers_so_much_and_no_more_and_finds_all_of_it(pool: Pool) -> None:
    """What has ended does not count, what is offered already may be changed, and two at once are counted."""
    owner = pool.trade.key("distributor:1")
    live = "SELECT count(*) FROM pool_contribution WHERE owner_id = $1 AND share_bps > 0"
    ((there,),) = await pool.rows(live, owner)
    places = MANY.format("location", "kind, ", "'WAREHOUSE', "), MANY.format("inventory_pool", "", "")
    rows = [(text, owner, count) for text, count in zip(places, (100, 11), strict=True)]
    await change(pool.owner, pool.trade, *rows, (CROSSED, owner, MAX_CONTRIBUTIONS - 1 - there), bump=False)
    try:
        spare = await pool.rows(
            "SELECT c.pool_id, c.location_id FROM pool_contribution c JOIN inventory_pool p ON p.id = c.pool_id"
            " WHERE p.code LIKE 'many-%' AND c.share_bps = 0 LIMIT 3"
        )
        named = [{"poolId": f"pool_{one.hex}", "locationId": f"location_{other.hex}"} for one, other in spare]
        told = await asyncio.gather(*(pool.offer((40, 1), **one) for one in named))
        assert sorted(one["__typename"] for one in told) == ["ContributedToPool", "LimitReached", "LimitReached"]
        assert {one["most"] for one in told if one["__typename"] == "LimitReached"} == {MAX_CONTRIBUTIONS}
        assert await pool.rows(live, owner) == [(MAX_CONTRIBUTIONS,)]
        (made,) = [one for one in told if one["__typename"] == "ContributedToPool"]
        taken = named[told.index(made)]
        assert kinds(await pool.offer((40, 2), **taken, shareBps=7)) == ["Sku"]  # it is there already
        assert (await pool.offer((40, 1)))["__typename"] == "LimitReached"
        assert (await pool.offer((40, 1), shareBps=0))["__typename"] == "ContributedToPool"  # promises nothing
        ((all_of_them,),) = await pool.rows("SELECT count(*) FROM pool_contribution WHERE owner_id = $1", owner)
        assert await found(pool, BOSS) == all_of_them > MAX_CONTRIBUTIONS
        await pool.end(made["contribution"]["id"])
        another = await pool.offer((40, 1))
        assert another["__typename"] == "ContributedToPool"
        await pool.end(another["contribution"]["id"])
    finally:
        await change(pool.owner, pool.trade, *((text,) for text in GONE), bump=False)


async def found(pool: Pool, by: str) -> int:
    """How many contributions the distributor finds, page by page."""
    text = """{ organization(id: "%s") { contributions(first: 100%s) {
        nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    ids: set[str] = set()
    after = ""
    while True:
        page = (await pool.ask(text % (pool.trade.id("distributor:1"), after), by))["organization"]["contributions"]
        ids |= {node["id"] for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return len(ids)
        after = f', after: "{page["pageInfo"]["endCursor"]}"'


async def test_the_same_under_one_key_is_told_again(pool: Pool) -> None:
    first = await pool.offer((40, 5), key="k")
    assert await pool.offer((40, 5), key="k") == first
    assert (await pool.offer((40, 6), key="k"))["__typename"] == "KeyReused"
    await pool.end(first["contribution"]["id"])


async def test_statements_do_not_grow_with_the_rows(pool: Pool) -> None:
    async def cost(*skus: int) -> int:
        given = {
            "poolId": f"pool_{pool.names['pool'].hex}",
            "locationId": f"location_{pool.names['room'].hex}",
            "visibleToId": pool.trade.id("distributor:1"),
            "shareBps": 0,
            "rows": [{"skuId": pool.sku(sku)} for sku in skus],
        }
        asked = await pool.do("contributeToPool", given, by=BOSS)
        return len(asked.statements)

    for _ in range(2):  # the first makes it
        await cost(1)
    assert await cost(1) == await cost(*range(1, 101))


async def test_a_cloud_store_says_how_to_source_and_only_its_own_people_read_it(pool: Pool) -> None:
    store = pool.trade.id("mall:distributor:1")
    given = {"cloudStoreId": store, "criteria": ["MIN_SPLIT", "OWN_FIRST", "EARLIEST_EXPIRY"], "maxPackages": 3}
    done = await pool.done("setSourcingPolicy", given, by=BOSS)
    assert done["sourcingPolicy"] == {"criteria": given["criteria"], "maxPackages": 3}
    other = {**given, "criteria": ["NEAREST"], "maxPackages": 10}
    done = await pool.done("setSourcingPolicy", other, by="admin")
    assert done["sourcingPolicy"] == {"criteria": ["NEAREST"], "maxPackages": 10}
    text = '{ node(id: "%s") { ... on CloudStore { sourcingPolicy { maxPackages } } } }' % store
    seen = {by: (await pool.ask(text, by))["node"]["sourcingPolicy"] for by in (BOSS, BRAND, CLERK)}
    assert seen == {BOSS: {"maxPackages": 10}, BRAND: None, CLERK: None}
    before = await pool.written()
    wrong = {**given, "criteria": ["NEAREST", "NEAREST"], "maxPackages": 11}
    refused = await pool.done("setSourcingPolicy", wrong, by=BOSS)
    assert [problem["path"][1] for problem in refused["problems"]] == ["criteria", "maxPackages"]
    for by in (BRAND, CLERK):
        assert (await pool.done("setSourcingPolicy", given, by=by))["__typename"] == "NotAllowed"
    assert await pool.written() == before
