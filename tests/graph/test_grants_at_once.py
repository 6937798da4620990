"""Who grants skus, and who puts them on a shelf or prices them, at once: they wait for each other in no circle."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from domain.catalog import AssortmentLine
from models.catalog import write_items
from models.writing import Transaction
from resolvers.catalog import granting
from tests.graph.shops import Shop
from tests.graph.test_audited import entries
from tests.graph.test_price_acts import a_list, set_prices


@pytest.mark.parametrize("act", ["listSkus", "priceListing", "setPrices"])
async def test_a_grant_and_what_it_allows(
    shop: Shop, act: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The grant is stopped where it has written its bands; whoever reads them then waits for all of it."""
    await shop.grant(1, 3)
    listed = await shop.put((1, 1_000), (3, 333))
    prices = await a_list(shop, by=shop.manager, audience="CONSUMER")
    written = asyncio.Event()

    async def slowly(tx: Transaction, assortment: UUID, lines: Sequence[AssortmentLine]) -> Any:
        made = await write_items(tx, assortment, lines)
        written.set()
        await asyncio.sleep(0.3)
        return made

    monkeypatch.setattr(granting, "write_items", slowly)
    doing = {
        "listSkus": lambda: shop.put((1, 900), (3, 300)),
        "priceListing": lambda: shop.done(act, {"listingId": listed["rows"][0]["id"], "price": 900}, by=shop.manager),
        "setPrices": lambda: set_prices(shop, prices["id"], (1, 1, 900), (3, 1, 300), by=shop.manager),
    }
    with caplog.at_level(logging.WARNING, "models.database"):
        granted = asyncio.ensure_future(shop.grant(3, 1, band=(None, 5_000)))
        await written.wait()
        await doing[act]()
        await granted
    assert caplog.messages == []  # none was undone for another's sake


async def test_bands_are_kept_with_what_they_were_before(shop: Shop) -> None:
    made = await shop.grant(1, 3)
    await shop.grant(1, band=(5, 10))
    await shop.grant(1, band=(5, 10))
    found = [details["bands"] for _, _, details in await entries(shop, "authorizeAssortment", 3)]
    key = shop.trade.key("sku:1").hex
    assert [len(one) for one in found] == [2, 1, 0]
    assert found[1] == [{"sku": key, "was": [None, None], "band": [5, 10]}]
    assert made["assortment"]["code"] == shop.code


async def test_lists_are_locked_after_grants_whoever_comes_first(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    await shop.grant(1, 3)
    await shop.put((1, 1_000), (3, 333))
    (shelf,) = (await shop.rows("SELECT id FROM price_list WHERE seller_id = $1", shop.trade.key(shop.store)))[0]
    named = f"pricelist_{shelf.hex}"
    with caplog.at_level(logging.WARNING, "models.database"):
        for n in range(6):
            await asyncio.gather(
                shop.grant(3, 1, band=(None, 5_000 + n)),
                shop.put((1, 900 + n), (3, 300 + n)),
                set_prices(shop, named, (3, 1, 310 + n), (1, 1, 910 + n), by=shop.manager),
            )
    assert caplog.messages == []
