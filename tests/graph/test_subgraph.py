"""The graph as a gateway composes and asks it: entities by their representations, and what the composition is told."""

from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    build_ast_schema,
    is_union_type,
    parse,
    print_ast,
    print_type,
)

import schema
from domain.access import Audience
from resolvers.integration import MAX_ENTITIES, NODE_LOADERS
from schema.federation import ENTITIES
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA
from tests.graph.walk import CORE

CLERK = "store:2191/clerk"
BUILT = schema.subgraph()._schema
ASKED = "query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Node { id } } }"
STORE = {"__typename": "Store", "id": IOWA.store(2191)}


def of(kind: str, id: str) -> dict[str, Any]:
    return {"__typename": kind, "id": id}


# ── entities ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_node_is_an_entity_under_its_id(subgraph: GraphClient, nodes: dict[str, str]) -> None:
    asked = await subgraph.ask(ASKED, {"of": [of(kind, id) for kind, id in nodes.items()]}, by="admin")
    assert asked.errors == []
    assert asked.data == {"_entities": [of(kind, id) for kind, id in nodes.items()]}


def test_every_type_that_is_a_node_is_an_entity() -> None:
    union = BUILT.type_map["_Entity"]
    assert is_union_type(union)
    node = CORE.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    names = {kind.name for kind in CORE.get_possible_types(node)}
    assert {kind.name for kind in union.types} == names == {kind.__name__ for kind in ENTITIES}
    assert {name.lower() for name in names} == set(NODE_LOADERS)


async def test_entities_are_answered_on_their_plan_in_order_with_their_fields(subgraph: GraphClient) -> None:
    text = """
      query ($of: [_Any!]!, $first: Int!) {
        _entities(representations: $of) {
          ... on Store { name shelf(first: $first) { nodes { price } } }
          ... on Sku { code product { name } }
        }
      }"""
    sku = of("Sku", IOWA.sku(43337))
    before = subgraph.outcomes["planned"]
    asked = await subgraph.ask(text, {"of": [sku, STORE, of("Store", IOWA.store(2502)), sku], "first": 2})
    assert asked.errors == []
    assert subgraph.outcomes["planned"] == before + 1
    rum = {"code": "43337", "product": {"name": "Captain Morgan Spiced Rum"}}
    keokuk = {"name": "Keokuk Spirits", "shelf": {"nodes": [{"price": 969}, {"price": 2339}]}}
    first, second, third, fourth = asked.data["_entities"]
    assert (first, second, fourth) == (rum, keokuk, rum)
    assert len(third["shelf"]["nodes"]) == 2


async def test_a_representation_may_stand_in_the_document_and_carry_more(subgraph: GraphClient) -> None:
    text = (
        "query ($id: ID!) { _entities(representations: "
        '[{__typename: "Store", id: $id, stars: 5, tags: ["x", {y: null}]}]) { ... on Store { name } } }'
    )
    asked = await subgraph.ask(text, {"id": IOWA.store(2191)})
    assert (asked.data, asked.errors) == ({"_entities": [{"name": "Keokuk Spirits"}]}, [])


async def test_no_entity_at_all(subgraph: GraphClient) -> None:
    asked = await subgraph.ask(ASKED, {"of": []})
    assert (asked.data, asked.errors, asked.statements) == ({"_entities": []}, [], [])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (of("Nothing", IOWA.store(2191)), "BAD_USER_INPUT"),
        (of("Organization", IOWA.store(2191)), "BAD_USER_INPUT"),
        (of("_Service", "x"), "BAD_USER_INPUT"),
        ({"id": IOWA.store(2191)}, "BAD_USER_INPUT"),
        ({"__typename": ["Store"], "id": IOWA.store(2191)}, "BAD_USER_INPUT"),
        (7, "BAD_USER_INPUT"),
        ("Store", "BAD_USER_INPUT"),
        ([STORE], "BAD_USER_INPUT"),
        ({"__typename": "Store"}, "BAD_ID"),
        (of("Store", "store_1"), "BAD_ID"),
        (of("Brand", IOWA.store(2191)), "BAD_ID"),
        ({"__typename": "Store", "id": {"x": 1}}, "BAD_ID"),
        (of("N" * 10_000, "x"), "BAD_USER_INPUT"),
    ],
)
async def test_a_wrong_representation_is_an_error_in_its_place_alone(
    subgraph: GraphClient, wrong: Any, code: str
) -> None:
    """Whatever asks in its place: the variables are the client's and stay as they are."""
    given = {"of": [STORE, wrong, STORE]}
    before = subgraph.outcomes["fallback:value"]
    for _ in range(2):
        asked = await subgraph.ask(ASKED, given)
        assert asked.data == {"_entities": [STORE, None, STORE]}
        assert [(error["path"], error["extensions"]["code"]) for error in asked.errors] == [(["_entities", 1], code)]
        assert len(asked.errors[0]["message"]) < 200
    assert given == {"of": [STORE, wrong, STORE]}
    assert subgraph.outcomes["fallback:value"] == before + 2


