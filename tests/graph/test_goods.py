"""What the graph says of goods: attributes in the field of their kind."""

from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.scratch import changed

SKU, MADE = IOWA.keys.of("sku", 43337), IOWA.keys.of("attribute", "TEST")
ATTRIBUTE = "INSERT INTO attribute (tenant_id, id, code, name, kind) VALUES ($1, $2, 'A', 'A', $3)"
VALUE = "INSERT INTO sku_attribute (tenant_id, attribute_id, sku_id, {}) VALUES ($1, $2, $3, {})"
ASKED = '{ sku(id: "%s") { attributes { code kind unit text integer boolean date } } }' % IOWA.sku(43337)


@pytest.mark.parametrize(
    ("kind", "literal", "shown"),
    [("DATE", "'2026-05-04'", "2026-05-04"), ("TEXT", "'dry'", "dry"), ("BOOLEAN", "false", False)],
)
async def test_an_attribute_stands_in_the_field_of_its_kind(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, kind: str, literal: str, shown: object
) -> None:
    column = f"{kind.lower()}_value"
    do: list[tuple[str, list[Any]]] = [(ATTRIBUTE, [MADE, kind]), (VALUE.format(column, literal), [MADE, SKU])]
    undo = [
        ("DELETE FROM sku_attribute WHERE tenant_id = $1 AND attribute_id = $2", [MADE]),
        ("DELETE FROM attribute WHERE tenant_id = $1 AND id = $2", [MADE]),
    ]
    nothing = {"unit": None, "text": None, "integer": None, "boolean": None, "date": None}
    async with changed(access, iowa, do, undo):
        asked = await graph.ask(ASKED)
    assert asked.data["sku"]["attributes"] == [
        {**nothing, "code": "A", "kind": kind, kind.lower(): shown},
        {**nothing, "code": "VOLUME_ML", "kind": "INTEGER", "unit": "ml", "integer": 1_000},
    ]
