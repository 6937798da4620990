"""A store of the tests' own tenant that fills its shelf, and who grants it goods."""

from typing import Any
from uuid import uuid4

from tests.graph.acting import Acts
from tests.graph.trade import change

BRAND, RIVAL, BOSS, CLERK = "brand:1/operator", "brand:2/operator", "distributor:1/operator", "store:1/clerk"


def kinds(answer: Any) -> list[str]:
    return [row["__typename"] for row in answer["rows"]]


class Shop(Acts):
    """A store of the first distributor that lists nothing yet, with a manager of its own."""

    def __init__(self, acts: Acts, number: int) -> None:
        super().__init__(acts.graph, acts.trade, acts.owner)
        self.store, self.manager = f"store:{number}", f"store:{number}/manager"
        self.shelf = f"cloudstore_{self.trade.key(f'mall:{self.store}').hex}"
        self.code = uuid4().hex[:8]

    async def open(self) -> None:
        key = self.trade.key
        account = "INSERT INTO account (tenant_id, id, subject, display_name) VALUES ($1, $2, $3, 'x')"
        staff = (
            "INSERT INTO staff (tenant_id, id, account_id, organization_id, role) VALUES ($1, $2, $3, $4, 'MANAGER')"
        )
        person = key(f"account:{self.manager}")
        rows = (account, person, self.manager), (staff, key(f"staff:{self.manager}"), person, key(self.store))
        await change(self.owner, self.trade, *rows, bump=False)

    def sku(self, number: int) -> str:
        return self.trade.id(f"sku:{number}")

    async def grant(
        self, *skus: int, by: str = BRAND, to: str | None = None, band: tuple[int | None, int | None] = (None, None)
    ) -> Any:
        rows = [{"skuId": self.sku(sku), "minPrice": band[0], "maxPrice": band[1]} for sku in skus]
        given = {"granteeId": self.trade.id(to or self.store), "code": self.code, "name": "x", "rows": rows}
        return await self.done("authorizeAssortment", given, by=by)

    async def revoke(self, assortment: str, *, of: str | None = None, **more: Any) -> Any:
        given = {"assortmentId": assortment, "granteeId": self.trade.id(of or self.store), **more}
        return await self.done("revokeAuthorization", given, by=BRAND)

    async def put(
        self, *rows: tuple[int, int | None], by: str | None = None, key: str | None = None, origin: str = "POOL"
    ) -> Any:
        lines = [
            {"skuId": self.sku(sku), "origin": origin, "position": place, "price": price}
            for place, (sku, price) in enumerate(rows)
        ]
        given = {"cloudStoreId": self.shelf, "rows": lines}
        return await self.done("listSkus", given, by=by or self.manager, key=key)

    async def seen(self, by: str | None = None) -> list[tuple[str, int | None]]:
        """The shelf as a shopper sees it: each sku with its price."""
        text = '{ node(id: "%s") { ... on CloudStore { shelf { nodes { price sku { code } } } } } }' % self.shelf
        rows = (await self.ask(text, by))["node"]["shelf"]["nodes"]
        return [(row["sku"]["code"], row["price"]) for row in rows]
