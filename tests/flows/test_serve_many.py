"""`serve` with WORKERS=2, as processes: one port, one database, and no request lost when they are renewed."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import boot
import cli
from tests.flows.commands import run
from tests.flows.fakes import QUICK
from tests.flows.started import WAIT_S, Serving
from transport import Workers
from transport.logs import configure

STORES = {"query": "{ stores(first: 1) { nodes { id name } } }"}


class Clients:
    """Shoppers who ask one question after another on connections that stay open, until `stop`."""

    def __init__(self, url: str) -> None:
        self._url, self._stopping = url, threading.Event()
        self.answered, self.failed = 0, list[str]()
        self._threads = [threading.Thread(target=self._ask) for _ in range(6)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        with httpx.Client(timeout=WAIT_S) as client:
            while not self._stopping.wait(0.1):
                try:
                    response = client.post(f"{self._url}/graphql", json=STORES)
                    assert len(response.json()["data"]["stores"]["nodes"]) == 1
                    self.answered += 1
                except Exception as error:
                    self.failed.append(repr(error))

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(WAIT_S)


def lines(serving: Serving, event: str) -> list[dict[str, Any]]:
    """The log lines of an event."""
    return [json.loads(line) for line in serving.said if f'"event":"{event}"' in line and line.endswith("\n")]


def up(url: str) -> list[str]:
    """What the metrics say of who is up, for 1 and 2."""
    page = httpx.get(f"{url}/metrics", timeout=WAIT_S).text
    return [line.split()[1] for line in page.splitlines() if line.startswith("millrace_worker_up{")]


def answers(url: str, worker: int) -> float:
    """How many answers a worker has counted, by any worker's metrics."""
    page = httpx.get(f"{url}/metrics", timeout=WAIT_S).text
    wanted = f'millrace_requests_total{{worker="{worker}",code="OK",type="query"}}'
    return float(next((line.split()[1] for line in page.splitlines() if line.startswith(wanted)), 0))


def told_about_two(serving: Serving) -> None:
    """Both answer, one is killed and replaced, all are renewed, and nobody who asks meanwhile is let down."""
    url = serving.url()
    first = {line["worker"]: line["pid"] for line in lines(serving, "worker.ready")}
    assert set(first) == {1, 2}
    assert up(url) == ["1", "1"]
    clients = Clients(url)  # who has the first one's connection leaves the next to the other
    serving.until(lambda: answers(url, 1) and answers(url, 2))
    clients.stop()
    assert {line["worker"] for line in lines(serving, "http.done")} == {1, 2}

    os.kill(first[2], signal.SIGKILL)
    serving.until(lambda: lines(serving, "worker.died"))
    assert up(url) == ["1", "0"]
    clients = Clients(url)
    # Nobody waits for the replacement: it counts as renewed, since it is younger than the wish.
    serving.process.send_signal(signal.SIGHUP)
    serving.until(lambda: lines(serving, "workers.renewed"))
    clients.stop()
    assert clients.failed == []
    assert clients.answered > 0
    assert not {line["pid"] for line in lines(serving, "worker.ready")[2:]} & set(first.values())
    assert up(url) == ["1", "1"]


@pytest.mark.timeout(240)
def test_two_serve_who_dies_is_replaced_and_all_are_renewed_under_load(access: boot.Access, tmp_path: Path) -> None:
    serving = Serving(tmp_path, DATABASE_URL=access.owner, APP_DATABASE_URL=access.app.url, WORKERS="2")
    try:
        told_about_two(serving)
        assert serving.kill(signal.SIGTERM) == 0
    finally:
        serving.process.kill()
    assert "Traceback" not in serving.text


def test_a_server_whose_workers_do_not_start_says_so(
    access: boot.Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "WORKER", ("false",))
    monkeypatch.setattr(cli, "Workers", lambda *given, **more: Workers(*given, **more, patience=QUICK))
    try:
        done = run(
            "serve", DATABASE_URL=access.owner, DATA_DIR=str(tmp_path), PORT="0", WORKERS="2", MILLRACE_POOL_SIZE="99"
        )
    finally:
        configure("warning", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "303 database connections may be wanted and 197 are there: lower MILLRACE_POOL_SIZE or" in done.stderr
    assert "does not start, 3 times in a row: it ended with exit code 1. Giving up." in done.stderr
    assert "Millrace is up" not in done.stderr
