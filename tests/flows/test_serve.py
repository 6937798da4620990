"""`make serve`, as processes: an empty directory becomes a URL, whoever is killed whenever; nothing is half done."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import boot
from embedded import EmbeddedPostgres
from models.session import set_tenant
from tests.flows.started import WAIT_S, Serving, clear
from tests.given import PRODUCTION
from tests.graph.documents import IOWA, Q1
from tests.proof import FULL, keeps_to

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def place(testrun_uid: str) -> Iterator[Path]:
    """A directory that the server's account may pass, one for all workers: the demo is imported once in a run.

    The last worker that leaves it takes it away; the servers below it end with their leases.
    """
    base = Path("/tmp", f"serve-{testrun_uid}")
    base.mkdir(exist_ok=True)
    base.chmod(0o755)
    with (base / "workers.lock").open("w") as workers:
        fcntl.flock(workers, fcntl.LOCK_SH)
        yield base
        with suppress(BlockingIOError):
            fcntl.flock(workers, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear(base)


def storefront(url: str) -> Any:
    asked = {"query": Q1, "variables": {"id": IOWA.store(2191), "first": 2}}
    answered = httpx.post(f"{url}/graphql", json=asked, timeout=WAIT_S).json()
    assert answered["data"]["store"]["name"] == "Keokuk Spirits"
    return answered


async def _counts(home: Path) -> tuple[int, int, int]:
    with EmbeddedPostgres(home).start() as server:
        connection = await asyncpg.connect(boot.embedded_access(server, boot.NAME).owner)
        try:
            tenants = await connection.fetchval("SELECT count(*) FROM tenant")
            async with connection.transaction():
                await connection.execute(set_tenant(IOWA.keys.tenant_id))
                lines = await connection.fetchval(
                    "SELECT count(*) FROM order_line JOIN order_header USING (tenant_id) WHERE id = order_id"
                    " AND kind = 'REPLENISHMENT'"
                )
                stock = await connection.fetchval("SELECT count(*) FROM stock")
        finally:
            await connection.close()
    return tenants, lines, stock


def whole(home: Path) -> tuple[int, int, int]:
    """Tenants, and the file's order lines and the stock rows of the first one, in the database of a directory."""
    return asyncio.run(_counts(home))


@dataclass(frozen=True)
class Story:
    """How an empty directory became a URL: what was said on the way, and seconds from the start to the address."""

    warm: float
    said_again: str
    ended: int
    holds: tuple[int, int, int]


def became_a_url(home: Path) -> Story:
    """Serve an empty directory, killed while it migrates, while it imports, and while it serves."""
    early = Serving(home)
    early.until(lambda: "migrating" in early.text)
    early.kill()
    importing = Serving(home)
    importing.until(lambda: "writing the rows" in importing.text)
    time.sleep(1.0)  # some of the rows are on their way
    importing.kill()
    serving = Serving(home)
    storefront(serving.url())
    serving.kill()
    again = Serving(home)
    storefront(again.url())
    ended = again.kill(signal.SIGTERM)
    return Story(again.seconds(), again.text, ended, whole(home))


def undisturbed(home: Path) -> float:
    """Seconds in which an empty directory becomes a URL, by the server's own account."""
    serving = Serving(home)
    storefront(serving.url())
    assert serving.kill(signal.SIGTERM) == 0
    return serving.seconds()


@pytest.fixture
def home(place: Path) -> Iterator[Path]:
    """The directory with the demo in it, for one test at a time; whoever comes first goes the whole way there."""
    told = place / "story.json"
    with (place / "home.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(asdict(became_a_url(place / "data"))))
        yield place / "data"


@pytest.mark.prove
def test_an_empty_directory_becomes_a_url_though_it_is_killed_on_the_way(
    place: Path, home: Path, record_property: Callable[[str, object], None]
) -> None:
    story = json.loads((place / "story.json").read_text())
    assert "reading the file" not in story["said_again"]  # nothing is imported twice
    assert "Traceback" not in story["said_again"]
    assert story["ended"] == 0
    assert story["holds"] == [2, 10_000, 37_840]
    keeps_to(10, story["warm"], "serve, with its data there", record_property)
    if FULL:
        keeps_to(60, undisturbed(place / "cold"), "serve, in an empty directory", record_property)


def test_two_processes_share_one_database_and_it_ends_with_the_last(home: Path) -> None:
    first, second = Serving(home), Serving(home)
    urls = first.url(), second.url()
    assert urls[0] != urls[1]
    assert storefront(urls[0]) == storefront(urls[1])
    assert len(list(home.rglob("postmaster.pid"))) == 1
    assert first.kill(signal.SIGTERM) == 0
    storefront(urls[1])
    assert second.kill(signal.SIGINT) == 0
    deadline = time.monotonic() + WAIT_S
    while (home / "pg" / "postmaster.pid").exists():
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
    assert answered.status_code == 503  # nothing ran: the tenant itself is not found
    assert answered.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert "data" not in answered.json()
    # The next start brings the database back, also for the process that lost it.
    again = Serving(home)
    storefront(again.url())
    serving.until(lambda: httpx.get(f"{url}/health/ready").status_code == 200)
    storefront(url)
    assert serving.kill(signal.SIGTERM) == 0
    assert again.kill(signal.SIGTERM) == 0
    assert whole(home) == (2, 10_000, 37_840)


def test_a_port_in_use_is_said_in_words(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serving = Serving(place / "never", PORT=str(port))
        assert serving.ended() == 1
    assert serving.text == f"Cannot listen on 127.0.0.1:{port}: Address already in use. Set HOST or PORT.\n"
    assert not (place / "never").exists()  # who cannot listen starts nothing


def test_wrong_settings_are_said_all_at_once(place: Path) -> None:
    serving = Serving(place / "never", PORT="-1", MILLRACE_POOL_SIZE="many", MILLRACE_PROFILE="production")
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


def test_a_directory_closed_to_the_server_is_named(place: Path) -> None:
    closed = place / f"closed-{os.getpid()}"
    # Root may enter what the server's account may not; an ordinary user is that account and needs to write.
    as_root = os.geteuid() == 0
    closed.mkdir(0o700 if as_root else 0o500)
    serving = Serving(closed / "below" if as_root else closed)
    assert serving.ended() == 1
    assert "Traceback" not in serving.text
    assert str(closed) in serving.text.replace("\n", "")


def test_in_production_there_is_no_demo(home: Path) -> None:
    serving = Serving(home, **PRODUCTION)
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
