"""Shoppers as HTTP clients: each has one errand, and asks the same again, under the same key, until it is answered.

Whoever leaves has no time left at once: that instant is moved in the database, and the worker finds it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import httpx

from models.database import connected
from models.failing import LOSING
from tests.graph.acted import part_of

PRICES: Final = {1: 1_000, 5: 333}
"""What is sold, and for how much a unit: sku 1 is the store's own, sku 5 another's, who ships it."""
PLACING: Final = (*("lines",) * 5, *("hold",) * 3, "unpaid", "late", "cancels", "half")
"""How orders are placed: of lines, of what was held before; and never paid, paid too late, paid and given up, paid anew
after half of it was paid."""
ANSWER_S: Final = 3.0
"""How long a shopper waits for one answer."""
AGAIN_S: Final = 0.05
PATIENCE_S: Final = 180.0
"""How long she goes on asking."""
ASKED_AGAIN: Final = frozenset({"UNAVAILABLE", "TIMEOUT"})
"""Codes that say to ask again; any other is an answer."""
_AWAY: Final = (*LOSING, OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
_OVER: Final = {
    "reservation": "UPDATE reservation SET expires_at = created_at + interval '1 ms',"
    " due_at = created_at + interval '1 ms' WHERE id = $1 AND state = 'HELD'",
    "order": "UPDATE order_header SET payment_due_at = placed_at + interval '1 ms',"
    " due_at = placed_at + interval '1 ms' WHERE id = $1 AND state = 'PENDING_PAYMENT'",
}
_ANSWERS: Final = {
    "holdStock": "... on Reservation { id }",
    "placeOrder": "... on Order { id total }",
    "payOrder": "... on Payment { id payUrl }",
    "cancelOrder": "... on Order { id }",
}


def key_of(id: str) -> UUID:
    """The key in a global id."""
    return UUID(id.rpartition("_")[2])


class Errand(NamedTuple):
    """What one shopper is out for: so many units of each sku."""

    number: int
    kind: str
    wanted: dict[int, int]
    by: str

    @property
    def total_fen(self) -> int:
        return sum(PRICES[sku] * units for sku, units in self.wanted.items())

    @property
    def half_fen(self) -> int:
        """What comes of it where half is paid."""
        return (self.total_fen + 1) // 2


def errands(placements: int, people: Iterable[str], chance: Random) -> list[Errand]:
    """So many placements, and for every ten of them one who holds goods and leaves; in any order."""
    kinds = [PLACING[number % len(PLACING)] for number in range(placements)] + ["leaves"] * (placements // 10)
    chance.shuffle(kinds)
    names = list(people)
    return [
        Errand(
            number,
            kind,
            {sku: chance.randint(1, 4) for sku in chance.sample(list(PRICES), chance.randint(1, len(PRICES)))},
            chance.choice(names),
        )
        for number, kind in enumerate(kinds)
    ]


@dataclass
class Story:
    """An errand, and the global ids that its shopper was told."""

    errand: Errand
    hold: str | None = None
    order: str | None = None

    @property
    def subject(self) -> UUID:
        """What it came to: an order, or what was held."""
        return key_of(self.order or self.hold or "")


class Shopping:
    """All shoppers of one server, at `url`, each by her token; `dsn` is a superuser's, who can make time pass."""

    def __init__(self, url: str, tokens: dict[str, str], listings: dict[int, str], dsn: str) -> None:
        self._tokens, self._listings, self._dsn = tokens, listings, dsn
        self._http = httpx.AsyncClient(base_url=url, timeout=ANSWER_S, follow_redirects=True)
        self.stories: list[Story] = []
        self.over = 0
        self.answered = self.lost = self.refused = 0
        """Requests: answered, lost with the connection or with the time, told to come again."""

    async def aclose(self) -> None:
        await self._http.aclose()

    async def go(self, all_of_them: list[Errand], at_once: int) -> None:
        """Do all errands, so many side by side."""
        gate = asyncio.Semaphore(at_once)

        async def one(errand: Errand) -> None:
            async with gate, asyncio.timeout(PATIENCE_S):
                story = Story(errand)
                self.stories.append(story)
                await self._do(story)
                self.over += 1

        async with asyncio.TaskGroup() as group:
            for errand in all_of_them:
                group.create_task(one(errand))

    async def _do(self, story: Story) -> None:
        kind = story.errand.kind
        if kind in ("hold", "leaves"):
            story.hold = (await self._act(story, "holdStock", {"lines": self._lines(story)}))["id"]
        if kind == "leaves":
            await self._time_is_up("reservation", story)
            return
        story.order = await self.place(story)
        if kind == "unpaid":
            await self._time_is_up("order", story)
            return
        payment = await self._act(story, "payOrder", {"orderId": story.order})
        if kind == "half":
            await self._press(payment["payUrl"], "half")
            await self._until_paid(story)
            payment = await self._act(story, "payOrder", {"orderId": story.order}, "again")
        if kind == "late":
            await self._time_is_up("order", story)
            await self._until(story, "CANCELLED")
        await self._press(payment["payUrl"])
        if kind == "cancels":
            await self._until(story, "CONFIRMED")
            await self._act(story, "cancelOrder", {"orderId": story.order})

    async def place(self, story: Story) -> str:
        """Place her order, or find it again: its id."""
        given = {"lines": self._lines(story)} if story.hold is None else {"reservationId": story.hold}
        order = await self._act(story, "placeOrder", given)
        assert order["total"] == story.errand.total_fen
        return str(order["id"])

    async def found(self, story: Story) -> Any:
        """What she sees of her order."""
        text = '{ node(id: "%s") { ... on Order { id state total payments { state } lines { nodes { %s } } } } }'
        return (await self._ask(story.errand.by, text % (story.order, "quantity sku { code }"), {}))["node"]

    def _lines(self, story: Story) -> list[dict[str, Any]]:
        return [{"listingId": self._listings[sku], "quantity": units} for sku, units in story.errand.wanted.items()]

    # ── until it is answered ──────────────────────────────────────────────────────────────────────────────────────────
    async def _act(self, story: Story, act: str, given: Any, time: str = "once") -> Any:
        """What comes of an act under her own key; a refusal is none of what she is out for."""
        variables = {"input": given, "key": f"{act} {story.errand.number} {time}"}
        done = (await self._ask(story.errand.by, part_of(act, _ANSWERS[act]), variables))["done"]
        assert "id" in done, (act, story, done)
        return done

    async def _ask(self, by: str, query: str, variables: Any) -> Any:
        while True:
            answer = await self._sent(
                "/graphql",
                json={"query": query, "variables": variables},
                headers={"authorization": f"Bearer {self._tokens[by]}"},
            )
            if answer is not None:
                told = answer.json()
                codes = {error["extensions"]["code"] for error in told.get("errors", ())}
                if not codes:
                    self.answered += 1
                    return told["data"]
                assert codes <= ASKED_AGAIN, told
                self.refused += 1
            await asyncio.sleep(AGAIN_S)

    async def _press(self, page: str, button: str = "pay") -> None:
        """Pay at the provider's page."""
        while True:
            answer = await self._sent(page, data={"action": button})
            if answer is not None and answer.status_code == 200:
                assert "Paid." in answer.text, answer.text
                self.answered += 1
                return
            await asyncio.sleep(AGAIN_S)

    async def _sent(self, url: str, **more: Any) -> httpx.Response | None:
        try:
            return await self._http.post(url, **more)
        except httpx.TransportError:
            self.lost += 1
            return None

    async def _until(self, story: Story, state: str) -> None:
        while (await self.found(story))["state"] != state:  # noqa: ASYNC110  # what happens is another process's
            await asyncio.sleep(AGAIN_S)

    async def _until_paid(self, story: Story) -> None:
        """Until the shop has heard that something came."""
        while (await self.found(story))["payments"][0]["state"] != "PAID":  # noqa: ASYNC110  # as in _until
            await asyncio.sleep(AGAIN_S)

    async def _time_is_up(self, what: str, story: Story) -> None:
        while True:
            try:
                async with connected(self._dsn) as connection:
                    await connection.execute(_OVER[what], story.subject)
                return
            except _AWAY:
                await asyncio.sleep(AGAIN_S)
