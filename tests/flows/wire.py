"""One graphql-transport-ws socket as a client has it, message by message."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.flows.served import Served
from transport.websocket import PROTOCOL

WAIT_SECONDS = 5.0


class Wire:
    """One socket, in messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Any) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_SECONDS):
            message: dict[str, Any] = orjson.loads(await self.connection.recv())
        return message

    async def subscribe(self, name: str, query: str, **rest: Any) -> None:
        await self.send({"id": name, "type": "subscribe", "payload": {"query": query, **rest}})

    async def closed(self) -> tuple[int, str]:
        """The code and reason of the close frame that comes next."""
        with suppress(ConnectionClosed):
            while True:
                await self.read()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def raw(served: Served, protocol: str = PROTOCOL, **headers: str) -> AsyncIterator[Wire]:
    async with connect(
        served.socket_url, subprotocols=[Subprotocol(protocol)], additional_headers=headers, close_timeout=1
    ) as connection:
        yield Wire(connection)


@asynccontextmanager
async def ready(served: Served, payload: Any = None, **headers: str) -> AsyncIterator[Wire]:
    async with raw(served, **headers) as wire:
        await wire.send({"type": "connection_init", "payload": payload})
        assert await wire.read() == {"type": "connection_ack"}
        yield wire


async def until(condition: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
