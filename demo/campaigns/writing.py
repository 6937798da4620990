"""Campaigns as rows of ours, marked `is_generated`.

Owns what of ours each plan becomes. The revision that says how often campaigns have changed begins with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from demo.calendar import Calendar
from demo.campaigns.values import Condition, Hours, Plan
from integrations.bulk import Bulk, transposed
from integrations.keys import Keys
from models import campaign

FIRST_REVISION: Final = 1
OFFERS: Final = (
    *("off_fen", "off_bps", "price_fen", "gift_sku_id", "gift_quantity"),
    *("nth", "coupon_terms_id", "group_size", "points_pct", "fee_fen"),
)
_VALUES: Final = (*dict.fromkeys(campaign.VALUE_COLUMNS.values()), "from_minute", "until_minute")


async def write_campaigns(bulk: Bulk, keys: Keys, calendar: Calendar, plans: Sequence[Plan]) -> None:
    """Write the campaigns, and the revision they make."""
    await _campaigns(bulk, keys, calendar, plans)
    funders = [
        (campaign_id(keys, plan.code), position, funder, share)
        for plan in plans
        for position, (funder, share) in enumerate(plan.funders)
    ]
    columns: tuple[str, ...] = ("campaign_id", "position", "funder_id", "share_bps")
    await bulk.insert(campaign.CampaignFunder, transposed(columns, funders))
    conditions = [
        (campaign_id(keys, plan.code), number, position, *_condition(condition))
        for plan in plans
        for number, clause in enumerate(plan.clauses)
        for position, condition in enumerate(clause)
    ]
    columns = ("campaign_id", "clause", "position", "dimension", "negated", *_VALUES)
    await bulk.insert(campaign.CampaignCondition, transposed(columns, conditions))
    answers = [(campaign_id(keys, plan.code), *answer) for plan in plans for answer in plan.answers]
    columns = ("campaign_id", "store_id", "stance", "threshold_fen", "threshold_units")
    await bulk.insert(campaign.CampaignStore, transposed((*columns, "off_fen", "off_bps", "price_fen"), answers))
    await bulk.insert(campaign.CampaignRevision, {"revision": [FIRST_REVISION]})


def campaign_id(keys: Keys, code: str) -> UUID:
    """The id of the campaign of this code."""
    return keys.of("campaign", code)


async def _campaigns(bulk: Bulk, keys: Keys, calendar: Calendar, plans: Sequence[Plan]) -> None:
    columns: tuple[str, ...] = (
        "id",
        "owner_id",
        "code",
        "name",
        "kind",
        "status",
        "participation",
        "starts_at",
        "ends_at",
    )
    columns += ("priority", "exclusion_group", "threshold_fen", "threshold_units", *OFFERS)
    rows = [
        (
            *(campaign_id(keys, plan.code), plan.owner, plan.code, plan.name, plan.kind.value),
            *(plan.status.value, plan.participation.value),
            *(calendar.day(plan.from_day), calendar.day(plan.until_day)),
            *(plan.priority, plan.exclusion_group, plan.threshold_fen, plan.threshold_units),
            *(plan.offer.get(name) for name in OFFERS),
        )
        for plan in plans
    ]
    await bulk.insert(campaign.Campaign, {**transposed(columns, rows), "is_generated": [True] * len(rows)})


def _condition(condition: Condition) -> tuple[Any, ...]:
    values: dict[str, Any] = dict.fromkeys(_VALUES)
    if isinstance(condition.value, Hours):
        values |= condition.value._asdict()
    else:
        values[campaign.VALUE_COLUMNS[condition.dimension]] = condition.value
    return condition.dimension.value, condition.negated, *values.values()
