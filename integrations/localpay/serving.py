"""The local provider over HTTP: what its merchant asks, with a key, and the page that its merchant's shoppers pay at.

    POST /charges                   make a charge, or find it by the merchant's id
    GET  /charges/{id}              how it stands
    POST /refunds                   give back, once for each of the merchant's ids
    GET  /notices                   what was given up
    POST /notices/{id}/send         send one again
    GET, POST /pages/{token}        for the shopper; whoever has the address may pay

Asked for what contradicts what it knows it answers 409 with a `code`, for what cannot be meant 400, and 503 while its
file is locked.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.localpay.asked import BadAsked, charge_asked, refund_asked
from integrations.localpay.book import Book
from integrations.localpay.courier import Courier, Office
from integrations.localpay.page import ACTIONS, POLICY, language_of, page
from integrations.localpay.records import Charge, Conflict, NoRefund, Pace, UnreadableBook
from transport.body import read_body
from transport.page import from_own_site, guards
from transport.parameters import MalformedError

log = structlog.get_logger("localpay")

BODY_BYTES: Final = 16_384
FORM_BYTES: Final = 256
BODY_SECONDS: Final = 10.0
_GUARDS: Final = {**guards(POLICY), "cache-control": "no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Merchant:
    """The one merchant: how it proves itself, where it is told what happened, where its shoppers find the pages."""

    key: str = field(repr=False)
    secret: bytes = field(repr=False)
    """Its notices are signed with."""
    notice_url: str
    pages_url: str
    """What comes before the token in a page's address."""


class LocalPay:
    """The provider over one file: `app` is all of it, `pages` the shoppers' part alone, which goes below any path.

    Nothing is opened before it is asked something, or runs.
    """

    def __init__(self, file: Path, merchant: Merchant, pace: Pace | None = None, copies: int = 1) -> None:
        pace = pace or Pace()
        self._merchant = merchant
        self._office = Office(lambda: Book(file, pace, copies))
        self._courier = Courier(self._office, merchant.notice_url, merchant.secret, pace)
        self.pages = [Route("/pages/{token}", self._told(self._page), methods=["GET", "POST"])]
        self.app = Starlette(
            routes=[
                Route("/charges", self._for_merchant(self._create), methods=["POST"]),
                Route("/charges/{id}", self._for_merchant(self._find), methods=["GET"]),
                Route("/refunds", self._for_merchant(self._refund), methods=["POST"]),
                Route("/notices", self._for_merchant(self._given_up), methods=["GET"]),
                Route("/notices/{id}/send", self._for_merchant(self._send_again), methods=["POST"]),
                *self.pages,
            ],
            lifespan=lambda _: self.running(),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Within it notices are sent; at its end the file is closed."""
        courier = asyncio.ensure_future(self._courier.go_on())
        try:
            yield
        finally:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
            await self._courier.let_go()
            await self.aclose()

    async def aclose(self) -> None:
        """Close the file, where nothing runs."""
        await asyncio.to_thread(self._office.close)

    # ── the merchant ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def _create(self, request: Request) -> Response:
        asked = charge_asked(await _json_of(request))
        return self._shown(await self._office.ask(lambda book: book.create(asked)))

    async def _find(self, request: Request) -> Response:
        id = request.path_params["id"]
        charge = await self._office.ask(lambda book: book.find(id))
        return _error(404, "NOT_FOUND", "no such charge") if charge is None else self._shown(charge)

    async def _refund(self, request: Request) -> Response:
        asked = refund_asked(await _json_of(request))
        refund = await self._office.ask(lambda book: book.refund(asked))
        self._courier.wake()
        return JSONResponse(refund._asdict())

    async def _given_up(self, _request: Request) -> Response:
        return JSONResponse({"notices": await self._office.ask(lambda book: book.notices.given_up())})

    async def _send_again(self, request: Request) -> Response:
        id = request.path_params["id"]
        if not await self._office.ask(lambda book: book.notices.send_again(id)):
            return _error(404, "NOT_FOUND", "no such notice")
        self._courier.wake()
        return Response(status_code=204)

    def _shown(self, charge: Charge) -> Response:
        facts = charge._asdict()
        for ours in ("token", "tries", "returnable"):
            del facts[ours]
        return JSONResponse({**facts, "pay_url": f"{self._merchant.pages_url}/pages/{charge.token}"})

    def _for_merchant(self, endpoint: Endpoint) -> Endpoint:
        """Only for who shows the key."""
        wanted = f"Bearer {self._merchant.key}".encode()

        async def asked(request: Request) -> Response:
            if not compare_digest(request.headers.get("authorization", "").encode(), wanted):
                return _error(401, "UNAUTHENTICATED", "no such merchant")
            return await endpoint(request)

        return self._told(asked)

    # ── the shopper ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _page(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method == "POST":
            return await self._pressed(request, token)
        charge = await self._office.ask(lambda book: book.of_page(token))
        text = page(charge, language_of(request.headers.get("accept-language", "")))
        return HTMLResponse(text, 404 if charge is None else 200, headers=_GUARDS)

    async def _pressed(self, request: Request, token: str) -> Response:
        """A button: what it says is done if the charge is still open, and the page shows how it stands by then."""
        if not from_own_site(request):
            return _error(403, "FORBIDDEN", "only the page itself may send this")
        body = await read_body(request.receive, FORM_BYTES, BODY_SECONDS)
        try:
            action = parse_qs(body.decode("ascii"), max_num_fields=2).get("action", [""])[0]
        except ValueError:
            action = ""
        if action not in ACTIONS:
            return _error(400, "BAD_REQUEST", "no such button")
        await self._office.ask(lambda book: _done(book, token, action))
        self._courier.wake()
        return RedirectResponse(request.url.path, 303, headers=_GUARDS)

    # ── both ──────────────────────────────────────────────────────────────────────────────────────────────────────────
    @staticmethod
    def _told(endpoint: Endpoint) -> Endpoint:
        """What an endpoint raises, as an answer."""

        @wraps(endpoint)
        async def answered(request: Request) -> Response:
            try:
                return await endpoint(request)
            except (MalformedError, BadAsked) as error:
                status = error.status if isinstance(error, MalformedError) else 400
                return _error(status, "BAD_REQUEST", str(error))
            except Conflict:
                return _error(409, "CONFLICT", "this id stands for something else")
            except NoRefund as error:
                return _error(409, "NO_REFUND", str(error))
            except (sqlite3.Error, UnreadableBook) as error:
                log.warning("localpay.unavailable", error=f"{type(error).__name__}: {error}")
                return _error(503, "UNAVAILABLE", "try again")

        return answered


def _done(book: Book, token: str, action: str) -> None:
    if action == "fail":
        book.fail(token)
    elif action == "close":
        book.give_up(token)
    else:
        book.pay(token, late=action == "late", returnable=action != "frozen", half=action == "half")


async def _json_of(request: Request) -> Any:
    body = await read_body(request.receive, BODY_BYTES, BODY_SECONDS)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadAsked("the body is not JSON") from None


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers=_GUARDS)
