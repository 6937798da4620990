"""A worker's half: how it leaves without letting anybody down, and that it does not outlive its parent."""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.engine.small import LIMITS
from tests.flows.commands import run
from transport import Channel, Farewell, WorkerServer, server_config, worker
from transport.worker import LEAVE, READY, Orders

WAIT_S = 60.0


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.receive()


@dataclass
class Running:
    """A worker in a thread, its parent's end of the channel, and whether it ended its process."""

    url: str
    parent: socket.socket
    thread: threading.Thread
    directory: Path
    ended: threading.Event

    @property
    def socket_url(self) -> str:
        return f"{self.url.replace('http', 'ws')}/talk"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    ended = threading.Event()
    monkeypatch.setattr(worker, "ORPHAN_MARGIN_S", 0.2)
    monkeypatch.setattr(os, "_exit", lambda _: ended.set())
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening, ours:
        directory = tmp_path / "sockets"
        directory.mkdir()
        farewell = Farewell(Starlette(routes=[Route("/", hello), WebSocketRoute("/talk", talk)]))
        config = server_config(farewell, host="127.0.0.1", port=0, limits=LIMITS, graceful_seconds=0)
        orders = Orders(1, 1, listening.dup(), str(directory), {})
        server = WorkerServer(config, Channel(theirs.detach()), orders, farewell)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        ours.settimeout(WAIT_S)
        assert ours.recv(64) == READY
        yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", ours, thread, directory, ended)
        ours.close()
        thread.join(WAIT_S)
        assert ended.wait(WAIT_S)  # the thread that ends the process must not do so in another test


def test_who_leaves_answers_what_is_on_its_way_and_says_that_it_was_the_last(running: Running) -> None:
    with httpx.Client(base_url=running.url, timeout=WAIT_S) as client, connect(running.socket_url) as talking:
        assert "connection" not in client.get("/").headers
        assert talking.recv(WAIT_S) == "hello"
        running.parent.sendall(LEAVE)
        with pytest.raises(ConnectionClosed) as closed:
            talking.recv(WAIT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        answered = client.get("/")  # on the connection of the first, which stays open for it
        assert (answered.text, answered.headers["connection"]) == ("hello", "close")
    running.thread.join(WAIT_S)
    assert not running.thread.is_alive()
    assert running.directory.exists()  # its siblings' sockets lie there


def test_without_a_parent_it_stops_by_itself(running: Running) -> None:
    running.parent.close()
    running.thread.join(WAIT_S)
    assert not running.thread.is_alive()
    assert not running.directory.exists()
    assert running.ended.wait(WAIT_S)  # and does so whatever the event loop was busy with


def test_nobody_starts_one_by_hand() -> None:
    with Path(os.devnull).open() as nothing:
        refused = run("worker", str(nothing.fileno()))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "A worker is started by `serve`: set WORKERS.\n"
