"""The straight way: HTTP for the graph goes past the router, and nothing else does."""

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from transport import PATH
from transport.straight import Straight


class Named:
    """An application that tells who it is."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self._name, self._heard = name, heard

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        self._heard.append(self._name)


@pytest.mark.parametrize(
    ("scope", "who"),
    [
        ({"type": "http", "path": PATH}, "graph"),
        ({"type": "http", "path": f"{PATH}/"}, "router"),
        ({"type": "http", "path": "/health/live"}, "router"),
        ({"type": "websocket", "path": PATH}, "router"),
        ({"type": "lifespan"}, "router"),
    ],
)
async def test_the_graph_over_http_and_nothing_else_goes_past_the_router(scope: dict[str, Any], who: str) -> None:
    heard: list[str] = []

    async def nothing(*_: Any) -> Any:
        raise AssertionError("neither reads nor answers")

    await Straight(Named("router", heard), {PATH: Named("graph", heard)})(scope, nothing, nothing)
    assert heard == [who]
