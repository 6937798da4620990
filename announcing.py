"""What an operator is told once the server listens: where, and what to try. It owns the words only."""

from __future__ import annotations

import socket
import sys
import time
from typing import Final

import uvicorn
from rich.console import Console

from settings import Settings
from transport import Server
from transport.workbench import PATH as WORKBENCH

err = Console(stderr=True)
"""Where operators are told everything but what a command prints."""
TRY: Final = """
Try:     curl -s {url} -H 'content-type: application/json' \\
              -d '{{"query": "{{ stores(first: 3) {{ nodes {{ id name city }} }} }}"}}'
Tokens:  make -s token AS=store:2191/clerk
{page}The README has more to try.

"""


def authority(host: str, port: int) -> str:
    """Host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def announce(settings: Settings, address: tuple[str, int], since: float) -> None:
    """Say where the server listens and what to try; `since` is when it began, by the monotonic clock."""
    url = f"http://{authority(*address[:2])}/graphql"
    err.print(f"\n[bold green]Millrace is up[/] after {time.monotonic() - since:.1f} s: [bold]{url}[/]")
    if settings.profile == "demo":
        page = f"Browser: {url.removesuffix('/graphql')}{WORKBENCH}\n" if settings.graphiql_enabled else ""
        sys.stderr.write(TRY.format(url=url, page=page))


class Announced(Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, settings: Settings, started: float) -> None:
        super().__init__(config)
        self._settings, self._since = settings, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address and what to try."""
        await super().startup(sockets)
        if self.started:
            announce(self._settings, self.servers[0].sockets[0].getsockname(), self._since)
