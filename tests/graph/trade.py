"""A small tenant of the tests' own, with two chains, members, and a campaign of every sort.

    brand:1 → distributor:1 → store:1 … store:240        brand:2 → distributor:2 → store:900

The first distributor keeps an ordering mall. Store 1 lists a hundred skus; member:1 is a member there and bound to it,
member:2 of store 900.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg

from domain.campaign import Aim, CampaignKind, CampaignStatus, Condition, Dimension, Hours, Participation, Stance
from models.session import set_tenant
from tests.conftest import NOW
from tests.loaders.rows import Tables, campaign_tables, insert

STORES, SKUS = 240, 100
DAY, WEEK = timedelta(days=1), timedelta(days=7)
KINDS = {"brand": "BRAND", "distributor": "DISTRIBUTOR", "store": "STORE"}
CHAINS = {
    "brand:1": [],
    "brand:2": [],
    "distributor:1": ["brand:1"],
    "distributor:2": ["brand:2"],
    **{f"store:{number}": ["distributor:1", "brand:1"] for number in range(1, STORES + 1)},
    "store:900": ["distributor:2", "brand:2"],
}
"""Every organisation with those above it, the nearest first."""
STAFF = {
    "store:1/clerk": "CLERK",
    "store:2/clerk": "CLERK",
    "store:900/clerk": "CLERK",
    "distributor:1/operator": "OPERATOR",
    "distributor:2/operator": "OPERATOR",
    "brand:1/operator": "OPERATOR",
    "brand:1/analyst": "ANALYST",
    "brand:2/operator": "OPERATOR",
}
MEMBERS = {"member:1": "store:1", "member:2": "store:900", "member:3": None}
LEVELS = ("bronze", "silver", "gold")


GRANTS = {
    "brand:1": ("store:1", [number for number in range(1, SKUS + 1) if number != 2]),
    "brand:1/house": ("distributor:1", [1]),
}
"""Assortments by who grants them: to whom, and which skus."""


class Trade:
    """The tenant's names and rows."""

    def __init__(self) -> None:
        self.tenant = uuid4()
        self.code = self.tenant.hex
        self.region = self.code[:12].upper()
        self._names: dict[UUID, str] = {}
        self.aims = self.campaigns()
        self._shops = iter(range(10, STORES + 1))

    def a_shop(self) -> int:
        """The number of a store that no other test has."""
        return next(self._shops)

    def key(self, name: str) -> UUID:
        return uuid5(self.tenant, name)

    def id(self, name: str) -> str:
        """The global id of what is named like `store:1`, `campaign:gold`, `sku:7`."""
        kind = {"member": "customer", "mall": "cloudstore"}.get(name.split(":")[0], name.split(":")[0])
        return f"{kind}_{self.key(name).hex}"

    def name(self, id: str) -> str:
        """The name of a campaign by its global id."""
        return self._names[UUID(hex=id.split("_")[1])]

    # ── campaigns ─────────────────────────────────────────────────────────────────────────────────────────────────
    def campaign(self, name: str, *clauses: list[Condition], owner: str = "brand:1", **other: Any) -> Aim:
        given: dict[str, Any] = {
            "kind": CampaignKind.AMOUNT_OFF,
            "status": CampaignStatus.PUBLISHED,
            "participation": Participation.MANDATORY,
            "starts_at": NOW - WEEK,
            "ends_at": NOW + WEEK,
            "clauses": dict(enumerate(clauses)),
        }
        self._names[self.key(f"campaign:{name}")] = name
        return Aim(self.key(f"campaign:{name}"), self.key(owner), **given | other)

    def campaigns(self) -> list[Aim]:
        def on(dimension: Dimension, value: Any, *, negated: bool = False) -> Condition:
            return Condition(dimension, negated, value)

        d, key, make = Dimension, self.key, self.campaign
        return [
            make("all", priority=9),
            make("rivals", owner="brand:2", priority=8),
            make("own", owner="store:1", priority=7, kind=CampaignKind.FIXED_PRICE),
            make("site", [on(d.SITE, key("site:city"))]),
            make("territory", [on(d.TERRITORY, key("territory:1"))]),
            make("tier", [on(d.TIER, "DISTRIBUTOR")]),
            make("below", [on(d.BELOW, key("distributor:1"))]),
            make("store", [on(d.STORE, key("store:1")), on(d.STORE, key("store:2"))]),
            make("not-store", [on(d.STORE, key("store:1"), negated=True)]),
            make("tag", [on(d.STORE_TAG, "key-account")]),
            make("mode", [on(d.MODE, "O2O")]),
            make("silver", [on(d.MEMBER_TIER, key("level:silver"))]),
            make("gold", [on(d.MEMBER_TIER, key("level:gold"))]),
            make("vip", [on(d.MEMBER_TAG, "vip")]),
            make("not-vip", [on(d.MEMBER_TAG, "vip", negated=True)]),
            make("sku", [on(d.SKU, key("sku:1"))]),
            make("category", [on(d.CATEGORY, key("category:drinks"))]),
            make("brand", [on(d.BRAND, key("brand:2"))]),
            make("app", [on(d.TERMINAL, "APP")]),
            make("noon", [on(d.HOURS, Hours(0b0000010, 0, 21 * 60))]),  # NOW is a Tuesday, 20:00 in Shanghai
            make("morning", [on(d.HOURS, Hours(127, 0, 12 * 60))]),
            make("two-ways", [on(d.TIER, "BRAND")], [on(d.STORE_TAG, "key-account"), on(d.MODE, "O2O")]),
            make("draft", status=CampaignStatus.DRAFT),
            make("paused", status=CampaignStatus.PAUSED),
            make("closed", status=CampaignStatus.CLOSED),
            make("tomorrow", starts_at=NOW + DAY),
            make("over", ends_at=NOW),
            make("opt-in", participation=Participation.OPT_IN),
            make("opt-out", participation=Participation.OPT_OUT),
            make("fee", kind=CampaignKind.DISPLAY_FEE),
            make("trade", [on(d.MODE, "B2B_ORDERING")], kind=CampaignKind.PERCENT_OFF),
            make("own-of-house", owner="distributor:1", kind=CampaignKind.POINTS_MULTIPLIER),
        ]

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def tables(self) -> Tables:
        key = self.key
        levels = [(key(f"level:{name}"), key("tiers"), place, name, name, place) for place, name in enumerate(LEVELS)]
        return {
            "!region (code, name, parent_code)": [(self.region, "x", None), (f"{self.region}-1", "x", self.region)],
            **self._channel(),
            **self._goods(),
            "right_terms (tenant_id, id, kind, code, name, scope, issuer_id, bearer_id, valid_from)": [
                (key("tiers"), "TIER", "tiers", "x", "TENANT", key("brand:1"), key("brand:1"), NOW - WEEK)
            ],
            "member_tier (tenant_id, id, terms_id, level, code, name, growth_from)": levels,
            **self._people(),
            **campaign_tables(self.aims),
            "campaign_funder (tenant_id, campaign_id, position, funder_id, share_bps)": [
                (key("campaign:all"), 0, key("brand:1"), 6_000),
                (key("campaign:all"), 1, key("distributor:1"), 3_000),
                (key("campaign:all"), 2, None, 1_000),
                (key("campaign:own-of-house"), 0, key("brand:2"), 10_000),
            ],
            "campaign_store (tenant_id, store_id, campaign_id, stance, threshold_fen, off_fen, price_fen)": [
                (key("store:1"), key("campaign:all"), None, 2_000, 700, 1),
                (key("store:2"), key("campaign:opt-in"), Stance.OPTED_IN, None, None, None),
                (key("store:2"), key("campaign:opt-out"), Stance.OPTED_OUT, None, 900, None),
            ],
        }

    def _channel(self) -> Tables:
        key = self.key
        stores = [name for name in CHAINS if name.startswith("store")]
        return {
            "organization (tenant_id, id, tier, code, name, tags)": [
                (key(one), KINDS[kind], number, one, ["key-account"] if one == "store:1" else [])
                for one in CHAINS
                for kind, number in [one.split(":")]
            ],
            "organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)": [
                (key(one), key(above), hops, KINDS[one.split(":")[0]], one.split(":")[1])
                for one, line in CHAINS.items()
                for hops, above in enumerate([one, *line])
            ],
            "organization_edge (tenant_id, kind, downstream_id, upstream_id, is_primary)": [
                ("SUPPLIES", key(one), key(line[0]), True) for one, line in CHAINS.items() if line
            ],
            "site (tenant_id, id, kind, code, name, organization_id, parent_id)": [
                (key("site:main"), "MAIN", "main", "x", key("brand:1"), None),
                (key("site:city"), "CITY", "city", "x", key("brand:1"), key("site:main")),
            ],
            "territory (tenant_id, id, organization_id, name)": [(key("territory:1"), key("distributor:1"), "x")],
            "territory_region (tenant_id, territory_id, region_code)": [(key("territory:1"), self.region)],
            "cloud_store (tenant_id, id, organization_id, mode, name, site_id, region_code, opened_at)": [
                (key("mall:distributor:1"), key("distributor:1"), "B2B_ORDERING", "x", None, None, NOW - WEEK),
                *(
                    (
                        *(key(f"mall:{one}"), key(one), "PRIVATE_MALL" if one == "store:2" else "O2O", one),
                        *((key("site:city"), f"{self.region}-1") if one == "store:1" else (None, None)),
                        NOW - WEEK,
                    )
                    for one in stores
                ),
            ],
        }

    def _goods(self) -> Tables:
        key, numbers = self.key, range(1, SKUS + 1)
        return {
            "category (tenant_id, id, code, name, parent_id)": [
                (key("category:drinks"), "drinks", "x", None),
                (key("category:beer"), "beer", "x", key("category:drinks")),
            ],
            "product (tenant_id, id, brand_id, code, name, category_id)": [
                (
                    key(f"product:{number}"),
                    key("brand:2" if number == 2 else "brand:1"),
                    str(number),
                    "x",
                    key("category:beer") if number == 1 else None,
                )
                for number in numbers
            ],
            "sku (tenant_id, id, product_id, code, name)": [
                (key(f"sku:{number}"), key(f"product:{number}"), str(number), "x") for number in numbers
            ],
            "assortment (tenant_id, id, grantor_id, code, name)": [
                (key(f"assortment:{one}"), key(one.partition("/")[0]), f"{one}/core", "x") for one in GRANTS
            ],
            "assortment_sku (tenant_id, assortment_id, sku_id)": [
                (key(f"assortment:{one}"), key(f"sku:{number}")) for one, (_, skus) in GRANTS.items() for number in skus
            ],
            '"authorization" (tenant_id, assortment_id, grantee_id, valid_from)': [
                (key(f"assortment:{one}"), key(grantee), NOW - WEEK) for one, (grantee, _) in GRANTS.items()
            ],
            "listing (tenant_id, id, cloud_store_id, sku_id, origin, status, position)": [
                (
                    key(f"listing:{number}"),
                    key("mall:store:1"),
                    key(f"sku:{number}"),
                    "EXTERNAL" if number == 2 else "POOL",
                    "LISTED",
                    number,
                )
                for number in numbers
            ]
            + [(key("listing:trade"), key("mall:distributor:1"), key("sku:1"), "POOL", "LISTED", 1)],
        }

    def _people(self) -> Tables:
        key = self.key
        names = [*STAFF, *MEMBERS]
        at = [(one, store) for one, store in MEMBERS.items() if store]
        later = NOW + 30 * DAY
        return {
            "account (tenant_id, id, subject, display_name)": [(key(f"account:{one}"), one, one) for one in names],
            "staff (tenant_id, id, account_id, organization_id, role)": [
                (key(f"staff:{one}"), key(f"account:{one}"), key(one.split("/")[0]), role)
                for one, role in STAFF.items()
            ],
            "customer (tenant_id, id, account_id, joined_at, tags)": [
                (key(one), key(f"account:{one}"), NOW, ["vip"] if one == "member:1" else []) for one in MEMBERS
            ],
            "membership (tenant_id, id, customer_id, cloud_store_id, joined_at)": [
                (key(f"membership:{one}"), key(one), key(f"mall:{store}"), NOW) for one, store in at
            ],
            "member_growth (tenant_id, customer_id, terms_id, growth, tier_id)": [
                (key("member:1"), key("tiers"), 1, key("level:silver"))
            ],
            "binding (tenant_id, id, customer_id, owner_id, source, strength, bound_at, protected_until,"
            " valid_until)": [
                (key("binding:3"), key("member:3"), key("store:2"), "OFFLINE_SCAN", 40, NOW - DAY, later, later)
            ],
        }


RAISE = (
    "INSERT INTO campaign_revision (tenant_id, revision) VALUES ($1, 1)"
    " ON CONFLICT (tenant_id) DO UPDATE SET revision = campaign_revision.revision + 1"
)
"""What every change of campaigns does."""


async def written(owner: str, *, campaigns: bool = True) -> Trade:
    """A new one, written; or one whose organisations never started a campaign."""
    trade = Trade()
    tables = {name: rows for name, rows in trade.tables().items() if campaigns or not name.startswith("campaign")}
    connection = await asyncpg.connect(owner)
    try:
        await insert(connection, trade.tenant, tables)
    finally:
        await connection.close()
    return trade


async def change(owner: str, trade: Trade, *statements: tuple[Any, ...], bump: bool = True) -> None:
    """Change its campaigns as an act does: everything and the revision in one transaction. `$1` is the tenant."""
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(trade.tenant))
            if bump:
                await connection.execute(RAISE, trade.tenant)
            for text, *values in statements:
                assert not (await connection.execute(text, trade.tenant, *values)).endswith(" 0"), text
    finally:
        await connection.close()
