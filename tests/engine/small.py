"""A small schema with connections, an interface, a union and every kind of field the engine treats differently."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import count
from typing import Any, NewType, cast

import strawberry
from graphql import GraphQLError, GraphQLSchema, is_interface_type, is_object_type
from strawberry.schema.config import StrawberryConfig

from domain.base import Unavailable
from engine.documents import Documents
from engine.faults import Mask
from engine.gate import Gate
from engine.limits import FieldCost, Limits
from engine.reference import Reference

EVERYBODY = frozenset({"NOBODY", "CONSUMER", "STAFF"})
STAFF = frozenset({"STAFF"})


RUNNING: list[str] = []
"""Source streams that have begun and not ended."""


class KnownError(Exception):
    """An exception whose message may be shown."""


def extensions(error: GraphQLError) -> dict[str, Any]:
    """The extensions of an error that has some."""
    assert error.extensions is not None
    return error.extensions


def code_of(error: BaseException) -> str | None:
    return "KNOWN" if isinstance(error, KnownError) else None


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Brand(Node):
    name: str = "Brand"

    @strawberry.field
    def products(self, first: int | None = 20) -> "ProductConnection":
        return ProductConnection(edges=[ProductEdge(node=Product(id=strawberry.ID("p1")))])

    @strawberry.field
    def tags(self) -> list[str]:
        return []

    @strawberry.field
    def rivals(self) -> list["Brand"]:
        return []


@strawberry.type
class Product(Node):
    name: str = "Product"
    cost_fen: int = 7

    @strawberry.field
    def brand(self) -> Brand:
        return Brand(id=strawberry.ID("b1"))


@strawberry.type
class ProductEdge:
    node: Product


@strawberry.type
class ProductConnection:
    edges: list[ProductEdge]


@strawberry.type
class OutOfStock:
    code: str
    message: str


@strawberry.type
class CreditExceeded:
    code: str
    message: str


Anything = NewType("Anything", object)


@strawberry.input(one_of=True)
class By:
    code: str | None = strawberry.UNSET
    name: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def brand(self) -> Brand:
        return Brand(id=strawberry.ID("b1"))

    @strawberry.field
    def find(self, by: By) -> str:
        return by.code or by.name or ""

    @strawberry.field
    def node(self) -> Node | None:
        return Brand(id=strawberry.ID("b1"))

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Node]:
        return [Brand(id=i) for i in ids]

    @strawberry.field
    def known(self) -> str | None:
        raise KnownError("This may be shown.")

    @strawberry.field
    def lost(self) -> str | None:
        raise Unavailable("The database does not answer.")

    @strawberry.field
    async def broken(self) -> str | None:
        raise RuntimeError("password=hunter2")

    @strawberry.field
    def broken_list(self, causes: int = 1) -> list["Broken"]:
        errors = [RuntimeError(f"cause {place}") for place in range(causes)]
        return [Broken(error=errors[place % causes]) for place in range(30)]

    @strawberry.field
    def must(self) -> str:
        return cast(str, None)

    @strawberry.field
    def wrong_number(self) -> int:
        return cast(int, "seven")

    @strawberry.field
    def echo(self, text: str = "x", number: int | None = None) -> str:
        return text

    @strawberry.field
    def huge(self) -> Anything:
        return cast(Anything, 2**70)

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"


@strawberry.type
class Broken:
    error: strawberry.Private[Exception]

    @strawberry.field
    def name(self) -> str | None:
        raise self.error


@strawberry.type
class Tick:
    @strawberry.field
    def context(self, info: strawberry.Info) -> str:
        return str(info.context)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def order(self) -> OutOfStock | CreditExceeded:
        return OutOfStock(code="OUT_OF_STOCK", message="None left.")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: strawberry.Info, to: int) -> AsyncGenerator[int, None]:
        for i in range(to):
            yield i

    @strawberry.subscription
    async def ticks(self, to: int, every: float = 0.0) -> AsyncGenerator[Tick, None]:
        RUNNING.append("ticks")
        try:
            for _ in range(to):
                yield Tick()
                await asyncio.sleep(every)
        finally:
            RUNNING.remove("ticks")

    @strawberry.subscription
    async def fails(self) -> AsyncGenerator[int, None]:
        yield 1
        raise KnownError("The source broke.")


COSTS = {
    ("Brand", "products"): FieldCost(2, slicing=("first",), default=20, maximum=100),
    ("Query", "nodes"): FieldCost(1, slicing=("ids",), default=0, maximum=50),
    ("Brand", "tags"): FieldCost(3, assumed=5),
}
AUDIENCES = {("Product", "costFen"): STAFF}


def declare(schema: GraphQLSchema) -> None:
    """Give every field of `schema` its audience, and some a cost."""
    for kind in schema.type_map.values():
        if not (is_object_type(kind) or is_interface_type(kind)) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            field.extensions["audience"] = AUDIENCES.get((kind.name, name), EVERYBODY)
            if cost := COSTS.get((kind.name, name)):
                field.extensions["cost"] = cost


strawberry_schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Brand, Product, OutOfStock, CreditExceeded],
    config=StrawberryConfig(scalar_map={Anything: strawberry.scalar(name="Anything", serialize=lambda value: value)}),
)
schema: GraphQLSchema = strawberry_schema._schema
declare(schema)
LIMITS = Limits(request_seconds=20)


def changed(changes: dict[str, Any]) -> Limits:
    return replace(LIMITS, **changes)


def gate(**changes: int) -> Gate:
    return Gate(schema, changed(changes))


def documents(*, introspection: bool = True, **changes: int) -> Documents:
    limits = changed(changes)
    return Documents(schema, Gate(schema, limits), limits, introspection=introspection)


def reference(*, suggestions: bool = True) -> Reference:
    ids = (f"id-{number}" for number in count(1))
    return Reference(strawberry_schema, LIMITS, Mask(LIMITS, code_of, lambda: next(ids)), suggestions=suggestions)
