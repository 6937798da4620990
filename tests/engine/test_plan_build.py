"""The tree of a plan: which fields it has and in what order, how each is answered, and what has no plan."""

from typing import Any

import pytest
import strawberry
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from engine.answering import Batched, Computed
from engine.documents import Prepared
from engine.gate import Operation
from engine.plan.build import build
from engine.plan.tree import (
    Abstract,
    Attribute,
    Items,
    Leaf,
    Object,
    Resolver,
    Shape,
    Typename,
    Unplannable,
    Value,
)
from tests.engine import small
from tests.engine.orchard import strawberry_schema
from tests.engine.plans import same, unchecked, unplannable, validated


def built(asked: tuple[Prepared, Operation], **switches: Any) -> Shape:
    prepared, operation = asked
    return build(strawberry_schema, prepared.document, operation.definition, switches, most_fields=100).root


def keys(value: Value | Shape) -> Any:
    """Response keys, nested as the answer is; by type where the type is known at run time."""
    if isinstance(value, Shape):
        return {field.key: keys(field.value) for field in value.fields}
    if isinstance(value, Leaf):
        return None
    if isinstance(value, Items):
        return keys(value.item)
    return keys(value.shape) if isinstance(value, Object) else {name: keys(one) for name, one in value.shapes.items()}


def ordered(value: Any) -> Any:
    return [(key, ordered(below)) for key, below in value.items()] if isinstance(value, dict) else value


# ── what has no plan ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{theTree{told}}", "resolver"),
        ("{theTree{shouted}}", "extension"),
        ("{theTree{name ...{children{told}}}}", "resolver"),
        ("{theTree{told @skip(if: true) name}}", None),
        ("{theTree{things{...on Stone{name} ...on Tree{told}}}}", "resolver"),
        ("{__schema{queryType{name}}}", None),
    ],
)
def test_a_field_that_only_the_reference_can_answer_has_no_plan(text: str, reason: str | None) -> None:
    assert unplannable(validated(text)) == reason


def test_parts_that_come_later_have_no_plan() -> None:
    """The directive is not in the schema, so that the documents refuse it: should it ever be, plans know it not."""
    assert unplannable(unchecked("{theTree{name ...@defer{label}}}")) == "defer"


def test_a_field_that_is_not_there_has_no_plan() -> None:
    assert unplannable(unchecked("{theTree{nothing}}")) == "unknown"


def test_a_switch_without_a_value_has_no_plan() -> None:
    prepared, operation = validated("query($on: Boolean!){version @include(if: $on)}")
    with pytest.raises(Unplannable) as raised:
        build(strawberry_schema, prepared.document, operation.definition, {}, most_fields=9)
    assert raised.value.reason == "switch"


def test_a_subscription_has_no_plan() -> None:
    prepared = small.documents().prepare("subscription{count(to: 1)}")
    with pytest.raises(Unplannable) as raised:
        build(small.strawberry_schema, prepared.document, prepared.operation(None).definition, {}, most_fields=9)
    assert raised.value.reason == "subscription"


def test_fields_are_counted_for_every_type_that_they_may_meet() -> None:
    """One for the root's, one for each of the two types of Thing, two more for the second's."""
    asked = validated("{thing{name ...on Stone{weight colour}}}")
    prepared, operation = asked
    assert build(strawberry_schema, prepared.document, operation.definition, {}, most_fields=5).fields == 5
    assert unplannable(asked, most=5) is None
    assert unplannable(asked, most=4) == "size"


class Nobody(BasePermission):
    message = "Nobody may."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return False


@strawberry.type
class Guarded:
    secret: str = strawberry.field(resolver=lambda: "secret", permission_classes=[Nobody], graphql_type=str)
    plain: str = "plain"


def reason_for(schema: strawberry.Schema, text: str) -> str:
    prepared, operation = unchecked(text)
    with pytest.raises(Unplannable) as raised:
        build(schema, prepared.document, operation.definition, {}, most_fields=9)
    return raised.value.reason


def test_a_field_with_a_permission_has_no_plan() -> None:
    assert reason_for(strawberry.Schema(Guarded), "{secret}") == "extension"


