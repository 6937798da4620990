"""What several tests of the graph share beside the demo."""

from asyncio import sleep

import pytest

import boot
from loaders.tenants import RETRY_S
from tests.graph.client import GraphClient
from tests.graph.trade import Trade, written


@pytest.fixture(scope="session")
async def trade(access: boot.Access, graph: GraphClient) -> Trade:
    """A small tenant with a campaign of every sort; tests put back what they change."""
    made = await written(access.owner)
    await sleep(RETRY_S)  # the directory looks again for a name that it does not have
    assert (await graph.ask("{ tenant { code } }", tenant=made.code)).errors == []
    return made
