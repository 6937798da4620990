"""Asking a provider over HTTP: JSON there and back, within limits of time and size, once again if it does not answer.

Every request is named by an id of ours, so that asking again is harmless; without that there could be no second try.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson
import structlog

from domain.base import Unavailable
from domain.ordering.payment import Declined

log = structlog.get_logger("payment")

ANSWER_S: Final = 3.0
"""Seconds for one request in all, from connecting to the last byte."""
ATTEMPTS: Final = 2
PAUSE_S: Final = 0.2
"""Before the second attempt."""
ANSWER_BYTES: Final = 65_536
NO_ANSWER: Final = "The payment provider does not answer. Try again."
NOT_FOUND: Final = "NOT_FOUND"
"""The `code` of a provider's answer that it knows no such thing."""
_DECLINED: Final = frozenset({400, 404, 409, 422})
"""Statuses that say the same however often one asks."""


class NotKnown(Declined):
    """The provider itself says that it knows no such thing: not just anybody on the way, who knows no such address."""


class _TryAgain(Exception):
    """This attempt came to nothing; the message is for the log."""


class Calls:
    """Requests to the provider at `url`, each with `headers`. `transport`: another way there than a socket."""

    def __init__(self, url: str, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers=dict(headers), timeout=ANSWER_S, follow_redirects=False, transport=transport, trust_env=False
        )

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider answers to a POST: a JSON object.

        Raises: Declined; Unavailable where it does not answer, twice, or not in its own words.
        """
        return await self._asked("POST", path, orjson.dumps(body))

    async def get(self, path: str) -> dict[str, Any]:
        """What the provider answers to a GET, as `post` does."""
        return await self._asked("GET", path, None)

    async def _asked(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with asyncio.timeout(ANSWER_S):
                    return await self._once(method, path, body)
            except (_TryAgain, httpx.HTTPError, TimeoutError) as error:
                log.warning("payment.no_answer", path=path, attempt=attempt, error=f"{type(error).__name__}: {error}")
            if attempt < ATTEMPTS:
                await asyncio.sleep(PAUSE_S)
        raise Unavailable(NO_ANSWER)

    async def _once(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {} if body is None else {"content-type": "application/json"}
        async with self._client.stream(method, self._url + path, content=body, headers=headers) as answer:
            read = bytearray()
            async for chunk in answer.aiter_bytes():
                read += chunk
                if len(read) > ANSWER_BYTES:
                    raise _TryAgain(f"more than {ANSWER_BYTES} bytes")
        try:
            value = orjson.loads(bytes(read))
        except orjson.JSONDecodeError:
            value = None
        if answer.status_code in _DECLINED:
            said = value if isinstance(value, dict) else {}
            why = str(said.get("message") or f"HTTP {answer.status_code}")[:200]
            if answer.status_code == HTTPStatus.NOT_FOUND and said.get("code") == NOT_FOUND:
                raise NotKnown(why)
            raise Declined(why)
        if not answer.is_success or not isinstance(value, dict):
            raise _TryAgain(f"HTTP {answer.status_code}")
        return value

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
