"""The worker: what happens by itself, because its time has come. A process of its own beside the servers.

Positions for events, the end of holds and of orders that nobody paid, the completion of orders that shipped long ago,
refunds that a provider is told of, payments that it is asked about, the forgetting of keys. Each duty looks, does what
it finds, and looks again at once while there is more; else it waits. A duty that fails says so and tries again, later
each time: it stops none of the others, and nothing it does is done twice, for every duty is decided under the locks of
what it changes; a provider alone may be told twice. So several workers may run. Part of the composition root.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

import boot
from boot import Access
from domain.base import TimedOut, Unavailable
from domain.ordering import Declined, Provider, RefundAsked, refund_declined
from duties import Aside, Duty, beside
from models import due
from models.database import Database, UnsafeRole
from models.ordering import take_notice
from settings import Settings
from transport.logs import configure, say

log = structlog.get_logger("worker")

FEED_WAIT_S: Final = 0.05
"""Between two looks for events: how late a reader hears of one, at most."""
HOLD_WAIT_S: Final = 1.0
ORDER_WAIT_S: Final = 1.0
PAYMENT_WAIT_S: Final = 1.0
REFUND_WAIT_S: Final = 1.0
KEY_WAIT_S: Final = 3_600.0
ORDERS_BESIDE: Final = 3
"""How many orders the clock goes on with side by side."""
REFUNDS_BESIDE: Final = 8
"""How many refunds a provider is told of side by side: one that does not answer keeps each for seconds."""
PAYMENTS_BESIDE: Final = 8
"""How many payments a provider is asked about side by side."""
SEEING_CONNECTIONS, DOING_CONNECTIONS = 2, 4
"""The worker's connections: those that look at all tenants, and those that act in one."""


