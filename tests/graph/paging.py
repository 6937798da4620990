"""Cursors made by hand, and walking a connection to its end."""

import base64
import json
from typing import Any

from tests.graph.client import GraphClient

MAX_PAGES = 500


def cursor(*parts: Any) -> str:
    """A cursor with these parts, as the graph writes its own."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


async def walk(
    graph: GraphClient,
    document: str,
    path: tuple[str, ...],
    by: str | None,
    *,
    tenant: str = "iowa",
    **variables: Any,
) -> list[Any]:
    """Every node of a connection, page after page, each page asked with the last one's `endCursor` as `after`."""
    found: list[Any] = []
    after = None
    for _ in range(MAX_PAGES):
        asked = await graph.ask(document, {**variables, "after": after}, by=by, tenant=tenant)
        assert asked.errors == []
        page = asked.data
        for key in path:
            page = page[key]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
    raise AssertionError("the connection does not end")
