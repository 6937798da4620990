"""The types about goods, shelves and campaigns: made from ORM objects, with a resolver for every other object."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.types import Info as StrawberryInfo

from domain.campaign import CampaignKind, Terms
from domain.member import CouponState, RightKind, RightReason, RightScope
from domain.ordering import Terminal
from models.campaign import Campaign as CampaignModel
from models.catalog import Category as CategoryModel
from models.catalog import Listing as ListingModel
from models.catalog import Product as ProductModel
from models.catalog import Sku as SkuModel
from models.channel import Organization as OrganizationModel
from tests.bench.baseline.campaigns import CampaignsHere
from tests.bench.baseline.loaders import Loaders
from tests.bench.baseline.rights import RightsHere


@dataclass
class Context:
    """What resolvers get: the loaders of the request, and the shopper who asks."""

    loaders: Loaders
    campaigns: CampaignsHere
    rights: RightsHere
    customer: tuple[UUID, str] | None
    products: Any


Info = StrawberryInfo[Context, None]
for kind in (Terminal, CampaignKind, RightKind, RightScope, RightReason, CouponState):
    strawberry.enum(kind)


def key(of: strawberry.ID) -> UUID:
    """The key in a global id."""
    return UUID(hex=str(of)[-32:])


def global_id(kind: str, of: UUID) -> strawberry.ID:
    """A global id."""
    return strawberry.ID(f"{kind}_{of.hex}")


@strawberry.type
class Organization:
    """An organisation of any tier."""

    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: OrganizationModel) -> Self:
        return cls(id=global_id(row.tier.lower(), row.id), name=row.name)

    @strawberry.field
    async def brands(self, info: Info) -> list["Organization"]:
        return [Organization.of(row) for row in await info.context.loaders.brands.load(key(self.id))]


@strawberry.type
class Category:
    """A category."""

    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: CategoryModel) -> Self:
        return cls(id=global_id("category", row.id), name=row.name)


@strawberry.type
class Product:
    """A product."""

    id: strawberry.ID
    code: str
    name: str
    description: str | None
    brand_id: strawberry.Private[UUID]
    category_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: ProductModel) -> Self:
        return cls(
            id=global_id("product", row.id),
            code=row.code,
            name=row.name,
            description=row.description,
            brand_id=row.brand_id,
            category_id=row.category_id,
        )

    @strawberry.field
    async def brand(self, info: Info) -> Organization:
        return Organization.of(await info.context.loaders.organizations.load(self.brand_id))

    @strawberry.field
    async def category(self, info: Info) -> Category | None:
        if self.category_id is None:
            return None
        return Category.of(await info.context.loaders.categories.load(self.category_id))


@strawberry.type
class ProductConnection:
    """A page of products."""

    nodes: list[Product]


@strawberry.type
class Sku:
    """A sku."""

    id: strawberry.ID
    code: str
    name: str
    product_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: SkuModel) -> Self:
        return cls(id=global_id("sku", row.id), code=row.code, name=row.name, product_id=row.product_id)

    @strawberry.field
    async def product(self, info: Info) -> Product:
        return Product.of(await info.context.loaders.products.load(self.product_id))


@strawberry.type
class Campaign:
    """A campaign."""

    id: strawberry.ID
    name: str
    kind: CampaignKind
    priority: int
    ends_at: datetime
    owner_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: CampaignModel) -> Self:
        return cls(
            id=global_id("campaign", row.id),
            name=row.name,
            kind=CampaignKind(row.kind),
            priority=row.priority,
            ends_at=row.ends_at,
            owner_id=row.owner_id,
        )

    @strawberry.field
    async def owner(self, info: Info) -> Organization:
        return Organization.of(await info.context.loaders.organizations.load(self.owner_id))


@strawberry.type
class CampaignHere:
    """A campaign with the terms that hold in a store."""

    campaign: Campaign
    threshold_fen: int | None
    threshold_units: int | None
    off_fen: int | None
    off_bps: int | None
    price_fen: int | None

    @classmethod
    def of(cls, row: CampaignModel, terms: Terms) -> Self:
        return cls(campaign=Campaign.of(row), **terms._asdict())


@strawberry.type
class Listing:
    """A listing on a shelf."""

    id: strawberry.ID
    position: strawberry.Private[int]
    cloud_store_id: strawberry.Private[UUID]
    seller_id: strawberry.Private[UUID]
    sku_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: ListingModel, seller: UUID) -> Self:
        return cls(
            id=global_id("listing", row.id),
            position=row.position,
            cloud_store_id=row.cloud_store_id,
            seller_id=seller,
            sku_id=row.sku_id,
        )

    @strawberry.field
    async def sku(self, info: Info) -> Sku:
        return Sku.of(await info.context.loaders.skus.load(self.sku_id))

    @strawberry.field
    async def price(self, info: Info) -> int | None:
        return await info.context.loaders.prices.load((self.seller_id, self.sku_id))

    @strawberry.field
    async def sellable(self, info: Info) -> int:
        return await info.context.loaders.sellable.load((self.seller_id, self.sku_id))

    @strawberry.field
    async def campaigns(self, info: Info, terminal: Terminal | None = None) -> list[CampaignHere]:
        asked = None if terminal is None else terminal.value
        found = await info.context.campaigns.load((self.cloud_store_id, self.sku_id, asked))
        return [CampaignHere.of(row, terms) for row, terms in found]


@strawberry.type
class ListingEdge:
    """A listing on a page, with its cursor."""

    cursor: str
    node: Listing


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ListingConnection:
    """A page of a shelf."""

    edges: list[ListingEdge]
    nodes: list[Listing]
    page_info: PageInfo

    @classmethod
    def of(cls, rows: list[ListingModel], seller: UUID, first: int) -> Self:
        nodes = [Listing.of(row, seller) for row in rows[:first]]
        edges = [ListingEdge(cursor=_cursor(row), node=node) for row, node in zip(rows, nodes, strict=False)]
        end = edges[-1].cursor if edges else None
        return cls(edges=edges, nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end))


def _cursor(row: ListingModel) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row.position, row.id.hex])).rstrip(b"=").decode()


@strawberry.type
class Store:
    """A store."""

    id: strawberry.ID
    name: str

    @strawberry.field
    async def distributor(self, info: Info) -> Organization | None:
        row = await info.context.loaders.upstreams.load(key(self.id))
        return None if row is None else Organization.of(row)

    @strawberry.field
    async def shelf(self, info: Info, first: int = 20) -> ListingConnection | None:
        found = await info.context.loaders.cloud_stores_of.load(key(self.id))
        if not found:
            return None
        rows = await info.context.loaders.shelves.load((found[0].id, first))
        return ListingConnection.of(rows, key(self.id), first)
