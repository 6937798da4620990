"""Every field says for whom it is, and what is not for an actor is refused before anything runs."""

import re
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
)

import boot
from domain.access import ActorClass, Audience
from schema.base import Undeclared, attribute, declare
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.walk import BUILT, CORE, Place, fields

ACTORS = {
    ActorClass.NOBODY: None,
    ActorClass.CONSUMER: "member:1",
    ActorClass.STORE_CLERK: "store:2191/clerk",
    ActorClass.STORE_MANAGER: "store:2191/manager",
    ActorClass.DISTRIBUTOR_SALESPERSON: "distributor:56/salesperson",
    ActorClass.DISTRIBUTOR_OPERATOR: "distributor:56/operator",
    ActorClass.BRAND_OPERATOR: "brand:260/operator",
    ActorClass.BRAND_ANALYST: "brand:260/analyst",
    ActorClass.PARTNER: "partner:1",
    ActorClass.PLATFORM_ADMIN: "admin",
}


def test_every_field_says_for_whom_it_is() -> None:
    known = {frozenset(actor.value for actor in audience.admits) for audience in Audience}
    assert len(fields()) > 200
    assert [(kind, name) for kind, name, field in fields() if field.extensions.get("audience") not in known] == []


def test_a_schema_with_a_silent_field_is_not_built() -> None:
    @strawberry.type
    class Query:
        said: str = attribute("Said.", Audience.PUBLIC)
        silent: str = strawberry.field(description="Silent.")

    with pytest.raises(Undeclared) as refused:
        declare(strawberry.Schema(query=Query))
    assert refused.value.fields == ["Query.silent"]


def test_every_actor_class_has_someone_to_try_it() -> None:
    assert set(ACTORS) == set(ActorClass)


@pytest.mark.parametrize("actor", ACTORS)
async def test_the_viewer_is_who_she_is(graph: GraphClient, actor: ActorClass) -> None:
    asked = await graph.ask("{ viewer { actorClass mayRead } }", by=ACTORS[actor])
    admitted = [audience.value for audience in Audience if actor in audience.admits]
    assert asked.data == {"viewer": {"actorClass": actor.value, "mayRead": admitted}}


_SAMPLES = {
    "ID": '"x"',
    "String": '"x"',
    "Boolean": "true",
    "Date": '"2026-01-01"',
    "DateTime": '"2026-01-01T00:00:00Z"',
    **dict.fromkeys(("Int", "BasisPoint", "Count", "Fen"), "1"),
}


def _arguments(field: GraphQLField) -> str:
    """Values for what must be given; nothing of them is ever looked at."""
    given = [f"{name}: {_sample(each.type)}" for name, each in field.args.items() if is_required_argument(each)]
    return f"({', '.join(given)})" if given else ""


def _sample(type_: Any) -> str:
    kind: Any = get_named_type(type_)
    if is_enum_type(kind):
        value = next(iter(kind.values))
    elif is_input_object_type(kind):
        needed = {name: field.type for name, field in kind.fields.items() if is_required_input_field(field)}
        value = "{%s}" % ", ".join(f"{name}: {_sample(inner)}" for name, inner in needed.items())
    else:
        value = _SAMPLES[kind.name]
    return f"[{value}]" if "[" in str(type_) else value


def paths() -> dict[Place, tuple[str, list[Place]]]:
    """A shortest document to every field of every type, and the fields on the way to it, itself included."""
    query, mutation = CORE.query_type, CORE.mutation_type
    assert query is not None
    assert mutation is not None
    found: dict[Place, tuple[str, list[Place]]] = {}
    ahead: list[tuple[GraphQLObjectType | GraphQLInterfaceType, list[str], list[Place]]] = [
        (query, [], []),
        (mutation, ["mutation"], []),
    ]
    seen = {query.name, mutation.name}
    while ahead:
        kind, opened, way = ahead.pop(0)
        for name, field in kind.fields.items():
            below: Any = get_named_type(field.type)
            here = [*way, (kind.name, name)]
            selected = name + _arguments(field) + ("" if is_leaf_type(below) else " { __typename }")
            act, inside = ("mutation ", opened[1:]) if opened[:1] == ["mutation"] else ("", opened)
            text = act + "".join(f"{{ {part} " for part in inside) + f"{{ {selected} " + "}" * (len(inside) + 1)
            found[kind.name, name] = (text, here)
            if is_leaf_type(below):
                continue
            inside_it = [below, *([] if is_object_type(below) else CORE.get_possible_types(below))]
            if is_union_type(below):  # and what its members have in common
                shared = [interface for one in inside_it[1:] for interface in one.interfaces]
                inside_it = list(dict.fromkeys([*inside_it[1:], *shared]))
            for inner in inside_it:
                if inner.name not in seen:
                    seen.add(inner.name)
                    narrowed = [] if inner is below else [f"... on {inner.name}"]
                    ahead.append((inner, [*opened, name + _arguments(field), *narrowed], here))
    return found


