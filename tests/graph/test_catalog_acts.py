"""Acts on what may be sold: who may, what is refused, and that shelf and price show it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.conftest import NOW
from tests.graph.shops import BOSS, BRAND, CLERK, RIVAL, Shop, kinds


# ── grants and shelves ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_is_granted_and_listed_stands_on_the_shelf_at_its_price(shop: Shop) -> None:
    granted = await shop.grant(1, 3, band=(500, 900))
    assert kinds(granted) == ["Sku", "Sku"]
    listed = await shop.put((3, 600), (1, 900))
    assert [(row["sku"]["code"], row["price"], row["position"]) for row in listed["rows"]] == [
        ("3", 600, 0),
        ("1", 900, 1),
    ]
    assert await shop.seen() == [("3", 600), ("1", 900)]
    again = await shop.put((1, None), (3, None))
    assert kinds(again) == ["Listing", "Listing"]
    assert await shop.seen() == [("1", 900), ("3", 600)]


async def test_what_nobody_grants_or_is_out_of_range_is_refused_and_the_rest_is_listed(shop: Shop) -> None:
    await shop.grant(1, 3, 4, band=(500, 900))
    await shop.grant(4, to="distributor:1", band=(500, 900))
    await shop.grant(4, by=BOSS, band=(700, None))  # both bands hold
    listed = await shop.put((1, 499), (2, 600), (3, 500), (4, 650), (5, 1), (3, 700), (99, None))
    assert kinds(listed) == [
        "PriceOutOfRange",
        "NotAuthorizedSku",
        "Listing",
        "PriceOutOfRange",
        "NotAuthorizedSku",
        "InvalidInput",
        "NotAuthorizedSku",
    ]
    first, fourth = listed["rows"][0], listed["rows"][3]
    assert (first["code"], first["unitPrice"], first["minPrice"], first["maxPrice"]) == (
        "PRICE_OUT_OF_RANGE",
        499,
        500,
        900,
    )
    assert (fourth["sku"]["code"], fourth["minPrice"], fourth["maxPrice"]) == ("4", 700, 900)
    assert await shop.seen() == [("3", 500)]
    assert kinds(await shop.put((1, None))) == ["InvalidInput"]  # it has no price


async def test_a_revoked_authorisation_takes_its_skus_off_the_shelf(shop: Shop) -> None:
    granted = await shop.grant(1, 3)
    await shop.put((1, 100), (3, 100))
    revoked = await shop.revoke(granted["assortment"]["id"])
    assert revoked["code"] == shop.code
    assert await shop.seen() == []
    assert kinds(await shop.put((1, 100))) == ["NotAuthorizedSku"]
    await shop.grant(1)
    assert await shop.seen() == [("1", 100), ("3", 100)]


async def test_what_never_began_is_gone_and_what_goes_on_keeps_its_start(shop: Shop) -> None:
    later = (NOW + timedelta(days=3)).isoformat()
    granted = await shop.grant(1)
    before = await shop.rows('SELECT valid_from FROM "authorization"')
    await shop.grant(3)
    assert await shop.rows('SELECT valid_from FROM "authorization"') == before
    await shop.revoke(granted["assortment"]["id"], at=later)
    assert kinds(await shop.put((1, 100))) == ["Listing"]
    other = Shop(shop, 120)
    given = {"granteeId": other.trade.id(other.store), "code": shop.code, "name": "x", "rows": [], "validFrom": later}
    await other.done("authorizeAssortment", given, by=BRAND)
    await other.revoke(granted["assortment"]["id"])
    key = other.trade.key(other.store)
    assert await shop.rows('SELECT 1 FROM "authorization" WHERE grantee_id = $1', key) == []


async def test_what_is_taken_out_of_an_assortment_is_off_the_shelf(shop: Shop) -> None:
    await shop.grant(1, 3)
    await shop.put((1, 100), (3, 100))
    given = {"granteeId": shop.trade.id(shop.store), "code": shop.code, "name": "x"}
    rows = [{"skuId": shop.sku(1), "remove": True}, {"skuId": shop.sku(4), "remove": True}]
    done = await shop.done("authorizeAssortment", {**given, "rows": rows}, by="admin")
    assert done["__typename"] == "NotAllowed"  # an admin says for whom
    given["grantorId"] = shop.trade.id("brand:1")
    done = await shop.done("authorizeAssortment", {**given, "rows": rows}, by="admin")
    assert kinds(done) == ["Sku", "Sku"]
    assert await shop.seen() == [("3", 100)]
    audit = "SELECT actor_class, on_behalf_of_id FROM audit_entry ORDER BY id DESC LIMIT 1"
    assert await shop.rows(audit) == [("PLATFORM_ADMIN", shop.trade.key("brand:1"))]


async def test_only_who_may_sell_it_lets_those_below_sell_it(shop: Shop) -> None:
    assert kinds(await shop.grant(1, 2)) == ["Sku", "NotAuthorizedSku"]  # sku 2 is the rival's
    assert kinds(await Shop(shop, 119).grant(50, by=BOSS)) == [
        "NotAuthorizedSku"
    ]  # nobody granted it to the distributor
    before = await shop.written()
    for by in (RIVAL, CLERK, shop.manager, "brand:1/analyst"):
        assert (await shop.grant(1, by=by))["__typename"] == "NotAllowed"
    assert await shop.written() == before


async def test_a_shelf_is_its_store_s_to_fill(shop: Shop) -> None:
    await shop.grant(1)
    before = await shop.written()
    for by in (BRAND, BOSS, CLERK, "brand:1/analyst"):
        assert (await shop.put((1, 100), by=by))["__typename"] == "NotAllowed"
    assert await shop.written() == before
    assert kinds(await shop.put((1, 100), by="admin")) == ["Listing"]


async def test_what_is_unlisted_is_gone_from_the_shelf(shop: Shop) -> None:
    await shop.grant(1, 3)
    await shop.put((1, 100), (3, 100))
    given = {"cloudStoreId": shop.shelf, "skuIds": [shop.sku(1), shop.sku(4)]}
    done = await shop.done("unlist", given, by=shop.manager)
    assert done["shelf"]["nodes"] == [{"sku": {"code": "3"}}]
    assert await shop.seen() == [("3", 100)]
    given["skuIds"] = [f"sku_{uuid4().hex}", "x"]
    refused = await shop.done("unlist", given, by=shop.manager)
    assert refused["problems"][0]["path"] == ["input", "skuIds", "1"]


async def test_a_listing_is_priced_now_and_for_a_week(shop: Shop) -> None:
    await shop.grant(1, band=(500, 900))
    (row,) = (await shop.put((1, 600)))["rows"]

    async def price(price: int, **more: Any) -> Any:
        given = {"listingId": row["id"], "price": price, **more}
        return await shop.done("priceListing", given, by=shop.manager)

    assert (await price(700))["price"] == 700
    week = {name: (NOW + timedelta(days=days)).isoformat() for name, days in (("validFrom", 7), ("validUntil", 14))}
    assert (await price(500, **week))["price"] == 700
    fens = await shop.rows(
        "SELECT p.unit_fen, p.valid_until IS NULL FROM price p JOIN price_list l ON l.id = p.price_list_id"
        " WHERE l.seller_id = $1 ORDER BY p.valid_from",
        shop.trade.key(shop.store),
    )
    assert fens == [(700, False), (500, False), (700, True)]
    assert (await price(901))["__typename"] == "PriceOutOfRange"
    past = await price(600, validFrom=(NOW - timedelta(days=1)).isoformat())
    assert past["problems"][0]["path"] == ["input", "validFrom"]


# ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_under_one_key_is_told_again(shop: Shop) -> None:
    await shop.grant(1, band=(500, 900))
    first = await shop.put((1, 600), (1, 1), (2, 1), key="k")
    before = await shop.written()
    assert await shop.put((1, 600), (1, 1), (2, 1), key="k") == first
    assert await shop.written() == before
    assert (await shop.put((1, 700), key="k"))["__typename"] == "KeyReused"


async def test_many_at_once_leave_one_price_at_any_time(shop: Shop) -> None:
    await shop.grant(1, 3)
    files = [shop.put((1, 100 + number), (3, 200 + number)) for number in range(10)]
    files += [shop.put((3, 300 + number), (1, 400 + number)) for number in range(10)]
    answers = await asyncio.gather(*files)
    assert {kind for answer in answers for kind in kinds(answer)} == {"Listing"}
    store = shop.trade.key(shop.store)
    held = await shop.rows(
        "SELECT p.sku_id, count(*) FROM price p JOIN price_list l ON l.id = p.price_list_id"
        " WHERE l.seller_id = $1 GROUP BY p.sku_id",
        store,
    )
    assert [count for _, count in held] == [1, 1]
    assert await shop.rows("SELECT count(*) FROM price_list WHERE seller_id = $1", store) == [(1,)]


async def test_the_same_at_once_under_one_key_is_done_once(shop: Shop) -> None:
    await shop.grant(1, 3)
    before = await shop.written()
    answers = await asyncio.gather(*(shop.put((1, 100), (2, 1), (3, 200), key="at-once") for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    keys, entries, events = before
    assert await shop.written() == (keys + 1, entries + 2, events + 2)


async def test_statements_do_not_grow_with_the_file(shop: Shop) -> None:
    await shop.grant(*(number for number in range(1, 101) if number != 2))
    rows = [{"skuId": shop.sku(n), "origin": "POOL", "position": n, "price": 100} for n in range(3, 101)]

    async def cost(lines: list[dict[str, Any]]) -> int:
        given = {"cloudStoreId": shop.shelf, "rows": lines}
        asked = await shop.do("listSkus", given, by=shop.manager)
        return len(asked.statements)

    await cost(rows[:1])
    assert await cost(rows[1:2]) == await cost(rows[2:])