def test_a_schema_that_reads_attributes_its_own_way_has_no_plans_for_them() -> None:
    config = StrawberryConfig(default_resolver=lambda source, name: source[name])
    assert reason_for(strawberry.Schema(Guarded, config=config), "{plain}") == "resolver"


# ── what the tree says ────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_field_says_how_it_is_answered() -> None:
    (tree, _, schema_) = built(
        validated("{theTree{__typename name twice label age}version __schema{description}}")
    ).fields
    assert isinstance(tree.source, Batched)
    assert isinstance(schema_.source, Resolver)
    assert isinstance(tree.value, Object)
    sources = [field.source for field in tree.value.shape.fields]
    assert sources[:2] == [Typename("Tree"), Attribute("name")]
    assert [type(source) for source in sources[2:]] == [Computed, Batched, Resolver]


def test_values_say_where_null_may_stand() -> None:
    (tree,) = built(validated("{tree(number: 1){rows{name} tags found{__typename} remark}}")).fields
    assert isinstance(tree.value, Object)
    rows, tags, found, remark = (field.value for field in tree.value.shape.fields)
    assert (tree.value.nonnull, remark.nonnull) == (False, False)
    assert isinstance(rows, Items)
    assert isinstance(rows.item, Items)
    assert (rows.nonnull, rows.item.nonnull, rows.item.item.nonnull) == (True, False, False)
    assert isinstance(tags, Items)
    assert isinstance(tags.item, Leaf)
    assert (tags.nonnull, tags.item.nonnull, tags.item.type.name) == (True, True, "String")
    assert isinstance(found, Abstract)
    assert (found.nonnull, set(found.shapes)) == (False, {"Tree", "Stone", "Note"})


def test_a_field_knows_all_its_places() -> None:
    (tree,) = built(validated("{theTree{name} ...{theTree{name key}}}")).fields
    assert isinstance(tree.value, Object)
    assert len(tree.nodes) == 2
    assert [(field.key, len(field.nodes)) for field in tree.value.shape.fields] == [("name", 2), ("key", 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{version theTree{key name} version}", {"version": None, "theTree": {"key": None, "name": None}}),
        ("{theTree{name} a: version theTree{key}}", {"theTree": {"name": None, "key": None}, "a": None}),
        (
            "{theTree{...F name ...on Thing{number ...on Stone{weight}}}} fragment F on Tree{key ...on Thing{name}}",
            {"theTree": {"key": None, "name": None, "number": None}},
        ),
        (
            "{thing{...on Tree{key} name ...on Stone{weight} ...on Thing{number}}}",
            {"thing": {"Tree": {"key": None, "name": None, "number": None},
                       "Stone": {"name": None, "weight": None, "number": None}}},
        ),
        (
            "{found{...on Thing{name ...on Stone{weight}} ...on Note{text} __typename}}",
            {"found": {"Tree": {"name": None, "__typename": None},
                       "Stone": {"name": None, "weight": None, "__typename": None},
                       "Note": {"text": None, "__typename": None}}},
        ),
    ],
)  # fmt: skip
def test_keys_come_in_the_order_in_which_they_are_met(text: str, expected: Any) -> None:
    assert ordered(keys(built(validated(text)))) == ordered(expected)


SWITCHED = """query($on: Boolean!, $off: Boolean! = true){
  a: version @include(if: $on) b: version @skip(if: $on) c: version @skip(if: $off) @include(if: $on)
  d: version @include(if: false) e: version @skip(if: false)
  ...F @include(if: $on) ...@skip(if: $on){g: version}
} fragment F on Query{f: version}"""


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"on": True, "off": True}, ["a", "e", "f"]),
        ({"on": True, "off": False}, ["a", "c", "e", "f"]),
        ({"on": False, "off": False}, ["b", "e", "g"]),
    ],
)
async def test_switches_decide_what_is_there(switches: dict[str, bool], expected: list[str]) -> None:
    assert [field.key for field in built(validated(SWITCHED), **switches).fields] == expected
    assert list((await same(SWITCHED, switches))["data"]) == expected


async def test_nothing_may_be_left() -> None:
    assert await same("{version @skip(if: true) theTree{name @include(if: false)}}") == {"data": {"theTree": {}}}
