"""How many statements it takes to say what reaches: for a hundred stores as many as for one; what a change costs."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import boot
from loaders.campaign.index import AIMS, CONDITIONS, REVISION
from loaders.campaign.reach import MENTIONS_OF_SKUS, MENTIONS_OF_STORES
from models.database import Database
from tests.conftest import NOW
from tests.graph.client import Answered, GraphClient
from tests.graph.test_campaigns import ANYBODY, CLERK, HERE, here, missed
from tests.graph.trade import DAY, WEEK, Trade, change, written

STORES = "query ($first: Int!) { stores(first: $first) { nodes { cloudStore { campaigns %s } } } }" % HERE
MISSED = (
    "query ($first: Int!) { stores(first: $first) { nodes { cloudStore { campaignsMissed(first: 2) { totalCount "
    "nodes { campaign { code } reason } } } } } }"
)
SHELF = (
    "query ($id: ID!, $first: Int!) { cloudStore(id: $id) { shelf(first: $first) { nodes { campaigns(first: 20) "
    "{ campaign { code } offFen } } } } }"
)
NAMING = [MENTIONS_OF_STORES.text, MENTIONS_OF_SKUS.text]
BUILDING = [REVISION.text, AIMS.text, CONDITIONS.text]


def built(asked: Answered) -> list[str]:
    """The statements that read the index, or what says that it still stands."""
    return [text for text in asked.statements if text in BUILDING]


@pytest.fixture(autouse=True)
async def warm(graph: GraphClient, trade: Trade) -> None:
    """The index is built."""
    await here(graph, trade)


async def cold_and_warm(graph: GraphClient, trade: Trade, document: str, by: str | None, **variables: Any) -> Answered:
    """The answer with the statements of both: where nobody asked before about these stores and skus, and asked again.

    The second time nobody asks which clauses name them.
    """
    first = await ask(graph, trade, document, by, **variables)
    graph.remembers = True
    try:
        again = await ask(graph, trade, document, by, **variables)
    finally:
        graph.remembers = False
    assert again.data == first.data
    named = [text for text in first.statements if text in NAMING]
    assert not set(again.statements) & set(NAMING)
    assert len(first.statements) == len(again.statements) + len(named)
    return first


async def ask(graph: GraphClient, trade: Trade, document: str, by: str | None = None, **variables: Any) -> Answered:
    asked = await graph.ask(document, variables, by=by, tenant=trade.code)
    assert asked.errors == []
    return asked


@pytest.mark.parametrize("first", [1, 10, 100])
# Stores, their cloud stores; revision, facts, territories, mentions, answers; campaigns.
@pytest.mark.parametrize(("by", "statements"), [(None, 8), ("member:1", 10), ("admin", 8)])
async def test_campaigns_of_many_stores(
    graph: GraphClient, trade: Trade, first: int, by: str | None, statements: int
) -> None:
    """A shopper is looked up once for who she is and once for what she has reached."""
    asked = await cold_and_warm(graph, trade, STORES, by, first=first)
    shown = [node["cloudStore"]["campaigns"] for node in asked.data["stores"]["nodes"]]
    assert len(shown) == first
    assert all(shown)
    assert len(asked.statements) == statements


@pytest.mark.parametrize("first", [1, 10, 100])
async def test_misses_of_many_stores(graph: GraphClient, trade: Trade, first: int) -> None:
    """Their totals cost nothing more."""
    asked = await cold_and_warm(graph, trade, MISSED, "admin", first=first)
    shown = [node["cloudStore"]["campaignsMissed"] for node in asked.data["stores"]["nodes"]]
    assert len(shown) == first
    assert all(page["nodes"] and page["totalCount"] for page in shown)
    assert len(asked.statements) == 8


@pytest.mark.parametrize("first", [1, 10, 100])
# Cloud store, shelf; revision, skus, mentions of skus; facts, territories, mentions, answers; campaigns.
@pytest.mark.parametrize(("by", "statements"), [(None, 10), ("member:1", 12), (CLERK, 11)])
async def test_campaigns_of_a_shelf(
    graph: GraphClient, trade: Trade, first: int, by: str | None, statements: int
) -> None:
    asked = await cold_and_warm(graph, trade, SHELF, by, id=trade.id("mall:store:1"), first=first)
    shown = [node["campaigns"] for node in asked.data["cloudStore"]["shelf"]["nodes"]]
    assert len(shown) == first
    assert all(shown)
    assert len(asked.statements) == statements


async def test_members_and_skus_together_cost_what_one_costs(graph: GraphClient, trade: Trade) -> None:
    field = 'a%d: campaigns(member: "%s", sku: "%s") { offFen }'
    fields = [field % (number, trade.id("member:1"), trade.id(f"sku:{number}")) for number in (1, 2, 3)]
    documents = [
        '{ cloudStore(id: "%s") { %s } }' % (trade.id("mall:store:1"), text) for text in (fields[0], " ".join(fields))
    ]
    counts = [len((await cold_and_warm(graph, trade, document, CLERK)).statements) for document in documents]
    assert counts == [11, 11]


async def test_what_is_below_a_campaign_is_read_for_all(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Campaign { owner { code } giftSku { code } "
        "funders { organization { code } shareBps } answers(first: 2) { nodes { store { code } stance } } "
        "targeting(first: 2) { conditionCount conditions(first: 2) { dimension site { code } territory { name } "
        "organization { code } memberTier { code } sku { code } category { code } } } } } }"
    )
    few = ["all", "site", "territory", "brand", "sku", "category", "opt-out", "gold"]
    many = [*few, "store", "below", "not-store", "two-ways", "opt-in", "noon", "fee", "draft", "tier", "vip", "app"]
    counts = []
    for names in (few, few, many):  # the first time, the driver also asks what an array of numbers is
        ids = [trade.id(f"campaign:{name}") for name in names]
        asked = await ask(graph, trade, document, "brand:1/operator", ids=ids)
        assert all(asked.data["nodes"])
        counts.append(len(asked.statements))
    # Viewer; revision, campaigns; funders, answers, clauses, conditions; organisations as owners, as funders, as stores
    # that answered and in conditions; sites, territories, levels, skus, categories.
    assert counts[1:] == [15, 15]


async def test_an_index_is_built_once_until_a_campaign_changes(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    """Every request asks whether it still stands; after a change the first one reads the campaigns anew."""
    title = "UPDATE campaign SET priority = $3 WHERE tenant_id = $1 AND id = $2"
    one, id = trade.key("campaign:own"), trade.id("mall:store:1")
    document = "query ($id: ID!) { cloudStore(id: $id) { campaigns(first: 1) { campaign { id } } } }"

    async def best() -> tuple[str, list[str]]:
        asked = await ask(graph, trade, document, id=id)
        return trade.name(asked.data["cloudStore"]["campaigns"][0]["campaign"]["id"]), built(asked)

    assert await best() == ("all", [REVISION.text])
    await change(access.owner, trade, (title, one, 10))
    try:
        assert await best() == ("own", BUILDING)
        assert await best() == ("own", [REVISION.text])
    finally:
        await change(access.owner, trade, (title, one, 7))
    assert await best() == ("all", BUILDING)
    assert await best() == ("all", [REVISION.text])


async def test_a_change_that_does_not_say_so_is_not_looked_for(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    """Why every act that changes campaigns must raise the revision."""
    status = "UPDATE campaign SET priority = $3 WHERE tenant_id = $1 AND id = $2"
    await change(access.owner, trade, (status, trade.key("campaign:own"), 10), bump=False)
    asked = await ask(graph, trade, STORES, first=1)
    await change(access.owner, trade, (status, trade.key("campaign:own"), 7), bump=False)
    assert built(asked) == [REVISION.text]
    assert next(iter(await here(graph, trade) or ())) == "all"


async def test_what_is_remembered_of_a_store_is_what_its_snapshot_holds(
    app: Database, trade: Trade, access: boot.Access
) -> None:
    """A tag that goes is seen at once, though no revision is raised; so is a clause that no longer names the store."""
    graph = GraphClient(app, NOW)
    assert await here(graph, trade) == await here(graph, trade)
    assert {"tag", "store"} <= set(await here(graph, trade) or ())
    store, campaign = trade.key("store:1"), trade.key("campaign:store")
    tags = "UPDATE organization SET tags = $3::text[] WHERE tenant_id = $1 AND id = $2"
    name = "UPDATE campaign_condition SET negated = $3 WHERE tenant_id = $1 AND campaign_id = $2 AND store_id = $4"
    await change(access.owner, trade, (tags, store, []), bump=False)
    try:
        assert ANYBODY - set(await here(graph, trade) or ()) == {"tag", "two-ways"}
        await change(access.owner, trade, (name, campaign, True, store))
        assert ANYBODY - set(await here(graph, trade) or ()) == {"tag", "two-ways", "store"}
    finally:
        await change(access.owner, trade, (tags, store, ["key-account"]), (name, campaign, False, store))
    assert set(await here(graph, trade) or ()) == ANYBODY


@pytest.mark.parametrize(
    ("later", "gone"),
    [
        (DAY - timedelta(microseconds=1), set[str]()),
        (DAY, {"over"}),
        (WEEK, {"over"}),
        (WEEK + DAY, {"all", "own", "tier", "silver", "over"}),
    ],
)
async def test_no_answer_depends_on_how_old_an_index_is(
    app: Database, trade: Trade, later: timedelta, gone: set[str]
) -> None:
    """Until a campaign changes an index is kept, and knows what was not over two days before it was built."""
    aged, fresh = GraphClient(app, NOW), GraphClient(app, NOW + later)
    await here(aged, trade)
    aged.now = NOW + later
    told = [await missed(graph, trade, CLERK) or {} for graph in (aged, fresh)]
    assert told[0] == told[1]
    reached = [await here(graph, trade, at=(NOW + later - DAY).isoformat()) for graph in (aged, fresh)]
    assert reached[0] == reached[1]
    known = {*told[0], *(await here(aged, trade) or ())}
    assert {"all", "own", "tier", "silver", "over"} - known == gone


async def test_what_a_store_says_is_seen_at_once(graph: GraphClient, trade: Trade, access: boot.Access) -> None:
    """Stances and terms are no part of the index: no revision is raised for them."""
    say = "INSERT INTO campaign_store (tenant_id, store_id, campaign_id, stance) VALUES ($1, $2, $3, $4)"
    undo = "DELETE FROM campaign_store WHERE tenant_id = $1 AND store_id = $2 AND campaign_id = $3"
    keys = [(trade.key("store:1"), trade.key(f"campaign:{name}")) for name in ("opt-in", "opt-out")]
    stances = ["OPTED_IN", "OPTED_OUT"]
    await change(
        access.owner, trade, *((say, *key, stance) for key, stance in zip(keys, stances, strict=True)), bump=False
    )
    try:
        assert set(await here(graph, trade) or ()) == ANYBODY - {"opt-out"} | {"opt-in"}
    finally:
        await change(access.owner, trade, *((undo, *key) for key in keys), bump=False)


async def test_many_at_once_after_a_change_build_one_index(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    await change(access.owner, trade)
    answers = await asyncio.gather(*(graph.ask(STORES, {"first": 1}, tenant=trade.code) for _ in range(6)))
    assert all(answer.errors == [] for answer in answers)
    # Every request's statements are recorded in every list: the pool is one.
    sent = max((answer.statements for answer in answers), key=len)
    assert sent.count(CONDITIONS.text) == sent.count(AIMS.text) == 1
    assert sent.count(REVISION.text) == 6


async def test_a_tenant_without_campaigns_pays_one_statement(graph: GraphClient, access: boot.Access) -> None:
    """Whether it still has none."""
    quiet = await written(access.owner, campaigns=False)
    graph.look_again()
    for first in (1, 100, 100):
        asked = await ask(graph, quiet, STORES, first=first)
    assert [node["cloudStore"]["campaigns"] for node in asked.data["stores"]["nodes"]] == [[]] * 100
    assert (len(asked.statements), built(asked)) == (3, [REVISION.text])