async def test_more_than_the_most_are_refused(subgraph: GraphClient) -> None:
    text = "query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }"
    most = [STORE] * MAX_ENTITIES
    assert (await subgraph.ask(text, {"of": most})).data == {"_entities": [{"__typename": "Store"}] * MAX_ENTITIES}
    refused = await subgraph.ask(text, {"of": [*most, STORE]})
    assert (refused.data, refused.codes) == (None, ["BAD_USER_INPUT"])


async def test_what_an_entity_costs_is_counted_for_each(subgraph: GraphClient) -> None:
    text = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Store { shelf { nodes { price } } } } }"
    assert (await subgraph.ask(text, {"of": [STORE] * 10})).errors == []
    assert (await subgraph.ask(text, {"of": [STORE] * 1_000})).codes == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize("many", [1, 10, 100])
async def test_entities_of_one_kind_cost_one_statement(subgraph: GraphClient, graph: GraphClient, many: int) -> None:
    page = await graph.ask("query ($n: Int!) { stores(first: $n) { nodes { id } } }", {"n": many})
    given = [of("Store", node["id"]) for node in page.data["stores"]["nodes"]]
    asked = await subgraph.ask(ASKED, {"of": given})
    assert (asked.data, len(asked.statements)) == ({"_entities": given}, 1)


async def test_what_is_not_the_viewer_s_is_no_entity(subgraph: GraphClient) -> None:
    """As for `node`: the conditions stand in the loaders, and the gate knows the fields of every entity."""
    customer, order = of("Customer", IOWA.customer(1)), of("Order", IOWA.order("S291988"))
    elsewhere = of("Store", FORTY.store(2191))
    given = {"of": [customer, order, elsewhere, STORE]}
    assert (await subgraph.ask(ASKED, given)).data == {"_entities": [None, None, None, STORE]}
    assert (await subgraph.ask(ASKED, given, by="member:46")).data == {"_entities": [None, None, None, STORE]}
    assert (await subgraph.ask(ASKED, given, by="member:1")).data["_entities"][0] == customer
    assert (await subgraph.ask(ASKED, given, by="brand:260/analyst")).data["_entities"][:2] == [None, None]
    phone = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { phone } } }"
    refused = await subgraph.ask(phone, {"of": [customer]})
    assert (refused.codes, refused.errors[0]["path"]) == (["FORBIDDEN"], ["_entities", "phone"])
    assert refused.statements == []


# ── the composition ───────────────────────────────────────────────────────────────────────────────────────────────────
async def told(subgraph: GraphClient) -> str:
    asked = await subgraph.ask("{ _service { sdl } }")
    assert (asked.errors, asked.statements) == ([], [])
    text: str = asked.data["_service"]["sdl"]
    return text


async def test_the_composition_is_told_every_type_and_which_are_entities(subgraph: GraphClient) -> None:
    document = parse(await told(subgraph))
    types = {one.name.value: one for one in document.definitions if isinstance(one, ObjectTypeDefinitionNode)}
    marked = {name: [print_ast(each) for each in one.directives or ()] for name, one in types.items()}
    assert {name for name, said in marked.items() if said == ['@key(fields: "id")']} == {
        kind.__name__ for kind in ENTITIES
    }
    assert {name: said for name, said in marked.items() if said and "@key" not in said[0]} == {
        "PageInfo": ["@shareable"]
    }
    own = {kind.name for kind in CORE.type_map.values() if isinstance(kind, GraphQLObjectType)}
    assert {name for name in own if not name.startswith("__")} - set(types) == {"Viewer"}


async def test_the_composition_is_told_what_the_graph_says_of_each_field(subgraph: GraphClient) -> None:
    """But for the directives and the root fields, word by word."""
    stated = build_ast_schema(parse(await told(subgraph)), assume_valid=True, assume_valid_sdl=True)
    query = CORE.query_type
    assert query is not None
    assert stated.query_type is not None
    assert set(query.fields) - set(stated.query_type.fields) == {"node", "nodes", "viewer"}
    assert set(stated.query_type.fields) <= set(query.fields)
    told_of = {name for name in stated.type_map if not name.startswith("__")}
    assert told_of == {name for name in CORE.type_map if not name.startswith("__")} - {
        "Viewer",
        "ActorClass",
        "Audience",
    }
    for name in told_of - {"Query"}:
        assert print_type(stated.type_map[name]) == print_type(CORE.type_map[name])


def test_every_field_of_the_subgraph_says_for_whom_it_is() -> None:
    query = BUILT.query_type
    assert query is not None
    everyone = frozenset(actor.value for actor in Audience.PUBLIC.admits)
    assert {query.fields[name].extensions["audience"] for name in ("_entities", "_service")} == {everyone}
    silent = [
        f"{kind.name}.{name}"
        for kind in BUILT.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if not field.extensions.get("audience")
    ]
    assert silent == []


async def test_the_graph_itself_has_nothing_of_it(graph: GraphClient) -> None:
    for text in ("{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"):
        assert (await graph.ask(text)).codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert not any(isinstance(one, ObjectTypeExtensionNode) for one in parse(schema.build().as_str()).definitions)
