"""The query root and the schema."""

import strawberry
from strawberry.extensions import ParserCache, ValidationCache

from tests.bench.baseline.goods import Info, Product, ProductConnection, Store, global_id, key
from tests.bench.baseline.members import Customer


@strawberry.type
class Viewer:
    """Who asks."""

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        if info.context.customer is None:
            return None
        id_, name = info.context.customer
        return Customer(id=global_id("customer", id_), display_name=name)


@strawberry.type
class Query:
    """The four documents' roots."""

    @strawberry.field
    async def store(self, info: Info, id: strawberry.ID) -> Store | None:
        row = await info.context.loaders.organizations.load(key(id))
        if row is None or row.tier != "STORE" or row.status != "ACTIVE":
            return None
        return Store(id=id, name=row.name)

    @strawberry.field
    async def product(self, info: Info, id: strawberry.ID) -> Product | None:
        row = await info.context.loaders.products.load(key(id))
        return None if row is None else Product.of(row)

    @strawberry.field
    async def products(self, info: Info, first: int = 20) -> ProductConnection:
        return ProductConnection(nodes=[Product.of(row) for row in await info.context.products(first)])

    @strawberry.field
    async def viewer(self) -> Viewer:
        return Viewer()


schema = strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])
