"""A hundred shelves of a tenant of the tests' own, and whose skus are called by a few words, to be searched."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from domain.access import NOBODY
from domain.search import Goods, ask, distance, tokens
from integrations.bulk import Bulk
from integrations.skus import write_words
from loaders.base import Reading
from models import catalog, channel
from models.database import Database
from models.session import set_tenant
from tests.models.here import HERE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
THERE = UUID(int=2)
SHOPS, SKUS, SHELF_LENGTH = 100, 300, 40
WORDS = ("可口", "可乐", "百事", "水", "矿泉水", "cola", "Coca-Cola", "co", "750", "ml", "7up", "1.5", "é")


@dataclass(frozen=True)
class Shelves:
    """A tenant of the tests' own: what its skus are called, and which of them stands where on each shelf."""

    tenant: UUID
    kept: Mapping[UUID, list[str]]
    shops: Mapping[UUID, list[tuple[int, UUID, UUID]]]

    def wanted(self, shop: UUID, text: str) -> list[tuple[int, int, UUID]]:
        """The keys of what the text finds on a shelf, in order, by the rule of the domain."""
        query = ask(text)
        if query is None:
            return []
        far = {sku: distance(query, self.kept[sku]) for _, _, sku in self.shops[shop]}
        return sorted(
            (away, position, listing) for position, listing, sku in self.shops[shop] if (away := far[sku]) is not None
        )


async def fill(dsn: str, tenant: UUID) -> Shelves:
    """Goods called by a few words, some of them on each of a hundred shelves; the same words in every tenant."""
    dice = random.Random(tenant.int)
    shops = [uuid5(tenant, f"shop {number}") for number in range(SHOPS)]
    owners = [uuid5(tenant, f"owner {number}") for number in range(SHOPS)]
    goods = {
        uuid5(tenant, f"sku {number}"): Goods(
            " ".join(dice.choices(WORDS, k=2)),
            dice.choice(("", " ")).join(dice.choices(WORDS, k=3)),
            f"{number:04}",
            dice.choice((None, f"69-{number}")),
            dice.choice(WORDS),
            dice.choice((None, *WORDS)),
        )
        for number in range(SKUS)
    }
    skus = list(goods)
    shelves = {
        shop: [
            # Positions come twice: what stands on one is told apart by its id.
            (place // 2, uuid5(shop, f"listing {place}"), sku)
            for place, sku in enumerate(dice.sample(skus, SHELF_LENGTH))
        ]
        for shop in shops
    }
    rows = [(listing, shop, sku, position) for shop, on in shelves.items() for position, listing, sku in on]
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, $2)", tenant, f"t{tenant.int}")
        await connection.execute(set_tenant(tenant))
        bulk = Bulk(connection, tenant)
        names = [str(number) for number in range(SHOPS)]
        await bulk.insert(channel.Organization, {"id": owners, "tier": ["STORE"] * SHOPS, "code": names, "name": names})
        await bulk.insert(
            channel.CloudStore,
            {
                "id": shops,
                "organization_id": owners,
                "mode": ["O2O"] * SHOPS,
                "name": names,
                "opened_at": [NOON] * SHOPS,
            },
        )
        codes = [text.code for text in goods.values()]
        columns: dict[str, Sequence[Any]] = {"id": skus, "code": codes, "name": codes}
        await bulk.insert(catalog.Product, {**columns, "brand_id": [owners[0]] * SKUS})
        await bulk.insert(catalog.Sku, {**columns, "product_id": skus})
        await write_words(bulk, goods)
        ids, at, what, places = (list(column) for column in zip(*rows, strict=True))
        listed = {"id": ids, "cloud_store_id": at, "sku_id": what, "position": places}
        await bulk.insert(catalog.Listing, {**listed, "origin": ["EXTERNAL"] * len(ids)})
    assert bulk.counts["sku_search"] == SKUS
    await connection.execute("ANALYZE")  # as imports do
    await connection.close()
    return Shelves(tenant, {sku: tokens(tenant, text) for sku, text in goods.items()}, shelves)


def reading(database: Database, tenant: UUID = HERE) -> Reading:
    return Reading(database.read(tenant), NOON, NOON.date(), NOBODY)
