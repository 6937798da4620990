"""Walking a connection to its end."""

from typing import Any

from tests.graph.client import GraphClient

MAX_PAGES = 500


async def walk(graph: GraphClient, document: str, path: tuple[str, ...], by: str | None, **variables: Any) -> list[Any]:
    """Every node of a connection, page after page, each page asked with the last one's `endCursor` as `after`."""
    found: list[Any] = []
    after = None
    for _ in range(MAX_PAGES):
        asked = await graph.ask(document, {**variables, "after": after}, by=by)
        assert asked.errors == []
        page = asked.data
        for key in path:
            page = page[key]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
    raise AssertionError("the connection does not end")
