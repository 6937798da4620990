"""The walls: between tenants, and inside a tenant between an organisation and everyone it is not entitled to."""

from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.acted import ACTS
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.invoices import lines, order_number
from tests.graph.private import CLERK, OPEN_NOTICES, OPERATOR, OURS, SHORT_LINES, SISTER, STRANGER, THEIRS, house, shop
from tests.graph.private import PRIVATE as OF_ALL_SORTS
from tests.graph.private_sales import SALES
from tests.graph.scratch import changed
from tests.graph.walk import asked_by, private

PRIVATE = {**OF_ALL_SORTS, **SALES}
ORDER_REFERENCES = '{ order(id: "%s") { externalReferences { system value } } }' % IOWA.order("S291988")


def test_every_private_field_is_tried() -> None:
    documents = [ORDER_REFERENCES, OPEN_NOTICES, SHORT_LINES, *ACTS.values()]
    documents += [entry.document for entry in PRIVATE.values()]
    assert len(private()) == 485
    assert private() - {place for document in documents for place in asked_by(document)} == set()


def read(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = None if data is None else data[key]
    return data


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_seen_by_those_it_is_for(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.seen_by:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_nothing_to_others(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.hidden_from:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


@pytest.mark.parametrize("name", [name for name, private in PRIVATE.items() if private.refused_to])
async def test_what_is_one_dealing_is_refused_to_who_reads_aggregates(graph: GraphClient, name: str) -> None:
    for who in PRIVATE[name].refused_to:
        asked = await graph.ask(PRIVATE[name].document, by=who)
        assert (asked.data, asked.codes) == (None, ["FORBIDDEN"])


@pytest.mark.parametrize("name", PRIVATE)
async def test_the_same_actors_of_another_tenant_see_nothing(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in {CLERK, OURS, OPERATOR, "admin"} & {*private.seen_by, *private.hidden_from}:
        asked = await graph.ask(private.document, by=who, tenant="forty")
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_refused_to_nobody(graph: GraphClient, name: str) -> None:
    asked = await graph.ask(PRIVATE[name].document)
    if name == "the price at an ordering mall":  # a public field: there is just no price for her
        assert (asked.errors, asked.data) == ([], {"listing": {"it": None}})
        return
    if "node(" in PRIVATE[name].document and not asked.errors:  # the id alone is public, the row is not hers
        assert asked.data == {"it": None}
        return
    assert (asked.data, asked.codes, asked.statements) == (None, ["FORBIDDEN"], [])


async def test_a_total_counts_only_what_the_viewer_may_see(graph: GraphClient) -> None:
    placed = shop("ordersPlaced(first: 1) { totalCount }")
    received = house("ordersReceived(first: 1) { totalCount }")
    totals = {}
    for who in ("admin", OURS, CLERK, SISTER, STRANGER, THEIRS, OPERATOR, "member:1"):
        asked = [await graph.ask(text, by=who) for text in (placed, received)]
        totals[who] = (
            asked[0].data["store"]["ordersPlaced"]["totalCount"],
            asked[1].data["organization"]["ordersReceived"]["totalCount"],
        )
    buyers = [(row["Store Number"], order_number(row)) for row in lines() if row["County Number"] == "56.0"]
    by_shop = {number: len({order for shop, order in buyers if shop == number}) for number in ("2191", "2555")}
    everything = (by_shop["2191"], len({order for _, order in buyers}))
    assert totals == {
        "admin": everything,
        OURS: everything,
        CLERK: (by_shop["2191"], by_shop["2191"]),
        SISTER: (0, by_shop["2555"]),
        **dict.fromkeys((STRANGER, THEIRS, OPERATOR, "member:1"), (0, 0)),
    }


async def test_an_orders_number_elsewhere_is_for_whose_system_it_is(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """The other party of the same order does not see it."""
    order, owner = IOWA.keys.of("order", "S291988"), IOWA.keys.of("organization", "DISTRIBUTOR", 56)
    do = "INSERT INTO external_reference (tenant_id, organization_id, aggregate, aggregate_id, system, value)"
    undo = "DELETE FROM external_reference WHERE tenant_id = $1 AND aggregate_id = $2"
    insert = (do + " VALUES ($1, $2, 'order', $3, 'ERP', 'SO-1')", [owner, order])
    async with changed(access, iowa, [insert], [(undo, [order])]):
        seen = {who: (await graph.ask(ORDER_REFERENCES, by=who)).data["order"] for who in (OURS, CLERK, STRANGER)}
    assert seen == {
        OURS: {"externalReferences": [{"system": "ERP", "value": "SO-1"}]},
        CLERK: {"externalReferences": []},
        STRANGER: None,
    }
