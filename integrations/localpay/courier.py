"""Telling the merchant: one loop per process that sends what is due and closes charges whose time is up.

Owns the sending. What is due, and whose it is to send, `notices` decides, so that any number of processes may run one.
A notice may arrive twice, where a process dies or an answer is lost between; it never stays away while the merchant
answers.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

import httpx
import structlog

from integrations.localpay.book import Book
from integrations.localpay.records import Owed, Pace, UnreadableBook
from integrations.localpay.signing import SIGNATURE, TIMESTAMP, signature

log = structlog.get_logger("localpay")

AT_ONCE: Final = 8
"""Notices that one process sends side by side."""
FORGET_EVERY_S: Final = 3600.0
LONGEST_WAIT_S: Final = 30.0
"""Between two looks while looking fails."""

T = TypeVar("T")


class Office:
    """A book behind a thread of its own, so that the event loop never waits for the disk. Opened when first asked."""

    def __init__(self, opened: Callable[[], Book]) -> None:
        self._opened = opened
        self._book: Book | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="localpay")

    async def ask(self, what: Callable[[Book], T]) -> T:
        """What `what` says of the book. Raises whatever it raises, and sqlite3.Error."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._asked, what)

    def _asked(self, what: Callable[[Book], T]) -> T:
        if self._book is None:
            self._book = self._opened()
        return what(self._book)

    def close(self) -> None:
        """Close the book, after what is being asked; again does nothing."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._close).result()
            self._thread.shutdown()

    def _close(self) -> None:
        if self._book is not None:
            self._book.close()


class Courier:
    """Sends the notices of an office's book to `url`, signed with `secret`."""

    def __init__(self, office: Office, url: str, secret: bytes, pace: Pace) -> None:
        self._office, self._url, self._secret, self._pace = office, url, secret, pace
        self._who = secrets.token_hex(8)
        self._due = asyncio.Event()
        self._forgot = -FORGET_EVERY_S

    def wake(self) -> None:
        """Something is due."""
        self._due.set()

    async def go_on(self) -> None:
        """Send what is due until cancelled."""
        async with httpx.AsyncClient(timeout=self._pace.answer, follow_redirects=False, trust_env=False) as client:
            failures = 0
            while True:
                self._due.clear()
                try:
                    found = await self._round(client)
                    failures = 0
                except Exception as error:  # said, and tried again: nothing that is owed is lost
                    found, failures = 0, failures + 1
                    said = f"{type(error).__name__}: {error}"
                    log.warning("localpay.courier_failed", failures=failures, error=said)
                if not found:
                    await self._wait(min(LONGEST_WAIT_S, self._pace.look * 2 ** min(failures, 10)))

    async def let_go(self) -> None:
        """Leave what was begun to others."""
        with suppress(sqlite3.Error, UnreadableBook):  # then the leases end by themselves
            await self._office.ask(lambda book: book.notices.let_go(self._who))

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._due.wait()

    async def _round(self, client: httpx.AsyncClient) -> int:
        """Close what is over, send what is due; says how much it found."""
        closed = await self._office.ask(Book.close_over)
        if time.monotonic() - self._forgot >= FORGET_EVERY_S:
            self._forgot = time.monotonic()
            await self._office.ask(lambda book: book.notices.forget())
        owed = await self._office.ask(lambda book: book.notices.claim(self._who, AT_ONCE))
        sent = await asyncio.gather(*(self._send(client, one) for one in owed), return_exceptions=True)
        for failed in filter(None, sent):  # when all have ended: none goes on by itself
            raise failed
        return closed + len(owed)

    async def _send(self, client: httpx.AsyncClient, owed: Owed) -> None:
        wrong = await self._sent(client, owed.body.encode())
        if wrong is None:
            await self._office.ask(lambda book: book.notices.taken(owed.id))
            return
        await self._office.ask(lambda book: book.notices.not_taken(owed.id, self._who, wrong))
        log.warning("localpay.notice_not_taken", notice=owed.id, attempt=owed.attempts + 1, error=wrong)

    async def _sent(self, client: httpx.AsyncClient, body: bytes) -> str | None:
        """Send a body; what went wrong, or None if the merchant has it. Its answer's body is not read."""
        now = int(time.time())
        headers = {
            "content-type": "application/json",
            TIMESTAMP: str(now),
            SIGNATURE: signature(self._secret, now, body),
        }
        try:
            async with (
                asyncio.timeout(self._pace.answer),
                client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                return None if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return type(error).__name__
