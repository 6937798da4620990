"""The catalog centre's act on attributes: saved by code, row by row.

Locks: key → the tenant's channel → categories → attributes.
"""

from typing import Any

from domain.base import LimitReached, Sheet
from domain.catalog import MAX_DEFINED, AttributeInUse, AttributeLine, SaveAttributes, once_each
from models.base import new_id
from models.catalog import (
    AttributeKept,
    attributes_used,
    categories_named,
    count_attributes,
    lock_attributes,
    write_attributes,
)
from models.channel import alone
from models.writing import Outcome, Transaction
from resolvers.acts import bulk, outcomes
from resolvers.catalog.goods import parted, tell_saved
from resolvers.context import Context


async def save_attributes(ctx: Context, key: str, command: SaveAttributes) -> Any:
    """Attributes are saved. Like the tree they are the tenant's, so its platform keeps them."""

    async def effect(tx: Transaction) -> Outcome:
        sheet: Sheet[AttributeLine] = Sheet(command.rows)
        once_each(sheet)
        await alone(tx)  # how many there are is counted by one act at a time
        categories = await categories_named(tx, (row.category for _, row in sheet.left if row.category is not None))
        for place, row in sheet.left:
            if row.category is not None and row.category not in categories:
                sheet.wrong(place, "category", "There is no such category.")
        known = await lock_attributes(tx, (row.code for _, row in sheet.left))
        used = await attributes_used(tx, (each.id for each in known.values()))
        room = MAX_DEFINED - await count_attributes(tx)
        for place, row in sheet.left:
            there = known.get(row.code)
            if there is None and room <= 0:
                sheet.refuse(place, LimitReached(MAX_DEFINED))
            elif there is not None and there.kind != row.kind and there.id in used:
                sheet.refuse(place, AttributeInUse(row.code, there.kind))
            room -= there is None
        wanted = [
            AttributeKept(
                known[row.code].id if row.code in known else new_id(),
                row.code,
                row.name,
                row.kind.value,
                row.unit,
                None if row.category is None else categories[row.category],
            )
            for _, row in sheet.left
        ]
        new, other = parted(wanted, known)
        await write_attributes(tx, new, other)
        await tell_saved(tx, "AttributeSaved", "attribute", [*new, *other])
        return outcomes(sheet, {place: each.id for (place, _), each in zip(sheet.left, wanted, strict=True)})

    return await bulk(ctx, "saveAttributes", key, command, "attribute", effect)
