"""Each field of each mutation's input, wrong in every way there is: told in words, and nothing is written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInterfaceType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boot
from models.database import Database
from tests.graph.acted import ACTS
from tests.graph.inputs import anything, input_of, odd, places, put, sample, wrong
from tests.graph.selling import FULFILLER, Selling, opened
from tests.graph.trade import written
from tests.graph.walk import CORE
from tests.proof import size

BY_TYPE = {"BAD_USER_INPUT", "BAD_ID", "GRAPHQL_VALIDATION_FAILED"}
"""How the graph itself refuses what is of another type."""
OF_A_WHOLE = {"authorizeAssortment", "contributeToPool"}
"""Acts that say something about all their rows together, which stands though no row does."""
WHOSE = ("ownerId", "brandId", "grantorId", "sellerId", "fulfillerId", "upstreamId", "organizationId")
"""For whom an act is done: who speaks for nobody says so."""
ENDING = [name for name in ACTS if name.startswith(("end", "revoke", "unlist", "close", "cancel"))]
"""What takes away what others need."""
_REFUSAL = CORE.type_map["Refusal"]
assert isinstance(_REFUSAL, GraphQLInterfaceType)
REFUSALS = {kind.name for kind in CORE.get_possible_types(_REFUSAL)}
WRITTEN = """SELECT (SELECT count(*) FROM idempotency_key), (SELECT count(*) FROM audit_entry),
  (SELECT count(*) FROM outbox_event)"""


@dataclass
class Trying:
    """A tenant in which there is something of everything, the good values there are by the names of fields."""

    sale: Selling
    books: asyncpg.Connection
    known: dict[str, Any] = field(default_factory=dict)
    kept: tuple[int, int, int] = (0, 0, 0)

    async def key(self, kind: str, query: str) -> str:
        return f"{kind}_{(await self.books.fetchval(query, self.sale.trade.key(self.sale.store))).hex}"

    async def left(self) -> tuple[int, int, int]:
        """How many keys, audit entries and events there are more than last time."""
        keys, entries, events = self.kept
        self.kept = now = tuple(await self.books.fetchrow(WRITTEN))
        return now[0] - keys, now[1] - entries, now[2] - events

    def good(self, act: str) -> dict[str, Any]:
        kind = input_of(act)
        return {**sample(kind, self.known), **{name: self.known[name] for name in WHOSE if name in kind.fields}}

    async def look(self) -> None:
        """Find out what there is."""
        sale, id_of = self.sale, self.sale.trade.id
        shop, other, house, brand = (id_of(name) for name in (sale.store, "store:2", "distributor:1", "brand:1"))
        line = await sale.line(1, 1)
        self.known |= {
            **dict.fromkeys(("ownerId", "sellerId", "granteeId", "visibleToId", "fulfillerId"), shop),
            **dict.fromkeys(("organizationId", "buyerId"), other),
            **dict.fromkeys(("upstreamId", "primaryId"), house),
            **dict.fromkeys(("grantorId", "brandId"), brand),
            **dict.fromkeys(("skuId", "skuIds"), sale.sku(1)),
            **dict.fromkeys(("regionCode", "regionCodes"), sale.trade.region),
            **dict.fromkeys(("product", "code"), "1"),
            **dict.fromkeys(("validFrom", "at"), "2026-11-25T00:00:00Z"),
            "siteId": id_of("site:city"),
            "parentId": id_of("site:main"),
            "territoryId": id_of("territory:1"),
            "categoryIds": id_of("category:beer"),
            "customerId": id_of("member:1"),
            "staffId": id_of("staff:store:1/clerk"),
            "cloudStoreId": sale.shelf,
            "listingId": line["listingId"],
            "locationId": await self.key("location", "SELECT id FROM location WHERE organization_id = $1 LIMIT 1"),
            "toLocationId": await self.key("location", "SELECT id FROM location WHERE organization_id <> $1 LIMIT 1"),
            "priceListId": await self.key("pricelist", "SELECT id FROM price_list WHERE seller_id = $1"),
            "assortmentId": await self.key(
                "assortment", 'SELECT assortment_id FROM "authorization" WHERE grantee_id = $1'
            ),
            "poolId": await self.key("pool", "SELECT pool_id FROM pool_contribution WHERE visible_to_id = $1"),
            "contributionId": await self.key(
                "contribution", "SELECT id FROM pool_contribution WHERE visible_to_id = $1"
            ),
            "orderId": await sale.paid((1, 2)),
            "reservationId": "reservation_" + "0" * 32,
            "refundId": "refund_" + "0" * 32,
            "bannerUrl": "https://a.example/b",
            "producedOn": "2026-11-01",
            "expiresOn": "2027-11-01",
            "date": "2026-11-01",
            "validUntil": "2026-11-26T00:00:00Z",
            "category": "beer",
            "parent": "drinks",
            "phone": "+8613800000000",
            "criteria": "OWN_FIRST",
        }


@pytest.fixture(scope="module")
async def trying(access: boot.Access, app: Database) -> AsyncIterator[Trying]:
    trade = await written(access.owner)
    sale = await opened(access.owner, app, trade, 111)
    await sale.contribute(2, 5)
    books = await asyncpg.connect(access.owner)
    await books.execute(f"SET app.tenant_id = '{trade.tenant}'")
    made = Trying(sale, books)
    await made.look()
    await made.left()
    yield made
    await books.close()


def told_there(asked: Any, path: tuple[Any, ...]) -> str | None:
    """What is to be found fault with in an answer to what cannot be meant at a place; None if it is said there."""
    if asked.errors:
        return None if set(asked.codes) <= BY_TYPE else str(asked.errors)
    whole = ["input", *map(str, path)]
    answers = asked.data["done"].get("rows") or [asked.data["done"]]
    named = [problem["path"] for one in answers for problem in one.get("problems", ())]
    return None if any(there[: len(whole)] == whole for there in named) else str(asked.data["done"])


@pytest.mark.parametrize("act", ACTS)
async def test_what_cannot_be_meant_is_said_where_it_stands(act: str, trying: Trying) -> None:
    """A row that is wrong is told in its place: then the act is kept under its key, and changes nothing."""
    kind, good, faults, kept = input_of(act), trying.good(act), {}, 0
    for path, at in places(kind):
        value = sample(at.type, trying.known, str(path[-1]))
        for bad in wrong(at, value):
            asked = await trying.sale.do(act, put(good, kind, trying.known, path, bad), by="admin")
            kept += not asked.errors and "rows" in asked.data["done"]
            if fault := told_there(asked, path):
                faults[*path, repr(bad)[:40]] = fault[:300]
    assert faults == {}
    assert await trying.left() == (kept, kept, kept if act in OF_A_WHOLE else 0)


PAIRS = {"validFrom": "validUntil", "producedOn": "expiresOn"}
WINDOWS = [(act, path) for act in ACTS for path, _ in places(input_of(act)) if path[-1] in PAIRS]


@pytest.mark.parametrize(("act", "path"), WINDOWS, ids=str)
async def test_what_ends_before_it_begins_is_refused(act: str, path: tuple[Any, ...], trying: Trying) -> None:
    begins = trying.known[path[-1]]
    ends = (*path[:-1], PAIRS[path[-1]])
    kind, good, kept = input_of(act), put(trying.good(act), input_of(act), trying.known, path, begins), 0
    for end in (begins, "2026-11-24T12:00:00.000001Z" if "T" in begins else "2026-10-31"):
        asked = await trying.sale.do(act, put(good, kind, trying.known, ends, end), by="admin")
        assert asked.errors == []
        assert told_there(asked, ()) is None, asked.data
        kept += "rows" in asked.data["done"]
    assert await trying.left() == (kept, kept, 0)


async def left_wrong(trying: Trying, asked: Any) -> str | None:
    """What is to be found fault with in whatever was answered, and in what that left behind; None if nothing is."""
    left = await trying.left()
    refused = bool(asked.errors) or asked.data["done"]["__typename"] in REFUSALS
    wrote_rightly = left == (0, 0, 0) if refused else left[0] == 1 and left[1] >= 1
    return None if set(asked.codes) <= BY_TYPE and wrote_rightly else f"{left} {asked.errors or asked.data}"


@pytest.mark.prove
@settings(
    derandomize=True,
    deadline=None,
    max_examples=size(100, 5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(act=st.sampled_from(sorted(ACTS)), data=st.data())
async def test_no_input_is_an_internal_error(trying: Trying, act: str, data: Any) -> None:
    """Good, odd and wrong values thrown together."""
    command = data.draw(anything(input_of(act), trying.known))
    asked = await trying.sale.do(act, command, by=data.draw(st.sampled_from(["admin", FULFILLER, "member:1"])))
    if asked.codes != ["FORBIDDEN"]:
        assert await left_wrong(trying, asked) is None


@pytest.mark.parametrize("act", [*(name for name in ACTS if name not in ENDING), *ENDING])
async def test_what_is_odd_is_done_or_refused_in_words(act: str, trying: Trying) -> None:
    """What is refused leaves nothing; what is done leaves its key and its entry."""
    kind, good, faults = input_of(act), trying.good(act), {}
    for path, at in places(kind):
        value = sample(at.type, trying.known, str(path[-1]))
        for strange in odd(at, value):
            asked = await trying.sale.do(act, put(good, kind, trying.known, path, strange), by="admin")
            if fault := await left_wrong(trying, asked):
                faults[*path, repr(strange)[:40]] = fault[:300]
    assert faults == {}