class Clock:
    """The duties over one database: found by the worker's role, done by the app's."""

    def __init__(
        self,
        seeing: Database,
        doing: Database,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        provider: Provider | None = None,
    ) -> None:
        """`provider` takes payments; without one nobody is told of refunds, nor asked about payments."""
        self._seeing, self._doing, self._now, self._provider = seeing, doing, now, provider
        self._unfed, self._unended, self._overdue, self._untold = Aside(), Aside(), Aside(), Aside()
        self._unheard, self._unforgotten = Aside(), Aside()

    def duties(self) -> list[Duty]:
        """What is to be done."""
        return [
            Duty("feed", FEED_WAIT_S, self.feed),
            Duty("holds", HOLD_WAIT_S, self.holds),
            Duty("orders", ORDER_WAIT_S, self.orders),
            *([] if self._provider is None else self._duties_of_provider()),
            Duty("keys", KEY_WAIT_S, self.keys),
        ]

    def _duties_of_provider(self) -> list[Duty]:
        return [
            Duty("refunds", REFUND_WAIT_S, self.refunds),
            Duty("payments", PAYMENT_WAIT_S, self.payments),
        ]

    async def feed(self) -> int:
        """Give positions to events; a tenant where that fails is left out for a while."""
        found = 0
        for tenant in await due.unstamped(self._seeing.engine, self._unfed.now()):
            try:
                found += await due.stamp_all(self._doing, tenant)
                self._unfed.done(tenant)
            except Exception as error:
                self._unfed.failed(tenant, "feed", error)
        return found

    async def holds(self) -> int:
        """End holds whose time is up; one that cannot be ended is left out for a while."""
        now = self._now()
        over = await due.holds_over(self._seeing.engine, now, self._unended.now())
        return sum([await self._end(tenant, ids, now) for tenant, ids in over.items()])

    async def _end(self, tenant: UUID, ids: Sequence[UUID], now: datetime) -> int:
        """End a tenant's holds together; if that fails, one at a time, until the database does not answer."""
        try:
            found = await due.expire(self._doing, tenant, ids, now)
            self._unended.done(tenant, *ids)
            return found
        except Exception as error:
            if len(ids) == 1:
                self._unended.failed(ids[0], "holds", error)
                return 0
            failed = error
        found, went = 0, False
        for id in ids:
            try:
                found += await due.expire(self._doing, tenant, [id], now)
                self._unended.done(tenant, id)
                went = True
            except Exception as error:
                self._unended.failed(id, "holds", error)
                if isinstance(error, Unavailable | TimedOut):  # the others are not to wait for it each
                    break
        if not went:
            self._unended.failed(tenant, "holds", failed)
        return found

    async def orders(self) -> int:
        """End orders that were not paid in time, complete what shipped long ago; one where that fails is left out."""
        overdue = await due.orders_due(self._seeing.engine, self._now(), self._overdue.now())
        return await beside(ORDERS_BESIDE, overdue, self._go_on)

    async def _go_on(self, one: tuple[UUID, UUID]) -> int:
        tenant, order = one
        try:
            found = await due.go_on(self._doing, tenant, order, self._now())
            self._overdue.done(order)
            return int(found)
        except Exception as error:
            self._overdue.failed(order, "orders", error)
            return 0

    async def refunds(self) -> int:
        """Tell the provider of refunds, each later than the time before, until a notice says what came of it.

        One that it does not take now is told again: it counts as told, and is due again.
        """
        untold = await due.refunds_to_tell(self._seeing.engine, self._now(), self._untold.now())
        return await beside(REFUNDS_BESIDE, untold, self._told)

    async def _told(self, one: tuple[UUID, UUID]) -> int:
        (tenant, refund), now = one, self._now()
        try:
            telling = await due.telling(self._doing, tenant, refund, now)
            if telling is not None:
                await self._tell(self._speaking_to(telling[0]), telling[1], now)
            self._untold.done(refund)
            return int(telling is not None)
        except Exception as error:
            self._untold.failed(refund, "refunds", error)
            return 0

    async def _tell(self, provider: Provider, asked: RefundAsked, now: datetime) -> None:
        """Ask for a refund. What its notice would say, a no that stays one, too, is taken as one."""
        try:
            answer = await provider.refund(asked)
        except Declined as declined:
            log.warning("refund.declined", refund=str(asked.refund), why=str(declined))
            answer = refund_declined(asked, now)
        if answer is not None:
            await take_notice(self._doing, provider.name, answer, now)

    def _speaking_to(self, name: str) -> Provider:
        """The provider of that name. Raises: LookupError where that is not the one we have."""
        if self._provider is None or self._provider.name != name:
            raise LookupError(f"nobody speaks to {name!r}")
        return self._provider

    async def payments(self) -> int:
        """Ask the provider what became of payments of which nothing was heard in time, each later than the time before.

        What it says does what its notice would do; what it does not answer now is asked again.
        """
        unheard = await due.payments_to_ask(self._seeing.engine, self._now(), self._unheard.now())
        return await beside(PAYMENTS_BESIDE, unheard, self._asked)

    async def _asked(self, one: tuple[UUID, UUID]) -> int:
        (tenant, payment), now = one, self._now()
        try:
            asking = await due.asking(self._doing, tenant, payment, now)
            if asking is not None:
                provider = self._speaking_to(asking[0])
                answer = await provider.find(asking[1])
                if answer is not None:
                    await take_notice(self._doing, provider.name, answer, now, answers=True)
            self._unheard.done(payment)
            return int(asking is not None)
        except Exception as error:
            self._unheard.failed(payment, "payments", error)
            return 0

    async def keys(self) -> int:
        """Forget old keys, tenant by tenant; one where that fails keeps none behind it. How many have more of them."""
        more = 0
        some = await due.tenants(self._doing.engine)
        while some:
            aside = self._unforgotten.now()
            for tenant in (each for each in some if each not in aside):
                try:
                    more += await due.forget_keys(self._doing, tenant, self._now())
                    self._unforgotten.done(tenant)
                except Exception as error:
                    self._unforgotten.failed(tenant, "keys", error)
            some = await due.tenants(self._doing.engine, some[-1])
        return more

    async def run(self, stopped: asyncio.Event) -> None:
        """Do all duties side by side until told to stop; what is begun then is undone."""
        tasks = [asyncio.ensure_future(duty.go_on()) for duty in self.duties()]
        try:
            await stopped.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def work(settings: Settings, access: Access, alone: Awaitable[object]) -> None:
    """Be the worker until a signal comes, or whoever started it is gone: then `alone` ends.

    Raises: models.database.UnsafeRole where one of its roles is not held by row security.
    """
    assert access.worker is not None
    seeing, doing = (
        Database(
            login,
            pool_size=connections,
            statement_cache=settings.statement_cache,
            request_seconds=settings.request_timeout_s,
            name="millrace worker",
        )
        for login, connections in ((access.worker, SEEING_CONNECTIONS), (access.app, DOING_CONNECTIONS))
    )
    payments = boot.payments(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for what in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(what, stopped.set)
    watching = asyncio.ensure_future(alone)
    watching.add_done_callback(lambda _: stopped.set())
    try:
        for database in (seeing, doing):
            await database.check_role()
        await Clock(seeing, doing, provider=None if payments is None else payments.provider).run(stopped)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        if payments is not None:
            await payments.aclose()
        await seeing.close()
        await doing.close()


async def _parent_is_gone() -> None:
    """Wait until whoever holds the other end of our input is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def main() -> None:
    """Be the worker of the database that the environment says, for as long as the parent lives."""
    settings = Settings()
    configure(settings.log_level, settings.log_format)
    access = boot.connect(settings)
    try:
        asyncio.run(work(settings, access, _parent_is_gone()))
    except UnsafeRole as error:
        raise SystemExit(str(error)) from None
    finally:
        access.close()


# ── kept running ──────────────────────────────────────────────────────────────────────────────────────────────────────
COMMAND: Final = (
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(boot.PROJECT)!r}); import worker; worker.main()",
)
STOP_S: Final = 10.0
"""How long a worker is given to end."""
FIRST_WAIT_S, MOST_WAIT_S = 0.5, 30.0
"""Before one that has ended is started again: doubled each time, until one has lived longer than the longest wait."""


class Companion:
    """A worker beside a server: started, watched from a thread, started again when it ends, stopped at the end."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)

    def __enter__(self) -> Companion:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        self._thread.join(STOP_S)
        if process is not None and process.poll() is None:
            process.kill()

    @property
    def pid(self) -> int | None:
        """The process that is the worker now."""
        return None if self._process is None else self._process.pid

    def _keep(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            begun = time.monotonic()
            # Its own group: an interrupt at the terminal is the server's to understand, who then ends the worker.
            try:
                self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
            except OSError as error:  # no process or no memory is to be had just now
                say("warning", "worker.not_started", error=f"{type(error).__name__}: {error}", again_in_s=wait)
            else:
                code = self._process.wait()
                if self._stopping.is_set():
                    return
                wait = FIRST_WAIT_S if time.monotonic() - begun > MOST_WAIT_S else wait
                say("warning", "worker.ended", pid=self._process.pid, code=code, again_in_s=wait)
            self._stopping.wait(wait)
            wait = min(MOST_WAIT_S, 2 * wait)


if __name__ == "__main__":
    main()
