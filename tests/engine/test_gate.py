from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    InlineFragmentNode,
    Visitor,
    build_schema,
    get_introspection_query,
    parse,
    visit,
)

from engine.cost import CEILING
from engine.documents import DocumentError
from engine.gate import Gate, LimitError, Operation
from engine.limits import FieldCost, Limits
from tests.engine import hostile
from tests.engine.small import COSTS, LIMITS, documents, extensions, gate, schema

_PRICES = {name: getattr(LIMITS, name) for name in ("leaves_per_unit", "list_size", "schema_cost", "type_cost")}
BOUNDLESS = {f.name: 10**12 for f in fields(Limits)} | _PRICES | {"nesting": 150}


def only(text: str, judge: Gate | None = None) -> Operation:
    (operation,) = (judge or gate()).analyse(parse(text)).operations
    return operation


def cost(text: str, variables: dict[str, Any] | None = None) -> int:
    return only(text, gate(**BOUNDLESS)).cost(variables or {})


def with_leaves(units: int, leaves: int) -> int:
    """What is to pay for these `units` and so many leaves: ten of them are one more, begun tens are whole."""
    return units + -(-leaves // LIMITS.leaves_per_unit)


class Selections(Visitor):
    """Counts the nodes that one walk has to see."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def enter(self, node: Any, *_: Any) -> None:
        self.count += isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)


@pytest.mark.parametrize("name", hostile.HOSTILE)
def test_hostile_document_is_refused_by_the_limit_it_breaks(name: str) -> None:
    make, limit = hostile.HOSTILE[name]
    with pytest.raises(DocumentError) as refused:
        documents().prepare(make())
    (error,) = refused.value.errors
    assert extensions(error)["code"] == "QUERY_TOO_COMPLEX"
    assert extensions(error)["limit"] == limit
    assert extensions(error)["maximum"] == getattr(LIMITS, limit)


@pytest.mark.parametrize("name", hostile.CIRCLES)
def test_fragments_in_a_circle_are_refused(name: str) -> None:
    with pytest.raises(DocumentError) as refused:
        documents().prepare(hostile.CIRCLES[name]())
    assert [extensions(e)["code"] for e in refused.value.errors] == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: hostile.laugh(140),
        lambda: hostile.laugh_nested(25),
        lambda: hostile.laugh_variables(20),
        lambda: hostile.deep(100),
        lambda: hostile.deep_fragments(60),
        lambda: hostile.wide(900),
        lambda: hostile.same_tree(7),
        lambda: hostile.cross_fragments(70),
        lambda: hostile.many_inline(150),
        lambda: hostile.spreads(400),
        lambda: hostile.unused_fragments(100),
        lambda: hostile.introspect_laugh(100),
    ],
)
def test_each_node_is_visited_once_however_often_fragments_repeat_it(make: Callable[[], str]) -> None:
    document = parse(make())
    counter = Selections()
    visit(document, counter)
    assert gate(**BOUNDLESS).analyse(document).visits == counter.count


def test_cost_program_has_one_step_per_variable_list_however_often_fragments_repeat_it() -> None:
    operation = only(hostile.laugh_variables(20), gate(**BOUNDLESS))
    assert len(operation.program) == 40
    assert operation.cost({"n": 100}) == CEILING // LIMITS.leaves_per_unit


def test_usage_is_counted_with_fragments_expanded() -> None:
    usage = only("{brand{...F a:rivals @include(if:true){...F}}} fragment F on Brand{i:id name @skip(if:false)}").usage
    assert (usage.depth, usage.width, usage.selections, usage.aliases, usage.directives) == (3, 1, 6, 3, 3)


def test_switches_are_those_of_the_operation_and_of_its_fragments() -> None:
    text = (
        "query A($a: Boolean!, $b: Boolean!, $n: Int){brand{...F @include(if: $a)} b: brand @skip(if: true){name}}"
        " query B($c: Boolean!){brand{...{id} ...@skip(if: $c){name}}} query C($a: Int){brand{id}}"
        " fragment F on Brand{i: id ...G @skip(if: $a)} fragment G on Brand{name @include(if: $b)}"
    )
    analysed = gate().analyse(parse(text)).operations
    assert [each.switches for each in analysed] == [("a", "b"), ("c",), ()]


def test_twelve_levels_pass_and_thirteen_do_not() -> None:
    assert only(hostile.deep(10), gate(cost=10**9, list_size=1)).usage.depth == 12
    with pytest.raises(LimitError, match="depth of 13 exceeds 12"):
        only(hostile.deep(11), gate(cost=10**9, list_size=1))


def test_standard_introspection_passes() -> None:
    operation = only(get_introspection_query(specified_by_url=True, input_value_deprecation=True, one_of=True))
    usage = operation.usage
    assert (usage.depth, usage.introspection_depth, usage.introspection_lists) == (1, 15, 2)
    assert operation.cost({}) == LIMITS.schema_cost


def test_cost_multiplies_below_lists() -> None:
    assert cost("{brand{__typename}}") == with_leaves(1, 1) == 2
    assert cost("{brand{products(first:10){edges{node{id}}}}}") == with_leaves(1 + 2 + 10 * (1 + 1), 10)
    assert cost("{brand{products(first:10){edges{node{brand{tags}}}}}}") == with_leaves(3 + 10 * 6, 10 * 5)
    assert cost("{brand{rivals{rivals{id}}}}") == with_leaves(1 + 1 + 20 * (1 + 1 + 20 * 1), 20 * 20)


def test_leaves_cost_a_tenth_each_over_the_whole_answer() -> None:
    leaves = "id name __typename a:id b:id c:id d:id e:id f:id"
    page = f"{{brand{{products(first:%d){{edges{{node{{{leaves}}}}}}}}}}}"
    assert cost(page % 1) == with_leaves(5, 9) == 6
    assert cost(page % 2) == with_leaves(7, 18) == 9
    assert cost(page % 100) == with_leaves(203, 900) == 293
    assert cost(f"{{brand{{{leaves} g:id h:id}}}}") == with_leaves(1, 11) == 3


def test_thousands_of_small_objects_are_too_dear_for_their_leaves() -> None:
    shelves = "query($i:[ID!]!){nodes(ids:$i){...on Brand{products(first:45){edges{node{%s}}}}}}"
    judge, asked = gate(), {"i": ["1"] * 50}
    assert judge.too_dear(only(shelves % "id", judge), asked) is None
    refusal = judge.too_dear(only(shelves % "id name __typename a:id b:id c:id", judge), asked)
    assert refusal is not None
    assert extensions(refusal)["limit"] == "cost"


def test_storefront_query_at_its_largest_page_takes_a_sixth_of_the_limit() -> None:
    built = build_schema("""
        type Query { store(id: ID!): Store }
        type Store { id: ID! name: String! distributor: Org shelf(first: Int, after: String): ShelfConnection! }
        type Org { id: ID! name: String! brands: [Brand!]! }
        type Brand { id: ID! name: String! }
        type ShelfConnection { edges: [ShelfEdge!]! pageInfo: PageInfo! }
        type ShelfEdge { cursor: String! node: Listing! }
        type PageInfo { hasNextPage: Boolean! endCursor: String }
        type Listing { id: ID! sku: Sku! price: Int sellable: Int! }
        type Sku { id: ID! code: String! name: String! product: Product! }
        type Product { id: ID! name: String! }
    """)
    store, listing = built.type_map["Store"], built.type_map["Listing"]
    assert isinstance(store, GraphQLObjectType)
    assert isinstance(listing, GraphQLObjectType)
    store.fields["shelf"].extensions["cost"] = FieldCost(1, slicing=("first",), default=20, maximum=100)
    listing.fields["price"].extensions["cost"] = listing.fields["sellable"].extensions["cost"] = FieldCost(1)
    operation = only(
        """query Q1($id: ID!, $first: Int) { store(id: $id) { id name distributor { id name brands { id name } }
           shelf(first: $first) { edges { cursor node { id sku { id code name product { id name } } price sellable } }
           pageInfo { hasNextPage endCursor } } } }""",
        Gate(built, LIMITS),
    )
    head = 1 + 1 + (1 + 20) + 1
    above, each = 2 + 2 + 20 * 2, 9 + 2
    assert operation.cost({"first": 20}) == with_leaves(head + 20 * 7, above + 20 * each)
    assert operation.cost({"first": 100}) == with_leaves(head + 100 * 7, above + 100 * each) == 839
    assert (operation.usage.depth, operation.usage.selections) == (7, 26)


def page_of(size: int) -> int:
    """What `{brand{products{edges{node{id}}}}}` costs with so many."""
    return with_leaves(1 + 2 + size * (1 + 1), size)


def test_slicing_argument_falls_back_to_its_default_and_stops_at_its_maximum() -> None:
    page = "{brand{products%s{edges{node{id}}}}}"
    assert cost(page % "") == page_of(20)
    assert cost(page % "(first:null)") == page_of(20)
    assert cost(page % "(first:100)") == page_of(100)
    assert cost(page % "(first:101)") == page_of(100)
    assert cost(page % "(first:-5)") == page_of(0)
    assert cost(page % '(first:"x")') == page_of(100)
    assert cost(page % f"(first:{'9' * 5000})") == page_of(100)


@pytest.mark.parametrize(
    ("variables", "size"),
    [
        ({}, 7),
        ({"n": 30}, 30),
        ({"n": None}, 20),
        ({"n": 10.0}, 10),
        ({"n": 1e300}, 100),
        ({"n": -3}, 0),
        ({"n": "30"}, 100),
        ({"n": True}, 100),
        ({"n": [1]}, 100),
    ],
)
def test_slicing_variable_is_read_as_sent(variables: dict[str, Any], size: int) -> None:
    text = "query($n:Int=7){brand{products(first:$n){edges{node{id}}}}}"
    assert cost(text, variables) == page_of(size)


def test_list_argument_counts_by_its_length() -> None:
    def nodes_of(count: int) -> int:
        return with_leaves(1 + count * (1 + 1 + 20), count * 20)

    assert cost('{nodes(ids:["1","2","3"]){... on Brand{rivals{id}}}}') == nodes_of(3)
    assert cost("{nodes(ids:7){... on Brand{rivals{id}}}}") == nodes_of(1)
    assert cost("query($i:[ID!]!){nodes(ids:$i){... on Brand{rivals{id}}}}", {"i": ["1"] * 60}) == nodes_of(50)
    assert cost("query($i:[ID!]!){nodes(ids:$i){... on Brand{rivals{id}}}}", {"i": "1"}) == nodes_of(1)


def test_variable_cost_is_refused_at_the_request_only() -> None:
    judge = gate(cost=250)
    operation = only(
        "query($n:Int){brand{a:products(first:$n){edges{node{id}}} b:products(first:2){edges{node{id}}}}}", judge
    )
    assert judge.too_dear(operation, {"n": 100}) is None
    assert operation.cost({"n": 100}) == with_leaves(1 + 2 + 200 + 2 + 4, 102) == 220
    refusal = gate(cost=219).too_dear(operation, {"n": 100})
    assert refusal is not None
    assert extensions(refusal) == {"code": "QUERY_TOO_COMPLEX", "limit": "cost", "maximum": 219}


def test_fragment_cost_depends_on_the_list_it_is_spread_in() -> None:
    text = """query($n:Int){brand{...F products(first:$n){edges{node{brand{...F}}}}}}
              fragment F on Brand{rivals{rivals{id}} products(first:$n){edges{node{id}}}}"""
    fragment, leaves = 1 + 20 * (1 + 1 + 20) + 2 + 3 * 2, 20 * 20 + 3
    assert cost(text, {"n": 3}) == with_leaves(1 + fragment + 2 + 3 * (1 + 1 + 1 + fragment), leaves + 3 * leaves)


def test_closed_field_is_forbidden_with_its_path() -> None:
    judge = gate()
    operation = only("{b:brand{name p:products{edges{node{...F}}}}} fragment F on Product{id fen:costFen}", judge)
    assert judge.forbidden(operation, "STAFF") is None
    verdict = judge.forbidden(operation, "CONSUMER")
    assert verdict is not None
    assert verdict.path == ["b", "p", "edges", "node", "fen"]
    assert extensions(verdict) == {"code": "FORBIDDEN"}
    assert judge.forbidden(operation, "CONSUMER") is verdict
    assert judge.forbidden(operation, "INVENTED") is not None


def test_field_without_audience_is_closed_to_everyone() -> None:
    bare = parse("{brand{id}}")
    judge = Gate(build_schema("type Query{brand:Brand} type Brand{id:ID}"), LIMITS)
    (operation,) = judge.analyse(bare).operations
    verdict = judge.forbidden(operation, "STAFF")
    assert verdict is not None
    assert verdict.path == ["brand"]


def test_field_of_an_interface_is_judged_on_every_type_behind_it() -> None:
    built = build_schema(
        "interface N{id:ID} type A implements N{id:ID} type B implements N{id:ID} type Query{n:N a:A}", no_location=True
    )
    open_to_all = frozenset({"NOBODY", "STAFF"})
    for name in ("Query", "N", "A", "B"):
        for field in built.type_map[name].fields.values():  # type: ignore[attr-defined]  # all four have fields
            extensions(field)["audience"] = frozenset({"STAFF"}) if name == "B" else open_to_all
    judge = Gate(built, LIMITS)
    assert judge.forbidden(only("{a{id}}", judge), "NOBODY") is None
    behind = judge.forbidden(only("{n{id}}", judge), "NOBODY")
    assert behind is not None
    assert behind.path == ["n", "id"]
    assert judge.forbidden(only("{n{id}}", judge), "STAFF") is None


def test_typename_and_introspection_need_no_audience() -> None:
    judge = gate()
    operation = only('{__typename brand{__typename} __type(name:"Brand"){fields{name}} __schema{types{name}}}', judge)
    assert judge.forbidden(operation, "NOBODY") is None
    assert judge.forbidden(only("mutation{order{__typename}}", judge), "NOBODY") is None


def test_unknown_types_and_fragments_are_left_to_validation() -> None:
    operation = only("{brand{...Gone nothing{at{all}} ...on Gone{x}}}")
    assert operation.usage.depth == 4
    with pytest.raises(DocumentError) as refused:
        documents().prepare("{brand{...Gone}}")
    assert refused.value.errors[0].message == "Unknown fragment 'Gone'."


def test_ten_union_members_with_two_fields_each_pass() -> None:
    members = " ".join(f"...on T{i}{{code message}}" for i in range(10))
    assert only(f"mutation{{order{{{members}}}}}").usage.overlaps == 18


def test_every_limit_named_by_the_gate_exists() -> None:
    assert {limit for _, limit in hostile.HOSTILE.values()} <= {f.name for f in fields(Limits)}
    assert all(name in schema.type_map for name, _ in COSTS)


def test_circle_in_an_unused_fragment_is_found() -> None:
    with pytest.raises(GraphQLError, match="within itself"):
        gate().analyse(parse("{brand{id}} fragment A on Brand{...A}"))
