"""The floor: what an engineer would write by hand for exactly these three queries, with the same row security."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from domain.access import NOBODY
from domain.catalog import best
from loaders.base import Reading
from loaders.catalog import (
    PRODUCTS,
    SHELF,
    CategoryById,
    ConsumerPrices,
    ProductById,
    SkuById,
)
from loaders.channel import BrandsOf, OrganizationByCode, OrganizationById, PrimaryUpstream
from loaders.inventory import PromiseOf
from loaders.paging import PageRequest
from loaders.tenants import Tenants
from models.database import Database
from resolvers.paging import cursor_of

STORE = "2191"


@dataclass
class Floor:
    """The three queries over one tenant."""

    database: Database
    tenant: UUID
    zone: ZoneInfo
    store: UUID
    product: UUID

    @classmethod
    async def of(cls, database: Database, code: str, now: datetime) -> Self:
        """The floor over a tenant of the demo."""
        tenant = await Tenants(database).by_code(code)
        assert tenant is not None
        session = database.read(tenant.id)
        reading = Reading(session, now, now.date(), NOBODY)
        store = await reading.load(OrganizationByCode).one(("STORE", STORE))
        page = (await PRODUCTS.pages(reading, [tenant.id], PageRequest(1)))[0]
        await session.close()
        assert store is not None
        return cls(database, tenant.id, tenant.zone, store.id, page.rows[0].id)

    def _reading(self) -> Reading:
        now = datetime.now(UTC)
        return Reading(self.database.read(self.tenant), now, now.astimezone(self.zone).date(), NOBODY)

    async def q1(self) -> bytes:
        """A store, its distributor with its brands, and twenty listings with price and promise."""
        reading = self._reading()
        try:
            return orjson.dumps({"data": {"store": await self._store(reading)}})
        finally:
            await reading.session.close()

    async def _store(self, reading: Reading) -> dict[str, Any]:
        row = (await reading.load(OrganizationById).fetch([self.store]))[self.store]
        assert row is not None
        assert row.cloud_store_id is not None
        up = (await reading.load(PrimaryUpstream).fetch([row.id]))[row.id]
        assert up is not None
        brands = (await reading.load(BrandsOf).fetch([up.id]))[up.id]
        page = (await SHELF.pages(reading, [row.cloud_store_id], PageRequest(20)))[0]
        pairs = [(listing.seller_id, listing.sku_id) for listing in page.rows]
        skus: Any = await reading.load(SkuById).fetch([sku for _, sku in pairs])
        prices = await reading.load(ConsumerPrices).fetch(pairs)
        promises = await reading.load(PromiseOf).fetch(pairs)
        products: Any = await reading.load(ProductById).fetch(list({sku.product_id for sku in skus.values()}))
        edges = []
        for listing in page.rows:
            sku, key = skus[listing.sku_id], (listing.seller_id, listing.sku_id)
            product, price = products[sku.product_id], best(prices[key], 1, reading.now)
            edges.append(
                {
                    "cursor": cursor_of(listing),
                    "node": {
                        "id": "listing_" + listing.id.hex,
                        "sku": {
                            "id": "sku_" + sku.id.hex,
                            "code": sku.code,
                            "name": sku.name,
                            "product": {"id": "product_" + product.id.hex, "name": product.name},
                        },
                        "price": None if price is None else price.unit_fen,
                        "sellable": promises[key].total,
                    },
                }
            )
        return {
            "id": "store_" + row.id.hex,
            "name": row.name,
            "distributor": {
                "id": "distributor_" + up.id.hex,
                "name": up.name,
                "brands": [{"id": "brand_" + brand.id.hex, "name": brand.name} for brand in brands],
            },
            "shelf": {
                "edges": edges,
                "pageInfo": {"hasNextPage": page.has_next, "endCursor": edges[-1]["cursor"]},
            },
        }

    async def q2(self) -> bytes:
        """One product."""
        reading = self._reading()
        try:
            row = (await reading.load(ProductById).fetch([self.product]))[self.product]
        finally:
            await reading.session.close()
        assert row is not None
        return orjson.dumps({"data": {"product": {"id": "product_" + row.id.hex, "code": row.code, "name": row.name}}})

    async def q3(self) -> bytes:
        """A hundred products with brand and category."""
        reading = self._reading()
        try:
            rows = (await PRODUCTS.pages(reading, [self.tenant], PageRequest(100)))[0].rows
            brands: Any = await reading.load(OrganizationById).fetch(list({row.brand_id for row in rows}))
            kinds = list({row.category_id for row in rows if row.category_id is not None})
            categories: Any = await reading.load(CategoryById).fetch(kinds)
        finally:
            await reading.session.close()
        nodes = [
            {
                "id": "product_" + row.id.hex,
                "code": row.code,
                "name": row.name,
                "description": row.description,
                "brand": {"id": "brand_" + row.brand_id.hex, "name": brands[row.brand_id].name},
                "category": None
                if row.category_id is None
                else {"id": "category_" + row.category_id.hex, "name": categories[row.category_id].name},
            }
            for row in rows
        ]
        return orjson.dumps({"data": {"products": {"nodes": nodes}}})
