"""When a cloud store is open: from the instant at which it opens until just before the one at which it closes."""

from datetime import timedelta
from typing import Any

import pytest

import boot
from tests.conftest import NOW, TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.scratch import changed

SHOP = IOWA.keys.of("organization", "STORE", 2191)
HERE, LISTING = IOWA.cloud_store("STORE", 2191), IOWA.listing("STORE", 2191, 43337)
SHOWN = (
    '{ store(id: "%s") { cloudStore { id } shelf(first: 1) { totalCount } } listing(id: "%s") { id } '
    'cloudStore(id: "%s") { campaigns { campaign { code } } search(text: "43337", first: 1) { totalCount } } '
    'viewer { customer { rights(at: "%s") { usable reason } } } }'
) % (IOWA.store(2191), LISTING, HERE, HERE)
COVERAGE = '{ organization(id: "%s") { ... on Brand { shelfCoverage { total covered } } } }' % IOWA.brand(260)
UPDATE = "UPDATE cloud_store SET opened_at = $3, closed_at = $4 WHERE tenant_id = $1 AND organization_id = $2"
UNDO = (  # all of them opened at the same instant
    "UPDATE cloud_store SET opened_at = (SELECT min(opened_at) FROM cloud_store WHERE tenant_id = $1), closed_at = NULL"
    " WHERE tenant_id = $1 AND organization_id = $2"
)
MONTH, MOMENT = timedelta(days=30), timedelta(microseconds=1)


async def shown(graph: GraphClient) -> tuple[Any, Any]:
    """What a member of the shop finds there, and how many shops the brand counts."""
    asked, covered = await graph.ask(SHOWN, by="member:1"), await graph.ask(COVERAGE, by="brand:260/analyst")
    assert asked.errors == covered.errors == []
    return asked.data, covered.data["organization"]["shelfCoverage"]


@pytest.mark.parametrize(
    ("opened", "closed", "is_open"),
    [
        (NOW - MONTH, None, True),
        (NOW, None, True),
        (NOW + MOMENT, None, False),
        (NOW + MONTH, None, False),
        (NOW - MONTH, NOW + MONTH, True),
        (NOW - MONTH, NOW + MOMENT, True),
        (NOW - MONTH, NOW, False),
        (NOW + MONTH, NOW + 2 * MONTH, False),
    ],
)
async def test_a_store_is_open_from_one_instant_to_the_other(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, opened: Any, closed: Any, is_open: bool
) -> None:
    before, counted = await shown(graph)
    assert before["cloudStore"]["search"] == {"totalCount": 1}
    assert before["cloudStore"]["campaigns"]
    assert any(right["usable"] for right in before["viewer"]["customer"]["rights"])
    async with changed(access, iowa, [(UPDATE, [SHOP, opened, closed])], [(UNDO, [SHOP])]):
        found, covered = await shown(graph)
    if is_open:
        assert (found, covered) == (before, counted)
        return
    assert covered == {"total": counted["total"] - 1, "covered": counted["covered"] - 1}
    rights = found.pop("viewer")["customer"]["rights"]
    assert found == {"store": {"cloudStore": None, "shelf": None}, "listing": None, "cloudStore": None}
    assert {right["usable"] for right in rights} == {False}
    assert "STORE_CLOSED" in {right["reason"] for right in rights}


async def test_a_membership_s_cloud_store_has_no_campaigns_while_it_is_closed(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """Her membership names it all the same."""
    document = (
        "{ viewer { customer { memberships(first: 100) { nodes { cloudStore { id campaigns { offFen } } } } } } }"
    )

    async def there() -> Any:
        asked = await graph.ask(document, by="member:1")
        assert asked.errors == []
        nodes = asked.data["viewer"]["customer"]["memberships"]["nodes"]
        return next(node["cloudStore"]["campaigns"] for node in nodes if node["cloudStore"]["id"] == HERE)

    assert await there()
    async with changed(access, iowa, [(UPDATE, [SHOP, NOW + MONTH, None])], [(UNDO, [SHOP])]):
        assert await there() == []
