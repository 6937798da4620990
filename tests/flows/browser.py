"""A headless Chromium, driven over its own DevTools protocol: what a page asked for, what was refused, how it looks.

Written on the websocket client that the tests have anyway: the packages that drive browsers bring a browser of their
own, or fetch one.
"""

import asyncio
import base64
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)
START_S = 30
WAIT_S = 40
LOOK_MS = 100


def chromium() -> str | None:
    """The Chromium of this machine: what CHROMIUM names, else one of the usual names and places."""
    named = os.environ.get("CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in NAMES] + [p for p in PLACES if Path(p).exists()]
    return next(filter(None, found), None)


class Page:
    """One page, with everything it asked for and everything it complained of, its workers included."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = iter(range(1, 1_000_000))
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: str | None = None
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.complaints: list[str] = []
        self.workers: list[str] = []

    async def listen(self) -> None:
        """Take in answers and events until the browser ends."""
        async for text in self._socket:
            message = json.loads(text)
            waiting = self._waiting.pop(message.get("id", 0), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif "method" in message:
                self._heard(message["method"], message["params"])

    def _heard(self, name: str, facts: dict[str, Any]) -> None:
        match name:
            case "Network.requestWillBeSent":
                self.requests.append(facts["request"]["url"])
            case "Network.webSocketCreated":
                self.sockets.append(facts["url"])
            case "Log.entryAdded" if facts["entry"]["level"] in ("warning", "error"):
                self.complaints.append(f"{facts['entry']['source']}: {facts['entry']['text']}")
            case "Runtime.exceptionThrown":
                details = facts["exceptionDetails"]
                self.complaints.append(f"exception: {details.get('exception', {}).get('description', details)}")
            case "Runtime.consoleAPICalled" if facts["type"] in ("error", "warning"):
                self.complaints.append(f"console: {[each.get('value') or each for each in facts['args']]}")
            case "Target.attachedToTarget" if facts["targetInfo"]["type"] == "worker":
                self.workers.append(facts["targetInfo"]["url"])
                task = asyncio.create_task(self._watch(facts["sessionId"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """One command, to the page unless another session is named."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session or self._session:
            message["sessionId"] = session or self._session
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps(message))
        answer = await asyncio.wait_for(self._waiting[number], WAIT_S)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    async def open(self, url: str, width: int, height: int) -> None:
        """A new page of that size, watched from its first request on."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self._watch(self._session)
        await self.call("Page.enable")
        await self.resize(width, height)
        await self.call("Page.navigate", url=url)

    async def resize(self, width: int, height: int) -> None:
        """The window's size, in pixels."""
        more = {"deviceScaleFactor": 1, "mobile": False}
        await self.call("Emulation.setDeviceMetricsOverride", None, width=width, height=height, **more)

    async def _watch(self, session: str) -> None:
        for domain in ("Network", "Log", "Runtime"):
            await self.call(f"{domain}.enable", session)
        await self.call("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)
        await self.call("Runtime.runIfWaitingForDebugger", session)

    async def value(self, expression: str) -> Any:
        """What the expression is in the page; a promise is awaited."""
        how = {"returnByValue": True, "awaitPromise": True, "allowUnsafeEvalBlockedByCSP": False}
        answer = await self.call("Runtime.evaluate", None, expression=expression, **how)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The first true value of the expression."""
        look = f"const look = () => {{ const now = {expression}; now ? done(now) : setTimeout(look, {LOOK_MS}) }}"
        return await self.value(f"new Promise(done => {{ {look}; look() }})")

    async def click(self, element: str) -> None:
        """Click in the middle of the element, an expression, as a mouse does."""
        box = await self.until(
            f"(e => e && (({{x, y, width, height}}) => ({{x: x + width / 2, y: y + height / 2}}))"
            f"(e.getBoundingClientRect()))({element})"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **box)

    async def picture(self) -> bytes:
        """How the page looks now, as a PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def browsing(executable: str) -> AsyncIterator[Page]:
    """A browser with an empty profile of its own, ended at the end."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)  # as root it refuses to start with one
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            executable,
            *flags,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        rest = None
        try:
            address = await asyncio.wait_for(_address(process.stderr), START_S)
            rest = asyncio.create_task(process.stderr.read())  # a full pipe would stop it
            async with connect(address, max_size=None, proxy=None) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                try:
                    yield page
                finally:
                    listening.cancel()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            if rest is not None:
                await rest


async def _address(stderr: asyncio.StreamReader) -> str:
    async for line in stderr:
        text = line.decode(errors="replace").strip()
        if text.startswith("DevTools listening on "):
            return text.removeprefix("DevTools listening on ")
    raise AssertionError("Chromium ended while starting")
