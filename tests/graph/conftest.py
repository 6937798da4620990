"""What several tests of the graph share beside the demo."""

from collections.abc import AsyncIterator

import pytest

import boot
import schema
from models.database import Database
from tests.conftest import NOW
from tests.graph.acting import Acts
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA
from tests.graph.rooms import Rooms
from tests.graph.scratch import dressed
from tests.graph.selling import Selling, opened
from tests.graph.shops import Shop
from tests.graph.trade import Trade, written


@pytest.fixture(scope="session", autouse=True)
async def acted(access: boot.Access) -> None:
    """The demo's tenants have of what acts alone make one of each."""
    for ids in (IOWA, FORTY):
        await dressed(access, ids)


@pytest.fixture(scope="session")
async def trade(access: boot.Access, graph: GraphClient) -> Trade:
    """A small tenant with a campaign of every sort; tests put back what they change."""
    made = await written(access.owner)
    graph.look_again()
    assert (await graph.ask("{ tenant { code } }", tenant=made.code)).errors == []
    return made


@pytest.fixture(scope="session")
async def changing(access: boot.Access, graph: GraphClient) -> Trade:
    """Another such tenant, for tests of acts that leave it otherwise than it was."""
    made = await written(access.owner)
    graph.look_again()
    assert (await graph.ask("{ tenant { code } }", tenant=made.code)).errors == []
    return made


@pytest.fixture
def acts(access: boot.Access, graph: GraphClient, changing: Trade) -> Acts:
    """Acts in that tenant."""
    return Acts(graph, changing, access.owner)


@pytest.fixture
async def shop(acts: Acts) -> Shop:
    """A store there that lists nothing yet, another one for each test."""
    made = Shop(acts, acts.trade.a_shop())
    await made.open()
    return made


@pytest.fixture(scope="session")
async def nodes(graph: GraphClient) -> dict[str, str]:
    """An id of every type that the demo of Iowa has, by its name."""
    ids = {
        "Brand": IOWA.brand(260),
        "Distributor": IOWA.distributor(56),
        "Store": IOWA.store(2191),
        "CloudStore": IOWA.cloud_store("STORE", 2191),
        "Site": IOWA.site("main"),
        "Category": IOWA.category(1062310),
        "Product": IOWA.product(43334),
        "Sku": IOWA.sku(43337),
        "Listing": IOWA.listing("STORE", 2191, 43337),
        "Assortment": IOWA.assortment(56),
        "PriceList": IOWA.price_list("TRADE", 56),
        "Location": IOWA.location("STORE", 2191),
        "Pool": IOWA.pool("DISTRIBUTOR", 56),
        "StockDocument": IOWA.of("stockdocument", "STORE", 2191),
        "Order": IOWA.order("S291988"),
        "Campaign": IOWA.campaign("FLAGSHIP-75"),
        "Customer": IOWA.customer(1),
        "Right": IOWA.of("right", "CLUB"),
        "Promoter": IOWA.of("promoter", 1),
        "Binding": IOWA.of("binding", 1),
        "Touch": IOWA.of("touch", 1),
    }
    of_its_own = await graph.ask(
        '{ organization(id: "%s") { territories { id } contributions(first: 1) { nodes { id } } '
        "staff(first: 1) { nodes { id } } } }" % ids["Distributor"],
        by="admin",
    )
    house = of_its_own.data["organization"]
    ids["Territory"], ids["Contribution"] = house["territories"][0]["id"], house["contributions"]["nodes"][0]["id"]
    ids["Staff"] = house["staff"]["nodes"][0]["id"]
    defined = await graph.ask("{ attributes(first: 1) { nodes { id } } }")
    ids["Attribute"] = defined.data["attributes"]["nodes"][0]["id"]
    held = await graph.ask(
        '{ customer(id: "%s") { memberships(first: 1) { nodes { id rights { coupon { id } } } } } }' % ids["Customer"],
        by="admin",
    )
    (member,) = held.data["customer"]["memberships"]["nodes"]
    ids["Membership"] = member["id"]
    ids["Coupon"] = next(here["coupon"]["id"] for here in member["rights"] if here["coupon"])
    return ids


@pytest.fixture(scope="session")
def subgraph(app: Database) -> GraphClient:
    """The same graph as a gateway asks it."""
    return GraphClient(app, NOW, remembers=False, served=schema.subgraph())


@pytest.fixture
async def rooms(access: boot.Access, graph: GraphClient, trade: Trade) -> Rooms:
    made = Rooms(graph, trade, access.owner)
    await made.open()
    return made


@pytest.fixture
async def sale(access: boot.Access, app: Database, changing: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test, with ten of what it sells."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    await made.end()
    yield made
    await made.end()
