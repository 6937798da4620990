"""An act asked for again under its key is told as it was, whatever became since of what it made."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

import boot
from models.database import Database
from tests.graph.channel import Channel, house
from tests.graph.channel import opened as channel_opened
from tests.graph.client import GraphClient
from tests.graph.selling import Selling, opened
from tests.graph.trade import Trade


@pytest.fixture
async def sale(access: boot.Access, app: Database, changing: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    await made.end()
    yield made
    await made.end()


async def again(sale: Selling, act: str, given: dict[str, Any], key: str) -> Any:
    """What is told under the key once more: nothing is written by that."""
    before = await sale.written()
    told = await sale.done(act, given, by=sale.manager, key=key)
    assert await sale.written() == before
    return told


async def test_a_key_is_the_same_however_its_letters_are_written(sale: Selling) -> None:
    """The longest there is, each letter with its mark beside it, and in one piece."""
    given = {"organizationId": sale.trade.id(sale.store), "code": uuid4().hex, "name": "x"}
    first = await sale.done("createPool", given, by=sale.manager, key="e\u0301" * 100)
    assert first["__typename"] == "Pool"
    assert await again(sale, "createPool", given, "\u00e9" * 100) == first


async def test_what_is_off_the_shelf_since_is_told_as_listed_and_priced(sale: Selling) -> None:
    line = await sale.line(1, 1)
    priced, taken = uuid4().hex, uuid4().hex
    rows = [{"skuId": sale.sku(1), "origin": "POOL", "position": 5, "price": 1_005}]
    listing = {"cloudStoreId": sale.shelf, "rows": rows}
    listed = await sale.done("listSkus", listing, by=sale.manager, key=priced)
    price = {"listingId": line["listingId"], "price": 1_001}
    assert await sale.done("priceListing", price, by=sale.manager, key=priced) == {
        "__typename": "Listing",
        "price": 1_001,
    }
    off = {"cloudStoreId": sale.shelf, "skuIds": [sale.sku(1)]}
    await sale.done("unlist", off, by=sale.manager, key=taken)
    assert (await again(sale, "priceListing", price, priced))["__typename"] == "Listing"
    assert [row["id"] for row in (await again(sale, "listSkus", listing, priced))["rows"]] == [
        row["id"] for row in listed["rows"]
    ]
    stranger = await sale.done("priceListing", price, by="store:1/clerk", key=priced)
    assert stranger["__typename"] == "NotAllowed"


async def test_of_a_shop_that_has_closed_since_its_acts_are_told(sale: Selling) -> None:
    key, page = uuid4().hex, {"cloudStoreId": sale.shelf, "bannerText": "Open"}
    off = {"cloudStoreId": sale.shelf, "skuIds": [sale.sku(3)]}
    policy = {"cloudStoreId": sale.shelf, "criteria": ["OWN_FIRST"], "maxPackages": 3}
    mode = {"cloudStoreId": sale.shelf, "mode": "PRIVATE_MALL"}
    acts: dict[str, dict[str, Any]] = {
        "decorateCloudStore": page,
        "unlist": off,
        "setSourcingPolicy": policy,
        "setCloudStoreMode": mode,
    }
    for act, given in acts.items():
        assert (await sale.done(act, given, by=sale.manager, key=key))["__typename"] == "CloudStore"
    await sale.done("closeCloudStore", {"cloudStoreId": sale.shelf, "reason": "x"}, by=sale.manager)
    for act, given in acts.items():
        assert (await again(sale, act, given, key))["__typename"] == "CloudStore"


async def test_a_shop_opened_and_closed_is_told_as_opened(access: boot.Access, graph: GraphClient) -> None:
    channel: Channel = await channel_opened(access.owner, graph)
    organization, login = await house(channel)
    given = {"organizationId": organization, "mode": "B2B_ORDERING", "name": "Mall"}
    first = await channel.do("openCloudStore", given, by=login, key="opened")
    await channel.do("closeCloudStore", {"cloudStoreId": first["id"], "reason": "x"}, by=login)
    told = await channel.do("openCloudStore", given, by=login, key="opened")
    assert (told["__typename"], told["id"]) == ("CloudStore", first["id"])


async def test_it_is_told_in_what_the_caller_asks_for_this_time(sale: Selling) -> None:
    key, given = uuid4().hex, {"cloudStoreId": sale.shelf, "bannerText": "Hello"}
    parts: dict[str, dict[str, Any]] = {
        "... on CloudStore { id }": {"id": sale.shelf},
        "... on CloudStore { decoration { bannerText } }": {"decoration": {"bannerText": "Hello"}},
        "": {},
    }
    for answer, told in parts.items():
        found = await sale.done("decorateCloudStore", given, by=sale.manager, key=key, answer=answer)
        assert found == {"__typename": "CloudStore", **told}
