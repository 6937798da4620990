"""What the audit keeps of acts for good: to which thing each was done, for whom, and prices before and after."""

from typing import Any
from uuid import UUID

import orjson

from tests.conftest import NOW
from tests.graph.selling import OTHER, Selling
from tests.graph.shops import BRAND, Shop
from tests.graph.test_counted_orders import counted
from tests.graph.test_price_acts import a_list, set_prices

LAST = """
    SELECT target, target_id, details - 'rows' - 'refused' FROM audit_entry
    WHERE operation = $1 ORDER BY id DESC LIMIT $2
"""
GIVEN_BACK = """
    SELECT organization_id, details->>'order' FROM audit_entry WHERE target_id = $1 AND operation = 'releaseHold'
"""


def key(id: str) -> UUID:
    return UUID(id.rpartition("_")[2])


async def entries(acts: Any, operation: str, most: int) -> list[tuple[Any, ...]]:
    """The last entries of an operation, in their order."""
    found = await acts.rows(LAST, operation, most)
    return [(target, id, orjson.loads(details)) for target, id, details in reversed(found)]


async def test_prices_are_kept_with_what_they_were_before(shop: Shop) -> None:
    made = await a_list(shop)
    await set_prices(shop, made["id"], (1, 1, 100))
    await set_prices(shop, made["id"], (1, 1, 90), (3, 12, 50), (999, 1, 5))
    ((target, id, details),) = await entries(shop, "setPrices", 1)
    assert (target, id) == ("pricelist", key(made["id"]))
    own = {"from": NOW.isoformat(), "until": None}
    assert details == {
        "prices": [
            {"sku": shop.trade.key("sku:1").hex, "minQty": 1, "was": 100, "unitFen": 90, **own},
            {"sku": shop.trade.key("sku:3").hex, "minQty": 12, "was": None, "unitFen": 50, **own},
        ]
    }


async def test_what_is_put_on_a_shelf_is_named_each_with_its_price(shop: Shop) -> None:
    await shop.grant(1, 3)
    listed = await shop.put((1, 1_000), (3, 333))
    found = await entries(shop, "listSkus", 2)
    assert [(target, id) for target, id, _ in found] == [("listing", key(row["id"])) for row in listed["rows"]]
    prices = [(details["price"]["was"], details["price"]["unitFen"]) for _, _, details in found]
    assert prices == [(None, 1_000), (None, 333)]
    (row, _) = listed["rows"]
    await shop.done("priceListing", {"listingId": row["id"], "price": 900}, by=shop.manager)
    ((target, id, details),) = await entries(shop, "priceListing", 1)
    (price,) = details["prices"]
    assert (target, id, price["was"], price["unitFen"]) == ("listing", key(row["id"]), 1_000, 900)


async def test_each_thing_that_is_saved_has_an_entry_and_what_is_refused_has_none(shop: Shop) -> None:
    rows = [{"code": f"{shop.code}-{n}", "name": "x"} for n in range(3)]
    saved = await shop.done("saveProducts", {"rows": [*rows, {**rows[0]}]}, by=BRAND)
    assert [row["__typename"] for row in saved["rows"]] == ["Product"] * 3 + ["InvalidInput"]
    found = await entries(shop, "saveProducts", 3)
    assert [(target, id) for target, id, _ in found] == [("product", key(row["id"])) for row in saved["rows"][:3]]
    counts = "SELECT details->>'rows', details->>'refused' FROM audit_entry WHERE target_id = $1"
    assert await shop.rows(counts, found[0][1]) == [("4", "1")]


async def test_what_is_held_for_an_order_that_is_refused_is_given_back_in_somebodys_name(sale: Selling) -> None:
    refused = await sale.place((1, 2), by=sale.manager, expectedTotal=1, customerId=sale.trade.id("member:1"))
    assert refused["__typename"] == "PriceChanged"
    held = "SELECT target_id FROM audit_entry WHERE operation = 'holdStock' ORDER BY id DESC LIMIT 1"
    (hold,) = (await sale.rows(held))[0]
    assert await sale.rows(GIVEN_BACK, hold) == [(sale.trade.key(sale.store), "PRICE_CHANGED")]


async def test_holds_that_a_count_ends_are_named(sale: Selling) -> None:
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 8)]}, by=OTHER)
    assert (await counted(sale, 3))["__typename"] == "StockDocument"
    ((target, id, details),) = await entries(sale, "releaseHold", 1)
    assert (target, id, details) == ("reservation", key(held["id"]), {"cause": "GOODS_GONE"})
