"""Rows for tenants that a test makes up: campaigns as the rule has them, and how rows are written."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.campaign import Aim, CampaignKind, Condition, Hours
from models.campaign import VALUE_COLUMNS
from models.session import set_tenant

VALUES = sorted(set(VALUE_COLUMNS.values()))
OFFERS: dict[CampaignKind, dict[str, Any]] = {
    CampaignKind.AMOUNT_OFF: {"off_fen": 500},
    CampaignKind.PERCENT_OFF: {"off_bps": 1_000},
    CampaignKind.FIXED_PRICE: {"price_fen": 990},
    CampaignKind.GIFT: {"gift_quantity": 1},
    CampaignKind.NTH_UNIT: {"nth": 2, "off_bps": 5_000},
    CampaignKind.GROUP_BUY: {"group_size": 3, "price_fen": 800},
    CampaignKind.POINTS_MULTIPLIER: {"points_pct": 200},
    CampaignKind.DISPLAY_FEE: {"fee_fen": 10_000},
}
"""What a campaign of each kind offers, where nothing else is said; coupons need terms of their own."""
OFFER_COLUMNS = ("off_fen", "off_bps", "price_fen", "gift_quantity", "nth", "group_size", "points_pct", "fee_fen")

Tables = dict[str, list[tuple[Any, ...]]]
"""Rows without their tenant, by table and columns; `!` marks a table of the whole platform."""


def campaign_tables(aims: Iterable[Aim], gift: UUID | None = None) -> Tables:
    """Campaigns with their conditions, named by their ids."""
    aims = list(aims)
    return {
        "campaign (tenant_id, id, owner_id, code, name, kind, status, participation, starts_at, ends_at, priority,"
        f" gift_sku_id, {', '.join(OFFER_COLUMNS)})": [
            (
                *(one.id, one.owner_id, one.id.hex, "x", one.kind, one.status, one.participation),
                *(one.starts_at, one.ends_at, one.priority, gift if one.kind is CampaignKind.GIFT else None),
                *(OFFERS[one.kind].get(column) for column in OFFER_COLUMNS),
            )
            for one in aims
        ],
        "campaign_condition (tenant_id, campaign_id, clause, position, dimension, negated, from_minute, until_minute,"
        f" {', '.join(VALUES)})": [
            (one.id, clause, position, *_condition(condition))
            for one in aims
            for clause, conditions in one.clauses.items()
            for position, condition in enumerate(conditions)
        ],
    }


def _condition(one: Condition) -> tuple[Any, ...]:
    hours = one.value if isinstance(one.value, Hours) else None
    value = one.value if hours is None else hours.weekdays
    return (
        *(one.dimension, one.negated),
        *((None, None) if hours is None else (hours.from_minute, hours.until_minute)),
        *(value if VALUE_COLUMNS[one.dimension] == column else None for column in VALUES),
    )


async def insert(owner: Any, tenant: UUID, tables: Tables) -> None:
    """Write a new tenant and its rows, in the order that their keys need."""
    async with owner.transaction():
        await owner.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, 'x')", tenant, tenant.hex)
        await add(owner, tenant, tables)


async def add(owner: Any, tenant: UUID, tables: Tables) -> None:
    """Write rows of a tenant, in the order that their keys need."""
    async with owner.transaction():
        await owner.execute(set_tenant(tenant))
        for table, rows in tables.items():
            if rows:
                shared = table.startswith("!")
                given = rows if shared else [(tenant, *row) for row in rows]
                places = ", ".join(f"${number}" for number in range(1, len(given[0]) + 1))
                into = " ".join(("INSERT INTO", table.lstrip("!"), "VALUES"))
                await owner.executemany(f"{into} ({places})", given)
