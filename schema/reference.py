"""The graph's reference as a page: every type with its fields, for whom each is, and what it says.

Owns the form of docs/schema.md, nothing of its words: those are the descriptions of the schema itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    Undefined,
    is_specified_scalar_type,
    print_ast,
)
from graphql.utilities import ast_from_value
from strawberry.types.field import StrawberryField

_ROOTS: Final = ("Query", "Mutation", "Subscription")
_BASE: Final = "Pages, nodes and scalars"
_HEAD: Final = """# The graph
Written by `make sdl` from the schema: do not edit. `schema.graphql` is the same in GraphQL's own language.

The audience says which kinds of actor may ask for a field at all; which rows they see is narrower still
([domain.md](domain.md), Rules that hold everywhere). A field with arguments shows them with their defaults.
"""


def reference(schema: strawberry.Schema) -> str:
    """The whole page, in Markdown: root fields first, then the types of each centre by name, enums and scalars last."""
    kinds = [kind for kind in schema._schema.type_map.values() if not kind.name.startswith("__")]
    objects = [kind for kind in kinds if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    lines = [_HEAD]
    for name in _ROOTS:
        lines += _object(next((kind for kind in objects if kind.name == name), None), "##")
    by_centre: dict[str, list[GraphQLObjectType | GraphQLInterfaceType]] = {}
    for kind in objects:
        if kind.name not in _ROOTS:
            by_centre.setdefault(_centre(kind), []).append(kind)
    for centre in sorted(by_centre, key=lambda name: (name == _BASE, name)):
        lines.append(f"## {centre[0].upper()}{centre[1:]}\n")
        for kind in sorted(by_centre[centre], key=lambda kind: kind.name):
            lines += _object(kind, "###")
    lines.append("## Enums\n")
    for enum in sorted((kind for kind in kinds if isinstance(kind, GraphQLEnumType)), key=lambda enum: enum.name):
        lines += _enum(enum)
    lines.append("## Scalars\n")
    lines += _table(("scalar", "what it is"), _scalars(kinds))
    return "\n".join(lines)


def _centre(kind: GraphQLNamedType) -> str:
    """The centre whose module declares the type; a page of things, made by the library, belongs with the others."""
    written = kind.extensions.get("strawberry-definition")
    module: str = getattr(getattr(written, "origin", None), "__module__", "")
    package, centre, *_ = f"{module}.".split(".")
    return _BASE if package != "schema" or centre in {"base", "node"} else centre


def _object(kind: GraphQLObjectType | GraphQLInterfaceType | None, level: str) -> list[str]:
    if kind is None:
        return []
    bases = ", ".join(f"`{base.name}`" for base in kind.interfaces)
    says = f"{kind.description or ''}{f' Implements {bases}.' if bases else ''}"
    rows = [(_signature(name, made), f"`{made.type}`", _audience(made), _said(made)) for name, made in _fields(kind)]
    return [f"{level} {kind.name}\n", f"{says}\n", *_table(("field", "type", "audience", "what it is"), rows)]


def _fields(kind: GraphQLObjectType | GraphQLInterfaceType) -> Iterable[tuple[str, GraphQLField]]:
    fields: Mapping[str, GraphQLField] = kind.fields
    return fields.items()


def _signature(name: str, field: GraphQLField) -> str:
    if not field.args:
        return f"`{name}`"
    return f"`{name}({', '.join(_argument(given, argument) for given, argument in field.args.items())})`"


def _argument(name: str, argument: GraphQLArgument) -> str:
    if argument.default_value is Undefined or argument.default_value is None:
        return f"{name}: {argument.type}"
    written = ast_from_value(argument.default_value, argument.type)
    return f"{name}: {argument.type} = {print_ast(written) if written is not None else 'null'}"


def _audience(field: GraphQLField) -> str:
    written = field.extensions.get("strawberry-definition")
    return str(written.metadata["audience"]) if isinstance(written, StrawberryField) else ""


def _said(field: GraphQLField) -> str:
    """The field's description, then those of its arguments that are not the same everywhere."""
    given = [
        f"`{name}`: {argument.description}"
        for name, argument in field.args.items()
        if name not in {"first", "after"} and argument.description
    ]
    return " ".join([field.description or "", *given])


def _enum(kind: GraphQLEnumType) -> list[str]:
    rows = [(f"`{name}`", value.description or "") for name, value in kind.values.items()]
    return [f"### {kind.name}\n", f"{kind.description or ''}\n", *_table(("value", "what it means"), rows)]


def _scalars(kinds: Iterable[GraphQLNamedType]) -> Iterator[tuple[str, str]]:
    for kind in sorted(kinds, key=lambda kind: kind.name):
        if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind):
            yield f"`{kind.name}`", kind.description or ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table and the empty line after it; a bar within a cell would end it."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    return [*(f"| {line} |" for line in lines), ""]