PATHS = paths()


def test_there_is_a_way_to_every_field() -> None:
    assert set(PATHS) == {(kind, name) for kind, name, _ in fields()}


CLOSED = {
    ActorClass.NOBODY: 641,
    ActorClass.CONSUMER: 348,
    ActorClass.STORE_CLERK: 29,
    ActorClass.STORE_MANAGER: 29,
    ActorClass.DISTRIBUTOR_SALESPERSON: 5,
    ActorClass.DISTRIBUTOR_OPERATOR: 5,
    ActorClass.BRAND_OPERATOR: 5,
    ActorClass.BRAND_ANALYST: 241,
    ActorClass.PARTNER: 5,
}
"""How many fields are closed to each kind of actor; to the platform none. Closed to all others are
`createOrganization`, `saveAttributes`, `saveCategories`, `openNotices` and `shortLines`."""


@pytest.mark.parametrize("actor", ACTORS)
async def test_what_is_not_for_an_actor_is_refused_with_its_path(graph: GraphClient, actor: ActorClass) -> None:
    admitted = {(kind, name): field.extensions["audience"] for kind, name, field in fields()}
    closed = {place: way for place, way in PATHS.items() if actor.value not in admitted[place]}
    assert len(closed) == CLOSED.get(actor, 0)
    for text, way in closed.values():
        asked = await graph.ask(text, by=ACTORS[actor])
        assert asked.data is None
        assert asked.codes == ["FORBIDDEN"]
        # A field on the way may be closed as well: then that one is named.
        first = next(step for step, place in enumerate(way, 1) if actor.value not in admitted[place])
        assert asked.errors[0]["path"] == [name for _, name in way[:first]]
        # Who has a token is looked up; nothing else happens.
        assert len(asked.statements) == (0 if actor is ActorClass.NOBODY else 1)


def test_which_acts_are_for_whom() -> None:
    """Who is nobody may join; shoppers have the acts of a sale, whoever's part it is, and may apply for a store."""
    assert CORE.mutation_type is not None
    may = {name: set(field.extensions["audience"]) for name, field in CORE.mutation_type.fields.items()}
    assert [name for name, admitted in may.items() if ActorClass.NOBODY.value in admitted] == ["joinCloudStore"]
    assert {name for name, admitted in may.items() if ActorClass.CONSUMER.value in admitted} == {
        *("applyAsStore", "holdStock", "releaseHold", "joinCloudStore"),
        *("placeOrder", "payOrder", "receiveOrder", "cancelOrder", "cancelRest"),
        *("shipOrder", "refundOrder", "retryRefund"),  # the gate lets her ask, the act refuses her
    }
    assert {name for name, admitted in may.items() if ActorClass.BRAND_OPERATOR.value not in admitted} == {
        *("createOrganization", "saveAttributes", "saveCategories")
    }


async def test_a_closed_field_in_a_fragment_is_found(graph: GraphClient) -> None:
    text = (
        'query { store(id: "%s") { shelf { nodes { ...Inner } } } } '
        "fragment Inner on Listing { t: trade { supplyPrice } }" % IOWA.store(2191)
    )
    asked = await graph.ask(text)
    assert asked.errors[0]["path"] == ["store", "shelf", "nodes", "t"]
    assert asked.statements == []


CHINESE = re.compile(r"\([^()]*[\u4e00-\u9fff][^()]*\)")


def descriptions() -> dict[str, str | None]:
    """What every type, field, argument, input and enum value says of itself; the specification's own types aside."""
    found: dict[str, str | None] = {}
    for kind in CORE.type_map.values():
        if kind.name.startswith("__") or kind.name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        described: dict[str, Any] = {kind.name: kind}
        for name, field in getattr(kind, "fields", {}).items():
            described[f"{kind.name}.{name}"] = field
            for argument, given in getattr(field, "args", {}).items():
                described[f"{kind.name}.{name}({argument})"] = given
        for name, value in getattr(kind, "values", {}).items():
            described[f"{kind.name}.{name}"] = value
        found |= {name: item.description for name, item in described.items()}
    return found


def test_everything_is_described_with_its_chinese_term() -> None:
    assert len(descriptions()) > 700
    assert [name for name, text in descriptions().items() if not text or not CHINESE.search(text)] == []


def test_every_description_is_a_sentence() -> None:
    assert [name for name, text in descriptions().items() if not text or not text.endswith(".")] == []


def test_the_committed_schema_is_the_schema() -> None:
    assert (boot.PROJECT / "schema.graphql").read_text() == BUILT.as_str() + "\n"
