"""Inputs of mutations, read off the schema: a good value for each field, what cannot be meant, and what is odd."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from hypothesis import strategies as st

from tests.graph.walk import CORE

Path = tuple[str | int, ...]
MANY = 1_001
"""More than any list of an input may have."""
LONG = "x" * 100_001
"""Longer than any text of an input may be."""
BEYOND = (2**53, -(2**53), 2**63, -(2**63) - 1, 10**400, 1.5, "1", True)
WRONG: dict[str, tuple[Any, ...]] = {
    "ID": (
        "",
        "x",
        "sku_",
        "sku_" + "z" * 32,
        "\0" * 40,
        "sku_" + "0" * 100_000,
        "nothing_" + "0" * 32,
        "' OR 1=1 --",
        5,
    ),
    "String": ("\0", "a\0b", LONG, 5, True),
    "Int": (2**31, -(2**31) - 1, *BEYOND),
    "Fen": (-1, *BEYOND),
    "Count": BEYOND,
    "BasisPoint": (-1, 10_001, *BEYOND),
    "Float": (-180.5, 180.5, 1e300, 10**400, float("inf"), float("-inf"), float("nan"), "1.5", True),
    "Boolean": ("true", 1, 0),
    "Date": ("", "x", "2026-13-01", "2026-02-30", "10000-01-01", "0000-01-01", 5),
    "DateTime": (
        *("", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", 5),
        *("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"),
        *("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.999999Z"),
    ),
}
"""What cannot be meant, by the type; of an enum and of another input what is none of them."""
ODD: dict[str, tuple[Any, ...]] = {
    "String": (
        "",
        " ",
        "\n",
        "\x01\x1b\x7f",
        "\u202eabc",
        "\ufffe",
        "码" * 100,
        "'; DROP TABLE sku --",
        "%_\\",
        "😀" * 99,
    ),
    "Int": (0, -1, 1, 2**31 - 1, -(2**31)),
    "Fen": (0, 1, 2**53 - 1),
    "Count": (-1, 0, 1, 2**53 - 1),
    "BasisPoint": (0, 1, 10_000),
    "Float": (0, -0.0, 5e-324, 90, -90.0, 90.5, 180, -180.0),
    "Boolean": (True, False),
    "Date": ("0001-01-01", "9999-12-31"),
    "DateTime": ("0001-01-01T00:00:00.000001Z", "1970-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999998Z"),
}
"""What may be meant somewhere: whatever comes of it, it is said in words."""
GOOD = {"Int": 1, "Fen": 100, "Count": 1, "BasisPoint": 100, "Float": 1.5, "Boolean": True}
"""What can be meant of a type, where it is no text."""


def input_of(act: str) -> GraphQLInputObjectType:
    """The type of what an act is told."""
    assert CORE.mutation_type is not None
    kind: Any = get_named_type(CORE.mutation_type.fields[act].args["input"].type)
    return kind  # type: ignore[no-any-return]  # graphql-core types a named type as any of them


def sample(kind: Any, known: Mapping[str, Any], name: str = "") -> Any:
    """A value of a type: by the field's name where that is known, else by the type."""
    bare = get_nullable_type(kind)
    if is_list_type(bare):
        return [sample(bare.of_type, known, name)]
    if is_input_object_type(bare):
        needed = {each: field for each, field in bare.fields.items() if is_required_input_field(field)}
        return {each: sample(field.type, known, each) for each, field in needed.items()}
    if is_enum_type(bare):
        return known.get(name, next(iter(bare.values)))
    return known.get(name, GOOD.get(bare.name, "x"))


def places(kind: GraphQLInputObjectType, path: Path = ()) -> Iterator[tuple[Path, GraphQLInputField]]:
    """Every field of an input and of what is inside it, of a list's first."""
    for name, field in kind.fields.items():
        yield (*path, name), field
        inner = get_named_type(field.type)
        if is_input_object_type(inner):
            inside = (*path, name, 0) if is_list_type(get_nullable_type(field.type)) else (*path, name)
            yield from places(inner, inside)


def put(given: dict[str, Any], kind: Any, known: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The same input with another value at a place; what is on the way there and left out is put in."""
    changed: Any = deepcopy(given)
    place = changed
    for step in path[:-1]:
        if isinstance(step, str):
            kind = get_named_type(kind).fields[step].type
            if place.get(step) is None:
                place[step] = sample(kind, known, step)
        place = place[step]
    place[path[-1]] = value
    return changed  # type: ignore[no-any-return]  # what is changed is a copy of a dict


def wrong(field: GraphQLInputField, good: Any) -> Iterator[Any]:
    """What cannot be meant by a field."""
    kind: Any = get_named_type(field.type)
    if is_non_null_type(field.type):
        yield None
    if is_list_type(get_nullable_type(field.type)):
        yield from ([None], good * MANY, [good])
        return
    if is_enum_type(kind) or is_input_object_type(kind):
        yield from ("NONE_OF_THEM", 5, [], [{"nothing": 1}, {"nothing": 1}])
        return
    yield from WRONG[kind.name]
    yield from ([], {}, {"a": 1})


def odd(field: GraphQLInputField, good: Any) -> Iterator[Any]:
    """What may be meant by a field, or may not."""
    kind: Any = get_named_type(field.type)
    if is_list_type(get_nullable_type(field.type)):
        yield from ([], good * 2)
    elif is_enum_type(kind):
        yield from kind.values
    else:
        yield from ODD.get(kind.name, ())
    if not is_non_null_type(field.type):
        yield None


def anything(kind: Any, known: Mapping[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Values of a type, good, odd and wrong, thrown together."""
    bare = get_nullable_type(kind)
    good = st.deferred(lambda: st.just(sample(kind, known, name)))
    if is_list_type(bare):
        made: st.SearchStrategy[Any] = st.lists(anything(bare.of_type, known, name), max_size=3)
    elif is_input_object_type(bare):
        parts = {each: anything(field.type, known, each) for each, field in bare.fields.items()}
        needed = {each for each, field in bare.fields.items() if is_required_input_field(field)}
        made = st.fixed_dictionaries(
            {each: part for each, part in parts.items() if each in needed},
            optional={each: part for each, part in parts.items() if each not in needed},
        )
    elif is_enum_type(bare):
        made = st.sampled_from(sorted(bare.values))
    else:
        made = _leaf(bare.name)
    return made if is_input_object_type(bare) and kind is not bare else good | good | made


def _leaf(name: str) -> st.SearchStrategy[Any]:
    known = st.sampled_from((*WRONG[name], *ODD.get(name, ())))
    more: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "String": lambda: st.text(max_size=120),
        "Float": lambda: st.floats() | st.floats(-181, 181),
        "ID": lambda: st.from_regex(r"[a-z]{3,13}_[0-9a-f]{31,33}", fullmatch=True),
        "Date": lambda: st.dates().map(str),
        "DateTime": lambda: st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat()),
    }
    return known | more.get(name, lambda: st.integers() | st.integers(-2, 2_000))()
