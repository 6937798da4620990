"""The workbench in a browser: what an analyst sees, what the page asks for, and that nothing of it is refused.

The pictures stay in build/, to be looked at.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import boot
from tests.flows.browser import WAIT_S, Page, browsing, chromium
from tests.flows.conftest import Real

PICTURES = boot.PROJECT / "build"
SIZE = (1440, 900)
NARROW = (1024, 768)
RUN = "document.querySelector('.graphiql-execute-button')"
ANSWER = "(document.querySelector('.graphiql-response .view-lines')?.innerText ?? '').replaceAll('\\u00a0', ' ')"
QUERY = "(document.querySelector('.graphiql-query-editor .view-lines')?.innerText ?? '').replaceAll('\\u00a0', ' ')"
DRAWN = f"new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done({ANSWER}.trim()))))"
ROLE = "document.querySelector('#role').selectedOptions[0].textContent"
KEPT = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
SOCKET = """
new Promise(done => {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
    socket.onopen = () => { socket.close(); done('open'); };
    socket.onerror = () => done('refused');
})
"""
ELSEWHERE = """
fetch('http://127.0.0.2:9/').then(() => 'allowed', () => 'refused')
"""
HOLD = """
(() => {
    const { fetch: sent } = window;
    window.held = [];
    window.fetch = async (...asked) => {
        const answer = await sent(...asked);
        if (new URL(asked[0], location.href).pathname === '/graphql') await new Promise(go => window.held.push(go));
        return answer;
    };
})()
"""
RELEASE = "window.held.splice(0).forEach(go => go())"
CUT = """
[...document.querySelectorAll('.bar, .bar *, .graphiql-session-header, .graphiql-session-header *')]
    .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
    .map(each => each.outerHTML.slice(0, 80))
    .concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : [])
"""
A_TOKEN = "eyJ"
CLICKS = 5
WORKERS = {"editor.worker", "graphql.worker", "json.worker"}


@pytest.fixture
async def page(real: Real, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """The workbench, opened by a browser that has never seen it."""
    executable = chromium()
    if executable is None:
        pytest.skip(f"{request.node.name}: this machine has no Chromium (CHROMIUM may name one)")
    async with browsing(executable) as opened:
        await opened.open(f"{real.url}/graphiql", *SIZE)
        await opened.until(f"!!document.querySelector('#role') && {QUERY}.includes('# Storefront')")
        yield opened


def keep(name: str, picture: bytes) -> None:
    assert picture.startswith(b"\x89PNG")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / name).write_bytes(picture)


def started(page: Page) -> set[str]:
    """The workers that the page has begun, by name."""
    return {Path(url).name.partition("-")[0] for url in page.workers}


async def show(page: Page, number: int, title: str) -> None:
    """Turn to another tab. The first click after a change of the window's size only settles where the tabs lie."""
    tab = f"document.querySelector('#graphiql-session-tab-{number}')"
    for _ in range(CLICKS):
        await page.click(tab)
        if await page.value(f"new Promise(done => setTimeout(() => done({tab}.ariaSelected === 'true'), 200))"):
            break
    await page.until(f"{QUERY}.includes('# {title}')")


async def test_an_analyst_runs_a_worked_query_and_becomes_a_clerk(page: Page, real: Real) -> None:
    assert re.fullmatch(r"Brand analyst \(\w+ \w+, Diageo Americas\)", await page.value(ROLE))
    await page.click(RUN)
    await page.until(f"""{ANSWER}.includes('"name": "Keokuk Spirits"') && {ANSWER}.includes('"price": 969')""")
    keep("workbench-storefront.png", await page.picture())

    await show(page, 1, "Stock")
    await page.click("document.querySelector('#become')")
    await page.until(f"{ROLE}.startsWith('Store clerk (') && {ANSWER}.trim() === ''")
    await show(page, 0, "Storefront")
    assert await page.value(DRAWN) == ""  # the analyst's answer is not for the clerk
    await show(page, 1, "Stock")
    await page.click(RUN)
    await page.until(f"""{ANSWER}.includes('"actorClass": "STORE_CLERK"')""")
    keep("workbench-stock.png", await page.picture())
    assert await page.value("!document.querySelector('#become')")

    assert await page.value(SOCKET) == "open"
    assert page.complaints == []
    asked = [url for url in page.requests + page.sockets if not url.startswith("data:")]  # those hold their answer
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(real.url).netloc}
    for _ in range(WAIT_S):  # each starts when its language is first looked at
        if len(started(page)) == len(WORKERS):
            break
        await asyncio.sleep(1)
    assert started(page) == WORKERS
    assert A_TOKEN not in "".join(page.requests + page.sockets) + await page.value(KEPT)


async def test_an_answer_that_comes_after_its_asker_left_is_not_shown(page: Page) -> None:
    await page.value(HOLD)
    await page.click(RUN)
    await page.until("window.held.length === 1")

    await show(page, 1, "Stock")
    await page.click("document.querySelector('#become')")
    await page.until(f"{ROLE}.startsWith('Store clerk (')")
    await show(page, 0, "Storefront")
    await page.value(RELEASE)
    await page.until(f"{ANSWER}.includes('Somebody else is signed in by now.')")
    assert "Keokuk" not in await page.value(DRAWN)

    await page.click(RUN)
    await page.until("window.held.length === 1")
    await page.value(RELEASE)
    await page.until(f"""{ANSWER}.includes('"name": "Keokuk Spirits"')""")


async def test_the_policy_is_in_force(page: Page) -> None:
    assert page.complaints == []
    assert await page.value(ELSEWHERE) == "refused"
    assert await page.value("(() => { try { return eval('1') } catch { return 'refused' } })()") == "refused"
    await page.value("document.body.append(Object.assign(document.createElement('script'), {text: 'window.got = 1'}))")
    assert await page.value("window.got ?? null") is None
    assert len([each for each in page.complaints if "Content Security Policy" in each]) >= 2


@pytest.mark.parametrize("shade", ["light", "dark"])
async def test_nothing_is_cut_in_a_narrow_window(page: Page, shade: str) -> None:
    await page.resize(*NARROW)
    await page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": shade}])
    await show(page, 2, "Channel")
    await page.click(RUN)
    await page.until(f"""{ANSWER}.includes('"actorClass": "BRAND_ANALYST"')""")
    keep(f"workbench-channel-{shade}.png", await page.picture())
    assert await page.value(CUT) == []
