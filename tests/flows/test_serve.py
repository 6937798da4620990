"""`make serve`, as processes: an empty directory becomes a URL, whoever is killed whenever; nothing is half done."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import boot
from embedded import EmbeddedPostgres
from models.reading import set_tenant
from tests.graph.documents import IOWA, Q1

WAIT_S = 90.0
UP = re.compile(r"Millrace is up after (\d+\.\d) s: (http://\S+)/graphql")
pytestmark = pytest.mark.timeout(240)


class Serving:
    """A running `serve`, and what it has said so far."""

    def __init__(self, home: Path, **settings: str) -> None:
        environment = {**os.environ, "DATA_DIR": str(home), "PORT": "0", **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve"],
            cwd=boot.PROJECT,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    @property
    def text(self) -> str:
        return "".join(self.said)

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + WAIT_S
        while not (found := condition()):
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None or condition(), self.text
            time.sleep(0.02)
        return found

    def url(self) -> str:
        return str(self.until(lambda: UP.search(self.text))[2])

    def kill(self, how: int = signal.SIGKILL) -> int:
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        return code


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that the server's account may pass; the servers below it end with their leases."""
    base = Path(tempfile.mkdtemp(prefix="serve-", dir="/tmp"))
    base.chmod(0o755)
    yield base
    for lock in base.rglob("supervisor.lock"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + WAIT_S
    while any(base.rglob("postmaster.pid")) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(base, ignore_errors=True)


def storefront(url: str) -> Any:
    answered = httpx.post(f"{url}/graphql", json={"query": Q1, "variables": {"id": IOWA.store(2191), "first": 2}})
    return answered.json()["data"]["store"]["name"]


async def _counts(home: Path) -> tuple[int, int, int]:
    with EmbeddedPostgres(home).start() as server:
        connection = await asyncpg.connect(boot.embedded_access(server, boot.NAME).owner)
        try:
            tenants = await connection.fetchval("SELECT count(*) FROM tenant")
            async with connection.transaction():
                await connection.execute(set_tenant(IOWA.keys.tenant_id))
                lines = await connection.fetchval("SELECT count(*) FROM order_line")
                stock = await connection.fetchval("SELECT count(*) FROM stock")
        finally:
            await connection.close()
    return tenants, lines, stock


def whole(home: Path) -> tuple[int, int, int]:
    """Tenants, order lines and stock rows in the database of a directory."""
    return asyncio.run(_counts(home))


@pytest.fixture(scope="module")
def home(place: Path) -> Path:
    return place / "data"


def test_an_empty_directory_becomes_a_url_though_it_is_killed_on_the_way(home: Path) -> None:
    early = Serving(home)
    early.until(lambda: "migrating" in early.text)
    early.kill()
    importing = Serving(home)
    importing.until(lambda: "writing the rows" in importing.text)
    time.sleep(1.0)  # some of the rows are on their way
    importing.kill()
    serving = Serving(home)
    url = serving.url()
    assert storefront(url) == "Keokuk Spirits"
    # Killed while it serves, it goes on from there, and nothing is imported twice.
    serving.kill()
    again = Serving(home)
    assert storefront(again.url()) == "Keokuk Spirits"
    assert "reading the file" not in again.text
    assert again.kill(signal.SIGTERM) == 0
    assert whole(home) == (1, 10_000, 37_840)


def test_two_processes_share_one_database_and_it_ends_with_the_last(home: Path) -> None:
    first, second = Serving(home), Serving(home)
    urls = first.url(), second.url()
    assert urls[0] != urls[1]
    assert [storefront(url) for url in urls] == ["Keokuk Spirits"] * 2
    assert len(list(home.rglob("postmaster.pid"))) == 1
    assert first.kill(signal.SIGTERM) == 0
    assert storefront(urls[1]) == "Keokuk Spirits"
    assert second.kill(signal.SIGINT) == 0
    deadline = time.monotonic() + WAIT_S
    while list(home.rglob("postmaster.pid")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_database_is_told_and_comes_back_with_the_next_start(home: Path) -> None:
    serving = Serving(home)
    url = serving.url()
    postmaster = int(next(home.rglob("postmaster.pid")).read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    deadline = time.monotonic() + WAIT_S
    while httpx.get(f"{url}/health/ready").status_code != 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert httpx.get(f"{url}/health/live").status_code == 200
    answered = httpx.post(f"{url}/graphql", json={"query": "{ stores(first: 1) { nodes { id } } }"})
    assert answered.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    serving.kill(signal.SIGTERM)
    again = Serving(home)
    assert storefront(again.url()) == "Keokuk Spirits"
    again.kill(signal.SIGTERM)


def test_a_port_in_use_is_said_in_words(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serving = Serving(home, PORT=str(port))
        assert serving.ended() == 1
    assert str(port) in serving.text
    assert "Traceback" not in serving.text


def test_wrong_settings_are_said_all_at_once(home: Path) -> None:
    serving = Serving(home, PORT="-1", MILLRACE_POOL_SIZE="many", MILLRACE_PROFILE="production")
    assert serving.ended() == 1
    assert "Traceback" not in serving.text
    for name in ("PORT", "MILLRACE_POOL_SIZE", "MILLRACE_JWKS_URL"):
        assert name in serving.text


def test_a_directory_that_cannot_be_used_is_said_in_words(place: Path) -> None:
    file = place / "file"
    file.write_text("not a directory")
    serving = Serving(file / "below")
    assert serving.ended() == 1
    assert "Traceback" not in serving.text
    assert "file" in serving.text


def test_in_production_there_is_no_demo(home: Path) -> None:
    settings = {
        "MILLRACE_PROFILE": "production",
        "MILLRACE_JWKS_URL": "https://issuer.example/keys",
        "MILLRACE_JWT_ISSUER": "https://issuer.example",
        "MILLRACE_JWT_AUDIENCE": "millrace",
    }
    serving = Serving(home, **settings)
    url = serving.url()
    assert "Try:" not in serving.text
    answered = httpx.post(f"{url}/graphql", json={"query": "{ viewer { actorClass } }"})
    assert answered.json()["errors"][0]["extensions"]["code"] == "TENANT_REQUIRED"
    inside = {"Millrace-Tenant": "iowa"}
    asked = httpx.post(f"{url}/graphql", json={"query": "{ __schema { types { name } } }"}, headers=inside)
    assert asked.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
    guessed = httpx.post(f"{url}/graphql", json={"query": "{ stor { id } }"}, headers=inside)
    assert "Did you mean" not in guessed.text
    serving.kill(signal.SIGTERM)
