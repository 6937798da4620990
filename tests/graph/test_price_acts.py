"""Acts on price lists: whom a list speaks to, what holds when, and that quotes show it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.conftest import NOW
from tests.graph.shops import BOSS, BRAND, CLERK, Shop, kinds


async def a_list(shop: Shop, by: str = BOSS, **more: Any) -> Any:
    """A list of its seller; the distributor's speaks to the store of the test alone, unless said otherwise."""
    own = {"scope": "CONTRACT", "buyerId": shop.trade.id(shop.store)} if by == BOSS and "scope" not in more else {}
    given = {"code": uuid4().hex, "name": "x", "audience": "TRADE", "scope": "BASE", **own, **more}
    return await shop.done("createPriceList", given, by=by)


async def set_prices(shop: Shop, price_list: str, *rows: tuple[int, int, int], by: str = BOSS, **more: Any) -> Any:
    lines = [{"skuId": shop.sku(sku), "minQty": least, "unitPrice": fen} for sku, least, fen in rows]
    return await shop.done("setPrices", {"priceListId": price_list, "rows": lines, **more}, by=by)


async def quote(shop: Shop, sku: int, quantity: int = 1, days: int = 0) -> int | None:
    """The distributor's price for the store."""
    ids = 'sellerId: "%s", buyerId: "%s", skuId: "%s"' % (
        shop.trade.id("distributor:1"),
        shop.trade.id(shop.store),
        shop.sku(sku),
    )
    at = (NOW + timedelta(days=days)).isoformat()
    text = '{ price(%s, quantity: %d, at: "%s") { unitPrice } }' % (ids, quantity, at)
    data = await shop.ask(text, shop.manager)
    return None if data["price"] is None else data["price"]["unitPrice"]


async def test_a_contract_has_prices_breaks_and_an_end(shop: Shop) -> None:
    made = await a_list(shop, scope="CONTRACT", buyerId=shop.trade.id(shop.store))
    assert (made["__typename"], made["scope"]) == ("PriceList", "CONTRACT")
    done = await set_prices(shop, made["id"], (1, 1, 100), (1, 12, 90), (3, 1, 50))
    assert kinds(done) == ["Sku"] * 3
    assert done["priceList"]["code"] == made["code"]
    assert [await quote(shop, 1), await quote(shop, 1, 12), await quote(shop, 3)] == [100, 90, 50]
    week = {name: (NOW + timedelta(days=days)).isoformat() for name, days in (("validFrom", 7), ("validUntil", 14))}
    await set_prices(shop, made["id"], (1, 1, 80), **week)
    assert [await quote(shop, 1, days=days) for days in (6, 7, 13, 14)] == [100, 80, 80, 100]
    at = (NOW + timedelta(days=10)).isoformat()
    ended = await shop.done("endPriceList", {"priceListId": made["id"], "at": at}, by=BOSS)
    assert ended["id"] == made["id"]
    assert [await quote(shop, 1, days=days) for days in (6, 9, 10, 20)] == [100, 80, None, None]


async def test_a_list_names_whom_its_scope_asks_for_and_no_other(shop: Shop) -> None:
    wrong = await a_list(shop, scope="CONTRACT", buyerTag="x", siteId="site_1")
    assert sorted(problem["path"][1] for problem in wrong["problems"]) == ["buyerId", "buyerTag", "siteId", "siteId"]
    wrong = await a_list(shop, scope="TAG", buyerTag="x", audience="CONSUMER")
    assert [problem["path"][1] for problem in wrong["problems"]] == ["scope"]
    for more, name in (
        ({"scope": "CONTRACT", "buyerId": shop.trade.id("store:900")}, "buyerId"),
        ({"scope": "REGION", "regionCode": "nowhere"}, "regionCode"),
        ({"scope": "SITE", "siteId": f"site_{uuid4().hex}"}, "siteId"),
    ):
        assert [problem["path"][1] for problem in (await a_list(shop, **more))["problems"]] == [name]
    made = await a_list(shop, scope="TIER", buyerTier="STORE")
    taken = await a_list(shop, code=made["code"])
    assert taken["__typename"] == "CodeTaken"


async def test_prices_are_their_seller_s_to_set(shop: Shop) -> None:
    made = await a_list(shop)
    before = await shop.written()
    for by in (BRAND, CLERK, shop.manager, "brand:1/analyst"):
        assert (await set_prices(shop, made["id"], (1, 1, 1), by=by))["__typename"] == "NotAllowed"
        ended = await shop.done("endPriceList", {"priceListId": made["id"]}, by=by)
        assert ended["__typename"] == "NotAllowed"
    assert (await a_list(shop, CLERK))["__typename"] == "NotAllowed"
    assert await shop.written() == before


async def test_a_price_for_shoppers_keeps_to_its_band(shop: Shop) -> None:
    await shop.grant(1, band=(500, 900))
    made = await a_list(shop, shop.manager, audience="CONSUMER")
    done = await set_prices(shop, made["id"], (1, 1, 499), (1, 6, 500), (1, 6, 501), (5, 1, 1), by=shop.manager)
    assert kinds(done) == ["PriceOutOfRange", "Sku", "InvalidInput", "Sku"]
    assert (done["rows"][0]["minPrice"], done["rows"][0]["maxPrice"]) == (500, 900)


async def test_a_seller_has_one_list_of_shelf_prices_also_where_its_code_is_taken(shop: Shop) -> None:
    await shop.grant(1, 3, 4)
    await a_list(shop, shop.manager, code="CONSUMER", scope="TIER", buyerTier="STORE")
    answers = await asyncio.gather(*(shop.put((sku, 100 + n)) for n in range(8) for sku in (1, 3, 4)))
    assert {kind for answer in answers for kind in kinds(answer)} == {"Listing"}
    lists = "SELECT audience, scope FROM price_list WHERE seller_id = $1 ORDER BY 1"
    assert await shop.rows(lists, shop.trade.key(shop.store)) == [("CONSUMER", "BASE"), ("TRADE", "TIER")]


async def test_prices_sent_again_change_nothing(shop: Shop) -> None:
    made = await a_list(shop)
    first = await set_prices(shop, made["id"], (1, 1, 100), (3, 1, 100))
    prices = await shop.rows("SELECT * FROM price ORDER BY 1, 2, 3, 4, 5")
    _, _, events = await shop.written()
    assert await set_prices(shop, made["id"], (1, 1, 100), (3, 1, 100)) == first
    assert await shop.rows("SELECT * FROM price ORDER BY 1, 2, 3, 4, 5") == prices
    assert (await shop.written())[2] == events


async def test_statements_of_grants_and_prices_do_not_grow_with_the_rows(shop: Shop) -> None:
    made = await a_list(shop, BRAND)
    numbers = [number for number in range(1, 101) if number != 2]

    async def grant(*skus: int) -> int:
        rows = [{"skuId": shop.sku(sku), "minPrice": 1} for sku in skus]
        given = {"granteeId": shop.trade.id(shop.store), "code": shop.code, "name": "x", "rows": rows}
        return len((await shop.do("authorizeAssortment", given, by=BRAND)).statements)

    async def price(*skus: int) -> int:
        rows = [{"skuId": shop.sku(sku), "unitPrice": 5} for sku in skus]
        given = {"priceListId": made["id"], "rows": rows}
        return len((await shop.do("setPrices", given, by=BRAND)).statements)

    for ask in (grant, price):
        await ask(numbers[0])
        await ask(numbers[1])
        assert await ask(numbers[2]) == await ask(*numbers[3:])
