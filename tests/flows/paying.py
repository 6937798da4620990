"""The local payment provider as a process of its own, and a merchant that hears of it at the real route."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from starlette.applications import Starlette

import boot
from domain.ordering.payment import Charge, ChargeSought, Notice, NoticeKind, RefundAsked
from engine.limits import Limits
from integrations.payment import LocalProvider
from tests.engine.small import LIMITS
from tests.flows.served import serving
from transport import Metrics, middleware, notice_routes

KEY, SECRET, NEXT_SECRET = "k" * 32, "s" * 32, "t" * 32
TENANT = UUID(int=7)
WAIT_S = 30.0


def until(condition: Callable[[], Any]) -> Any:
    """What `condition` gives once it gives something."""
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found


@dataclass
class Merchant:
    """Who is told: what it took, in order, and what it does to the next ones before it takes any."""

    taken: list[Notice] = field(default_factory=list)
    asked: int = 0
    before: list[Exception] = field(default_factory=list)
    url: str = ""
    metrics: Metrics = field(default_factory=Metrics)

    async def take(self, provider: str, notice: Notice) -> None:
        assert provider == "local"
        self.asked += 1
        if self.before:
            raise self.before.pop(0)
        self.taken.append(notice)

    def of(self, payment: UUID, kind: NoticeKind = NoticeKind.PAID) -> list[Notice]:
        return [one for one in self.taken if one.payment == payment and one.kind is kind]

    def hears(self, payment: UUID, kind: NoticeKind = NoticeKind.PAID, times: int = 1) -> Notice:
        until(lambda: len(self.of(payment, kind)) >= times)
        return self.of(payment, kind)[0]


@contextmanager
def listening(merchant: Merchant, *secrets: str, port: int = 0, limits: Limits = LIMITS) -> Iterator[str]:
    """Within it the merchant is told, at the address that this yields."""
    provider = verifier(*secrets)
    routes = notice_routes([provider], merchant.take, merchant.metrics, limits)
    with serving(Starlette(routes=routes, middleware=middleware(routes)), limits, port=port) as (url, _, _):
        merchant.url = f"{url}/payments/local/notices"
        yield merchant.url


def verifier(*secrets: str) -> LocalProvider:
    return LocalProvider("http://127.0.0.1:9", KEY, [one.encode() for one in secrets or (SECRET,)])


class Process:
    """The provider as a process, by the file it keeps."""

    def __init__(self, file: Path, notice_url: str, *options: str, secret: str = SECRET) -> None:
        command = [sys.executable, "-m", "integrations.localpay", "--file", str(file), "--notice-url", notice_url]
        self.process = subprocess.Popen(
            [*command, "--first-wait", "0.05", *options],
            cwd=boot.PROJECT,
            env={**os.environ, "LOCALPAY_KEY": KEY, "LOCALPAY_SECRET": secret},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), "the provider did not start"
        self.adapter = LocalProvider(self.url, KEY, [secret.encode()])

    def end(self, how: int = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait(WAIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"authorization": f"Bearer {KEY}"})

    def state(self, payment: UUID) -> str:
        return str(self.get(f"/charges/{payment.hex}").json()["state"])


@contextmanager
def running(file: Path, notice_url: str, *options: str, secret: str = SECRET) -> Iterator[Process]:
    process = Process(file, notice_url, *options, secret=secret)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.end()


def a_charge(amount_fen: int = 1938, lives_s: float = 900, subject: str = "Two bottles") -> Charge:
    return Charge(TENANT, uuid4(), amount_fen, "USD", subject, datetime.now(UTC) + timedelta(seconds=lives_s))


def a_refund(charge: Charge, amount_fen: int, reference: str = "ch_x") -> RefundAsked:
    return RefundAsked(TENANT, charge.payment, uuid4(), reference, amount_fen, charge.currency, "returned")


def sought(charge: Charge, reference: str | None = None) -> ChargeSought:
    """The question what became of a charge."""
    return ChargeSought(TENANT, charge.payment, reference, charge.amount_fen, charge.currency)


def press(pay_url: str, action: str = "pay") -> httpx.Response:
    """Press a button of a pay page, and follow where it leads."""
    return httpx.post(pay_url, data={"action": action}, follow_redirects=True)


def status(url: str, method: str = "GET") -> int:
    """What is answered at an address."""
    return httpx.request(method, url, content=b"{}" if method == "POST" else None).status_code


def text(url: str) -> str:
    return httpx.get(url).text


class Page(HTMLParser):
    """A page as a browser reads it: its texts, its buttons, its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.buttons: list[str] = []
        self.attributes: list[str] = []
        self.feed(text)
        self.text = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        facts = dict(attrs)
        self.attributes += facts
        if tag == "button":
            self.buttons.append(str(facts["value"]))

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.texts.append(data)
