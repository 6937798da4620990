"""/payments/{provider}/notices, served for real: what each answer says to a provider, what is counted and logged."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from structlog.testing import capture_logs

from domain.base import NotAllowed, TimedOut, Unavailable
from domain.ordering.payment import Notice
from integrations.localpay import SIGNATURE, TIMESTAMP, signature
from tests.engine.small import LIMITS
from tests.flows.paying import SECRET, Merchant, listening
from transport.notices import BODY_BYTES

HASTY = replace(LIMITS, request_seconds=0.5, body_seconds=0.5)


@dataclass
class Slow(Merchant):
    """Takes as long as it is told to."""

    seconds: list[float] = field(default_factory=list)

    async def take(self, provider: str, notice: Notice) -> None:
        if self.seconds:
            await asyncio.sleep(self.seconds.pop())
        await super().take(provider, notice)


@pytest.fixture(scope="module")
def merchant() -> Iterator[Slow]:
    heard = Slow()
    with listening(heard, limits=HASTY):
        yield heard


def a_notice(**changes: Any) -> bytes:
    told = {"id": f"no_{uuid4().hex}", "kind": "PAID", "charge": uuid4().hex, "refund": None, "reference": "ch_1"}
    return orjson.dumps(
        {**told, "amount": 5, "currency": "USD", "attach": uuid4().hex, "at": 1_800_000_000_000, **changes}
    )


def tell(merchant: Merchant, body: bytes | None = None, **headers: str) -> httpx.Response:
    body = a_notice() if body is None else body
    now = int(time.time())
    signed = {TIMESTAMP: str(now), SIGNATURE: signature(SECRET.encode(), now, body)}
    return httpx.post(merchant.url, content=body, headers={**signed, **headers})


def counted(merchant: Merchant, outcome: str) -> int:
    head = f'millrace_payment_notices_total{{outcome="{outcome}",provider="local"}} '
    lines = merchant.metrics.page().decode().splitlines()
    return int(next((float(line.removeprefix(head)) for line in lines if line.startswith(head)), 0.0))


def test_what_is_taken_is_answered_with_nothing(merchant: Slow) -> None:
    before = counted(merchant, "taken")
    answer = tell(merchant, a_notice(id="no_7"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert merchant.taken[-1].id == "no_7"
    assert counted(merchant, "taken") == before + 1


def test_the_log_says_which_notice_came_to_what(merchant: Slow) -> None:
    merchant.before.append(NotAllowed())
    with capture_logs() as logs:
        tell(merchant, a_notice(charge="0" * 31 + "1", id="no_8"))
    assert [line for line in logs if line["event"] == "payment.notice"] == [
        {
            "event": "payment.notice",
            "log_level": "warning",
            "provider": "local",
            "outcome": "refused",
            "notice": "no_8",
            "kind": "PAID",
            "payment": "00000000-0000-0000-0000-000000000001",
            "reason": NotAllowed().message,
        }
    ]


@pytest.mark.parametrize(
    ("raised", "status", "code", "outcome"),
    [
        (Unavailable("no"), 503, "UNAVAILABLE", "unavailable"),
        (TimedOut("no"), 503, "UNAVAILABLE", "unavailable"),
        (NotAllowed(), 422, "NOT_ALLOWED", "refused"),
        (RuntimeError("postgresql://app:hunter2@db"), 500, "INTERNAL_ERROR", "failed"),
    ],
)
def test_what_is_not_taken_says_whether_to_tell_it_again(
    merchant: Slow, raised: Exception, status: int, code: str, outcome: str
) -> None:
    before = counted(merchant, outcome)
    merchant.before.append(raised)
    with capture_logs():
        answer = tell(merchant)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
    assert "hunter2" not in answer.text
    assert counted(merchant, outcome) == before + 1


def test_who_takes_too_long_is_told_again(merchant: Slow) -> None:
    merchant.seconds.append(HASTY.request_seconds + 5)
    before = counted(merchant, "unavailable")
    assert tell(merchant).status_code == 503
    assert counted(merchant, "unavailable") == before + 1


def test_a_kind_that_nothing_hangs_on_is_taken_by_nobody(merchant: Slow) -> None:
    asked = merchant.asked
    assert tell(merchant, a_notice(kind="DISPUTE_OPENED")).status_code == 204
    assert merchant.asked == asked
    assert counted(merchant, "not_for_us") == 1


def test_what_is_not_genuine_reaches_nobody(merchant: Slow) -> None:
    asked, before = merchant.asked, counted(merchant, "not_genuine")
    now = int(time.time())
    old, body = now - 3600, a_notice()
    aged = {TIMESTAMP: str(old), SIGNATURE: signature(SECRET.encode(), old, body)}
    assert tell(merchant, body, **{SIGNATURE: "v1=" + "0" * 64}).status_code == 401
    assert tell(merchant, body, **aged).status_code == 401
    twice = [(TIMESTAMP, str(now)), (TIMESTAMP, str(now)), (SIGNATURE, signature(SECRET.encode(), now, body))]
    assert httpx.post(merchant.url, content=body, headers=twice).status_code == 401
    assert merchant.asked == asked
    assert counted(merchant, "not_genuine") == before + 3


def test_a_large_body_is_not_read_to_its_end(merchant: Slow) -> None:
    asked, before = merchant.asked, counted(merchant, "malformed")
    answer = tell(merchant, b"x" * (BODY_BYTES + 1))
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert (merchant.asked, counted(merchant, "malformed")) == (asked, before + 1)


def test_a_body_that_does_not_come_is_not_waited_for(merchant: Slow) -> None:
    url = httpx.URL(merchant.url)
    with socket.create_connection((url.host, url.port or 80)) as silent:
        head = f"POST {url.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{{"
        silent.sendall(head.encode())
        silent.settimeout(HASTY.body_seconds + 20)
        assert silent.recv(100).startswith(b"HTTP/1.1 408")


def test_only_providers_that_are_there_may_tell(merchant: Slow) -> None:
    assert httpx.post(merchant.url.replace("local", "wechat"), content=b"{}").status_code == 404
    assert httpx.get(merchant.url).status_code == 405
