"""The two storefront documents: statements in a row, and the JSON they ask for."""

from base64 import urlsafe_b64encode
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from domain.campaign import Terms
from tests.bench.floor import rights, shop
from tests.bench.floor.goods import key
from tests.bench.floor.ground import Asking

TERMINAL = "MINI_PROGRAM"


class Storefront:
    """Q1 and Q4."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._campaigns = shop.Campaigns(zone)

    async def q1(self, asking: Asking, variables: dict[str, Any]) -> dict[str, Any]:
        """A store with distributor and brands, twenty listings with campaigns, and the viewer's rights."""
        customer, name, shopper = await rights.viewer(asking)
        here = await shop.place(asking, key(variables["store"]))
        brands = await asking.fetch(shop.BRANDS, asking.tenant, here.up)
        page = await shop.shelf(asking, here, 20)
        rows = page[:20]
        units = await shop.sellable(asking, here, [row[2] for row in rows], self._zone)
        reached = await self._campaigns.reach(asking, here, rows, shopper, TERMINAL)
        edges = [_edge(row, sold, found) for row, sold, found in zip(rows, units, reached, strict=True)]
        store = {
            "id": "store_" + here.id.hex,
            "name": here.name,
            "distributor": {
                "id": f"{here.up_tier.lower()}_{here.up.hex}",
                "name": here.up_name,
                "brands": [{"id": "brand_" + brand.hex, "name": brand_name} for brand, brand_name in brands],
            },
            "shelf": {
                "edges": edges,
                "pageInfo": {"hasNextPage": len(page) > 20, "endCursor": edges[-1]["cursor"] if edges else None},
            },
        }
        held = await rights.rights(asking, customer, key(variables["at"]), False)
        return {
            "store": store,
            "viewer": {"customer": {"id": "customer_" + customer.hex, "displayName": name, "rights": held}},
        }

    async def q4(self, asking: Asking, variables: dict[str, Any]) -> dict[str, Any]:
        """A hundred listings with campaigns, and the viewer's rights."""
        customer, name, shopper = await rights.viewer(asking)
        here = await shop.place(asking, key(variables["store"]))
        rows = (await shop.shelf(asking, here, 100))[:100]
        reached = await self._campaigns.reach(asking, here, rows, shopper, TERMINAL)
        owners = {campaign.owner_id for found in reached for campaign, _ in found}
        named = {
            id_: {"id": f"{tier.lower()}_{id_.hex}", "name": owner}
            for id_, tier, owner in await asking.fetch(OWNERS, asking.tenant, list(owners))
        }
        nodes = [
            {
                "id": "listing_" + row[0].hex,
                "sku": {"id": "sku_" + row[2].hex, "name": row[4]},
                "price": row[9],
                "campaigns": [_whole(campaign, terms, named) for campaign, terms in found],
            }
            for row, found in zip(rows, reached, strict=True)
        ]
        held = await rights.rights(asking, customer, key(variables["at"]), True)
        return {
            "store": {"id": "store_" + here.id.hex, "name": here.name, "shelf": {"nodes": nodes}},
            "viewer": {"customer": {"id": "customer_" + customer.hex, "displayName": name, "rights": held}},
        }


OWNERS = "SELECT id, tier, name FROM organization WHERE tenant_id = $1 AND id = ANY($2)"


def _edge(row: Any, sellable: int, reached: list[tuple[Any, Terms]]) -> dict[str, Any]:
    listing, position, sku, code, sku_name, product, product_name, _, _, price = row
    return {
        "cursor": urlsafe_b64encode(orjson.dumps([position, listing.hex])).rstrip(b"=").decode(),
        "node": {
            "id": "listing_" + listing.hex,
            "sku": {
                "id": "sku_" + sku.hex,
                "code": code,
                "name": sku_name,
                "product": {"id": "product_" + product.hex, "name": product_name},
            },
            "price": price,
            "sellable": sellable,
            "campaigns": [
                {
                    "campaign": {"id": "campaign_" + campaign.id.hex, "name": campaign.name, "kind": campaign.kind},
                    "offFen": terms.off_fen,
                    "offBps": terms.off_bps,
                    "priceFen": terms.price_fen,
                }
                for campaign, terms in reached
            ],
        },
    }


def _whole(campaign: Any, terms: Terms, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    return {
        "campaign": {
            "id": "campaign_" + campaign.id.hex,
            "name": campaign.name,
            "kind": campaign.kind,
            "priority": campaign.priority,
            "endsAt": campaign.ends_at.isoformat(),
            "owner": named[campaign.owner_id],
        },
        "thresholdFen": terms.threshold_fen,
        "thresholdUnits": terms.threshold_units,
        "offFen": terms.off_fen,
        "offBps": terms.off_bps,
        "priceFen": terms.price_fen,
    }
