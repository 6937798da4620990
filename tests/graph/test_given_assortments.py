"""An assortment given to many at once: who may, for how long, what is refused, and that shelves show it."""

from datetime import timedelta
from typing import Any

from tests.conftest import NOW
from tests.graph.shops import BOSS, BRAND, CLERK, RIVAL, Shop, kinds

LATER, LATEST = (NOW + timedelta(days=3)).isoformat(), (NOW + timedelta(days=9)).isoformat()
GRANTS = """
    SELECT g.grantee_id, g.valid_from, g.valid_until FROM "authorization" g
    JOIN assortment a ON a.tenant_id = g.tenant_id AND a.id = g.assortment_id
    WHERE a.code = $1 ORDER BY 1
"""


async def made(shop: Shop, *skus: int, by: str = BRAND) -> str:
    """An assortment that is given to the shop's distributor."""
    return str((await shop.grant(*skus, by=by, to="distributor:1"))["assortment"]["id"])


async def give(shop: Shop, assortment: str, *to: str | dict[str, Any], by: str = BRAND, key: str | None = None) -> Any:
    rows = [{"granteeId": shop.trade.id(one)} if isinstance(one, str) else one for one in to]
    return await shop.done("giveAssortment", {"assortmentId": assortment, "rows": rows}, by=by, key=key)


async def test_many_may_sell_what_is_given_to_them_at_once(shop: Shop) -> None:
    assortment = await made(shop, 1, 3)
    assert kinds(await shop.put((1, 100))) == ["NotAuthorizedSku"]
    given = await give(shop, assortment, shop.store, "store:2", "distributor:1")
    assert kinds(given) == ["Store", "Store", "Distributor"]
    assert (given["assortment"]["id"], given["rows"][1]["id"]) == (assortment, shop.trade.id("store:2"))
    assert kinds(await shop.put((1, 100), (3, 200))) == ["Listing", "Listing"]
    assert await shop.seen() == [("1", 100), ("3", 200)]
    (details,) = await shop.rows("SELECT details -> 'given' FROM audit_entry WHERE operation = 'giveAssortment'")
    assert shop.trade.key("store:2").hex in str(details)


async def test_good_rows_are_given_and_each_bad_one_says_why(shop: Shop) -> None:
    assortment = await made(shop, 1)
    past = {"granteeId": shop.trade.id("store:3"), "validFrom": (NOW - timedelta(days=1)).isoformat()}
    turned = {"granteeId": shop.trade.id("store:4"), "validFrom": LATEST, "validUntil": LATER}
    given = await give(shop, assortment, shop.store, shop.store, "brand:2", "supplier:1", past, turned)
    assert kinds(given) == ["Store", "InvalidInput", "NotAllowed", "NotAllowed", "InvalidInput", "InvalidInput"]
    wrong = [given["rows"][place]["problems"][0]["path"] for place in (1, 4, 5)]
    assert wrong == [
        ["input", "rows", "1", "granteeId"],
        ["input", "rows", "4", "validFrom"],
        ["input", "rows", "5", "validUntil"],
    ]
    assert [row[0] for row in await shop.rows(GRANTS, shop.code)] == sorted(
        [shop.trade.key(shop.store), shop.trade.key("distributor:1")]
    )


async def test_what_goes_on_keeps_its_start_and_what_changes_nothing_is_told_to_nobody(shop: Shop) -> None:
    assortment = await made(shop, 1)
    await give(shop, assortment, shop.store)
    before, (_, audited, told) = await shop.rows(GRANTS, shop.code), await shop.written()
    await give(shop, assortment, shop.store)
    assert await shop.rows(GRANTS, shop.code) == before
    assert (await shop.written())[1:] == (audited + 1, told)
    own = {"granteeId": shop.trade.id(shop.store), "validUntil": LATER}
    await give(shop, assortment, own, {"granteeId": shop.trade.id("store:2"), "validFrom": LATER})
    after = {row[0]: row[1:] for row in await shop.rows(GRANTS, shop.code)}
    kept = {row[0]: row[1:] for row in before}
    store, other = shop.trade.key(shop.store), shop.trade.key("store:2")
    assert (after[store][0], after[store][1].isoformat()) == (kept[store][0], LATER)
    assert (after[other][0].isoformat(), after[other][1]) == (LATER, None)
    assert (await shop.written())[2] == told + 2  # two starts: two events
    await give(shop, assortment, shop.store)
    assert {row[0]: row[1:] for row in await shop.rows(GRANTS, shop.code)} == after


async def test_only_who_grants_it_gives_it(shop: Shop) -> None:
    assortment = await made(shop, 1)
    before = await shop.written()
    for by in (RIVAL, BOSS, CLERK, shop.manager, "brand:1/analyst"):
        assert (await give(shop, assortment, shop.store, by=by))["__typename"] == "NotAllowed"
    assert await shop.written() == before
    assert kinds(await give(shop, assortment, shop.store, by="admin")) == ["Store"]
    audit = "SELECT actor_class, on_behalf_of_id FROM audit_entry ORDER BY id DESC LIMIT 1"
    assert await shop.rows(audit) == [("PLATFORM_ADMIN", shop.trade.key("brand:1"))]


async def test_a_file_sent_again_is_told_again_and_costs_the_same(shop: Shop) -> None:
    assortment = await made(shop, 1)
    stores = [f"store:{number}" for number in range(20, 60)]
    first = await give(shop, assortment, *stores, key="given")
    assert await give(shop, assortment, *stores, key="given") == first
    assert len(await shop.rows(GRANTS, shop.code)) == len(stores) + 1

    async def statements(*to: str) -> int:
        rows = [{"granteeId": shop.trade.id(one)} for one in to]
        given = {"assortmentId": assortment, "rows": rows}
        return len((await shop.do("giveAssortment", given, by=BRAND)).statements)

    assert await statements("store:61") == await statements(*(f"store:{number}" for number in range(62, 102)))
