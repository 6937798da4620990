"""A worker's half: how it leaves without letting anybody down, and that it does not outlive its parent."""

import asyncio
import errno
import io
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.engine.small import LIMITS
from tests.flows.commands import run
from transport import Channel, Farewell, WorkerServer, server_config, worker
from transport.logs import configure
from transport.worker import LEAVE, READY, Acceptor, Orders

WAIT_S = 60.0


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(1)
    return PlainTextResponse("slow")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.receive()


async def flood(websocket: WebSocket) -> None:
    await websocket.accept()
    for _ in range(100):
        await websocket.send_text("x" * 500_000)


@dataclass
class Running:
    """A worker in a thread, its parent's end of the channel, and whether it ended its process."""

    url: str
    parent: socket.socket
    thread: threading.Thread
    directory: Path
    ended: threading.Event
    well: threading.Event

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws")

    def stopped(self) -> bool:
        """Whether it has come to its end, and without an exception."""
        self.thread.join(WAIT_S)
        return self.well.is_set()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    ended, well = threading.Event(), threading.Event()
    monkeypatch.setattr(worker, "ORPHAN_MARGIN_S", 0.2)
    monkeypatch.setattr(os, "_exit", lambda _: ended.set())
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening, ours:
        directory = tmp_path / "sockets"
        directory.mkdir()
        farewell = Farewell(
            Starlette(
                routes=[
                    *(Route("/", hello), Route("/slow", slow)),
                    *(WebSocketRoute("/talk", talk), WebSocketRoute("/flood", flood)),
                ]
            )
        )
        config = server_config(farewell, host="127.0.0.1", port=0, limits=LIMITS, graceful_seconds=0)
        orders = Orders(1, 1, listening.dup(), str(directory), {})
        server = WorkerServer(config, Channel(theirs.detach()), orders, farewell)

        def serve() -> None:
            server.run()
            well.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        ours.settimeout(WAIT_S)
        assert ours.recv(64) == READY
        yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", ours, thread, directory, ended, well)
        ours.close()
        thread.join(WAIT_S)
        assert ended.wait(WAIT_S)  # the thread that ends the process must not do so in another test


def test_who_leaves_answers_what_is_on_its_way_and_says_that_it_was_the_last(running: Running) -> None:
    with httpx.Client(base_url=running.url, timeout=WAIT_S) as client, connect(f"{running.socket_url}/talk") as talking:
        assert "connection" not in client.get("/").headers
        assert talking.recv(WAIT_S) == "hello"
        running.parent.sendall(LEAVE)
        with pytest.raises(ConnectionClosed) as closed:
            talking.recv(WAIT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        time.sleep(0.2)  # an idle connection is not closed meanwhile
        answered = client.get("/")  # on the connection of the first, which stays open for it
        assert (answered.text, answered.headers["connection"]) == ("hello", "close")
    assert running.stopped()
    assert running.directory.exists()  # its siblings' sockets lie there


def test_who_leaves_lets_end_what_has_begun(running: Running) -> None:
    with ThreadPoolExecutor() as asking, httpx.Client(base_url=running.url, timeout=WAIT_S) as client:
        assert client.get("/").text == "hello"
        answering = asking.submit(client.get, "/slow")
        time.sleep(0.3)  # it is on its way
        running.parent.sendall(LEAVE)
        time.sleep(0.1)
        assert not answering.done()
        answered = answering.result(WAIT_S)
        assert (answered.text, answered.headers["connection"]) == ("slow", "close")
    assert running.stopped()


def test_a_websocket_that_reads_nothing_does_not_keep_it(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEAVE_S", 0.1)
    with connect(f"{running.socket_url}/flood", max_queue=1, close_timeout=0) as deaf:
        deaf.recv(WAIT_S)
        running.parent.sendall(LEAVE)
        assert running.stopped()


class Broken(io.StringIO):
    """What stderr is when whoever read it has died with the parent."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stderr", [None, Broken()], ids=["heard", "unheard"])
def test_without_a_parent_it_stops_by_itself(
    running: Running, stderr: Broken | None, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: configure("warning", "json"))
    configure("info", "json", stderr)
    running.parent.close()
    assert running.stopped()
    assert not running.directory.exists()
    assert running.ended.wait(WAIT_S)  # and does so whatever the event loop was busy with


class Taking:
    """An acceptor that keeps what it takes."""

    def __init__(self, listening: socket.socket, load: int = 0) -> None:
        self.taken: list[socket.socket] = []
        self.acceptor = Acceptor(listening, self.taken.append, lambda: load + len(self.taken))

    def close(self) -> None:
        self.acceptor.close()
        for each in self.taken:
            each.close()


async def opened(address: Any, count: int, *workers: Taking) -> list[int]:
    """Open connections at once; how many of them each worker takes."""
    before = [len(worker.taken) for worker in workers]
    clients = [socket.create_connection(address, WAIT_S) for _ in range(count)]
    async with asyncio.timeout(WAIT_S):
        while sum(len(worker.taken) for worker in workers) < sum(before) + count:  # noqa: ASYNC110  # it is the kernel that is waited for
            await asyncio.sleep(0.001)
    for client in clients:
        client.close()
    return [len(worker.taken) - old for worker, old in zip(workers, before, strict=True)]


async def test_connections_go_to_all_alike_and_to_who_has_few() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        busy, idle = Taking(listening.dup(), 1_000), Taking(listening.dup())
        try:
            for _ in range(3):
                assert await opened(listening.getsockname(), 1, busy, idle) == [0, 1]
            other = Taking(listening.dup(), 3)
            busy.acceptor.close()
            assert min(await opened(listening.getsockname(), 24, idle, other)) >= 6
            idle.acceptor.close()
            other.acceptor.close()
        finally:
            for each in (idle, other, busy):
                each.close()


class Full(socket.socket):
    """A socket in a process that has no descriptors left, at first."""

    failures = 0

    def accept(self) -> Any:
        self.failures += 1
        if self.failures == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_what_cannot_be_accepted_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PAUSE_S", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taking = Taking(Full(fileno=listening.dup().detach()))
        with capture_logs() as said:
            assert await opened(listening.getsockname(), 1, taking) == [1]
        taking.close()
    assert [line["event"] for line in said] == ["worker.cannot_accept"]


def test_nobody_starts_one_by_hand() -> None:
    with Path(os.devnull).open() as nothing:
        refused = run("worker", str(nothing.fileno()))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "A worker is started by `serve`: set WORKERS.\n"
