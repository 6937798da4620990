"""Searching shelves: the SQL equals the rule whichever way it goes, and no way reads the tenant for a rare word."""

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import loaders.catalog.search as searching
from domain.search import ask, of_tenant
from loaders.base import Reading
from loaders.catalog import SHELF
from loaders.catalog.search import ALONG_THE_SHELF, ALONG_THE_WORDS, FEW, FOUND, WayOf
from loaders.paging import Page, PageRequest, key_of, totals
from models.database import Database
from models.session import set_tenant
from tests.loaders.shelves import NOON, SHOPS, SKUS, THERE, WORDS, Shelves, reading
from tests.models.here import HERE
from tests.proof import size

texts = st.lists(st.sampled_from((*WORDS, "c", "乐", "7", "可乐水", "!", "0007")), min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from(["".join(words), " ".join(words)])
)
drawn = settings(
    derandomize=True,
    deadline=None,
    max_examples=size(40, 1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(params=[0, FEW], ids=["along the shelf", "along the words"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Either way, whatever is found."""
    monkeypatch.setattr(searching, "FEW", request.param)
    return int(request.param)


async def pages_of(
    at: Reading, shops: Sequence[UUID], text: str, first: int = 100, after: tuple[Any, ...] | None = None
) -> list[Page[Any]]:
    query = ask(text)
    assert query is not None
    way = await at.load(WayOf).one(query)
    return await way.connection.pages(at, shops, PageRequest(first, after), **way.values)


@pytest.mark.prove
@drawn
@given(text=texts, first=st.integers(1, 7), number=st.integers(0, SHOPS - 1))
async def test_what_is_found_and_its_order_are_the_rule_s(
    few: int, here: Shelves, database: Database, text: str, first: int, number: int
) -> None:
    if ask(text) is None:
        return
    shop = list(here.shops)[number]
    at = reading(database)
    found: list[Any] = []
    after = None
    while True:
        (page,) = await pages_of(at, [shop], text, first, after)
        found += [key_of(row) for row in page.rows]
        if not page.has_next:
            break
        after = key_of(page.rows[-1])
    assert found == here.wanted(shop, text)
    assert await totals(at, [page]) == [len(found)]
    await at.session.close()


async def test_a_hundred_shelves_cost_what_one_costs(few: int, here: Shelves, database: Database) -> None:
    for text, count in itertools.product(("水", "co", "可乐 750", "0007"), (1, 10, 100)):
        shops = list(here.shops)[:count]
        at = reading(database)
        pages = await pages_of(at, shops, text)
        assert [[key_of(row) for row in page.rows] for page in pages] == [here.wanted(shop, text) for shop in shops]
        assert at.session.statements == 2
        await totals(at, pages)
        assert at.session.statements == 3
        await at.session.close()


async def test_a_cursor_of_one_way_goes_on_by_the_other(
    here: Shelves, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a text finds may become many between two pages."""
    shop = next(iter(here.shops))
    wanted = here.wanted(shop, "co 水")
    at = reading(database)
    (page,) = await pages_of(at, [shop], "co 水", 2)
    await at.session.close()
    monkeypatch.setattr(searching, "FEW", 0)
    at = reading(database)
    (rest,) = await pages_of(at, [shop], "co 水", 100, key_of(page.rows[-1]))
    await at.session.close()
    assert (page.connection, rest.connection) == (ALONG_THE_WORDS, ALONG_THE_SHELF)
    assert [key_of(row) for row in (*page.rows, *rest.rows)] == wanted
    assert len(wanted) > 3


async def test_equal_questions_share_their_statement(here: Shelves, database: Database) -> None:
    at = reading(database)
    one, same, other = (ask(text) for text in ("co 水", "CO  水", "水 co"))
    assert one is not None
    assert same is not None
    assert other is not None
    await at.load(WayOf).many([one, same, one])
    assert at.session.statements == 1
    await at.load(WayOf).many([other])
    assert at.session.statements == 2
    await at.session.close()


async def test_only_skus_of_the_asked_tenant_are_found(here: Shelves, database: Database) -> None:
    """The table has no row security: the statement itself keeps to the tenant, whatever the session is set to."""
    for tenant in (HERE, THERE):
        for text in (*WORDS, "c", "0007", "69"):
            query = ask(text)
            assert query is not None
            at = reading(database, tenant)
            values = {"marks": query.marks, "weights": query.weights, "start": query.start}
            found = await at.fetch(FOUND, needed=query.needed, **values)
            assert found
            own = {uuid5(tenant, f"sku {number}") for number in range(SKUS)}
            assert {row.sku_id for row in found} <= own
            assert {row.sku_id for row in await at.fetch(FOUND, needed=[of_tenant(tenant)], **values)} <= own
            foreign = of_tenant(THERE if tenant == HERE else HERE)
            assert await at.fetch(FOUND, needed=[foreign, *query.needed], **values) == []
            await at.session.close()


CLOSE = (
    "UPDATE cloud_store SET opened_at = $3::timestamptz - interval '1 day', closed_at = $3"
    " WHERE tenant_id = $1 AND id = $2"
)
SUSPEND = (
    "UPDATE organization SET status = 'SUSPENDED' FROM cloud_store AS c WHERE organization.tenant_id = $1"
    " AND c.tenant_id = $1 AND c.organization_id = organization.id AND c.id = $2 AND $3::timestamptz IS NOT NULL"
)
TAKE_OFF = (
    "UPDATE listing SET status = 'UNLISTED' WHERE tenant_id = $1 AND cloud_store_id = $2 AND position >= 3"
    " AND $3::timestamptz IS NOT NULL"
)


UNGRANTED = TAKE_OFF.replace("status = 'UNLISTED'", "origin = 'POOL'")


@pytest.mark.parametrize(("change", "left"), [(None, 40), (CLOSE, 0), (SUSPEND, 0), (TAKE_OFF, 6), (UNGRANTED, 6)])
async def test_what_is_not_on_the_shelf_is_not_found(
    here: Shelves,
    database: Database,
    owner_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    change: str | None,
    left: int,
) -> None:
    shop = list(here.shops)[1]  # the first one's owner is the brand of all goods: it needs no authorisation
    if change is not None:
        connection = await asyncpg.connect(owner_dsn)
        async with connection.transaction():
            await connection.execute(set_tenant(HERE))
            assert not (await connection.execute(change, HERE, shop, NOON)).endswith(" 0")
        await connection.close()
    for few in (0, FEW):
        monkeypatch.setattr(searching, "FEW", few)
        at = reading(database)
        (shelf,) = await SHELF.pages(at, [shop], PageRequest(100))
        asked = [(await pages_of(at, [shop], text))[0].rows for text in "0123"]
        await at.session.close()
        # Every code has one of these digits in front.
        assert {row.id for rows in asked for row in rows} == {row.id for row in shelf.rows}
        assert len(shelf.rows) == left
