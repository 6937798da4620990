"""What the graph can say bounds what the tables hold: codes that a cursor takes, quantities that are an Int."""

from typing import Any

import asyncpg
import pytest

import boot
from models.session import set_tenant
from tests.conftest import TenantFacts

CUT_BY_CODE = ("campaign", "category", "organization", "price_list", "product", "promoter", "region", "site", "sku")
"""What connections are cut by the code of; of a sku beside its product's, of a region beside month and goods."""
INTS = (("sku", "min_qty"), ("sku", "step_qty"), ("sku", "shelf_life_days"), ("pack_unit", "units"))


async def refusal(access: boot.Access, tenant: TenantFacts, change: str, value: Any) -> str | None:
    """The check that `UPDATE <change>` meets, None if it would stand; it is undone either way."""
    connection = await asyncpg.connect(access.owner)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(set_tenant(tenant.id))
    try:
        assert await connection.execute(f"UPDATE {change}", value) != "UPDATE 0"
    except asyncpg.CheckViolationError as error:
        name: str = error.constraint_name
        return name
    finally:
        await transaction.rollback()
        await connection.close()
    return None


@pytest.mark.parametrize("table", CUT_BY_CODE)
async def test_a_code_has_1_to_100_characters(table: str, access: boot.Access, iowa: TenantFacts) -> None:
    refused = [await refusal(access, iowa, f"{table} SET code = $1", code) for code in ("", "汉" * 101)]
    assert refused == [f"ck_{table}_code_length"] * 2


async def test_a_code_of_100_characters_is_taken(access: boot.Access, iowa: TenantFacts) -> None:
    change = "category SET code = $1 WHERE id = (SELECT id FROM category LIMIT 1)"
    assert await refusal(access, iowa, change, "汉" * 100) is None


@pytest.mark.parametrize(("table", "column"), INTS)
async def test_what_the_graph_gives_as_int_has_32_bits(
    table: str, column: str, access: boot.Access, iowa: TenantFacts
) -> None:
    refused = [await refusal(access, iowa, f"{table} SET {column} = $1", n) for n in (2**31 - 1, 2**31)]
    assert refused == [None, f"ck_{table}_{column}_range"]
