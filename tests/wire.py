"""A wire to the tests' PostgreSQL that can fall silent: what is sent either way then goes nowhere, and nobody hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from models.database import Login


class Wire:
    """Between a pool and its server, while `wire_to` lasts."""

    def __init__(self, login: Login) -> None:
        self._address = urlsplit(login.url)
        self._role = login.role
        self._flows = asyncio.Event()
        self._flows.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def login(self) -> Login:
        """The same login over this wire."""
        return Login(f"postgresql://{self._address.username}@127.0.0.1:{self.port}{self._address.path}", self._role)

    def fall_silent(self) -> None:
        """Connections stay open, new ones are taken, and nothing comes through."""
        self._flows.clear()

    def speak(self) -> None:
        """What comes from now on comes through, and what was held back."""
        self._flows.set()

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        asked = parse_qs(self._address.query)
        there = await asyncio.open_unix_connection(f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}")
        pumps = {
            asyncio.ensure_future(self._pump(reader, there[1])),
            asyncio.ensure_future(self._pump(there[0], writer)),
        }
        self._pumps |= pumps
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, there[1]):
            end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65_536):
            await self._flows.wait()
            writer.write(said)

    def cut(self) -> None:
        """End what is left."""
        for pump in self._pumps:
            pump.cancel()


@asynccontextmanager
async def wire_to(login: Login) -> AsyncIterator[Wire]:
    wire = Wire(login)
    async with await asyncio.start_server(wire.link, "127.0.0.1", 0) as server:
        wire.port = server.sockets[0].getsockname()[1]
        try:
            yield wire
        finally:
            wire.cut()
            await asyncio.sleep(0)  # what was cut hears of it
