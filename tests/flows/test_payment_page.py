"""The page at which a shopper pays, as a browser would have it: what it shows, what it may do, who may press."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from integrations.localpay.page import ACTIONS, amount_of, language_of
from tests.flows.paying import Merchant, Page, Process, a_charge, listening, press, running

EVIL = "<script>alert('x')</script>\"'&"


@pytest.fixture(scope="module")
def pay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    file: Path = tmp_path_factory.mktemp("pay") / "book.sqlite"
    with listening(Merchant()) as url, running(file, url) as process:
        yield process


@pytest.fixture
async def url(pay: Process) -> str:
    return (await pay.adapter.create(a_charge(193_850, subject=EVIL))).pay_url


def test_the_page_says_what_is_to_be_paid_and_has_a_button_for_each_way(url: str) -> None:
    answer = httpx.get(url)
    shown = Page(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "1,938.50 USD" in shown.text
    assert EVIL in shown.text
    assert shown.buttons == list(ACTIONS)
    assert shown.tags.count("form") == 1
    press(url)
    paid = Page(httpx.get(url).text)
    assert (paid.buttons, "form" in paid.tags) == ([], False)
    assert "Paid. You may close this page." in paid.text


def test_the_page_speaks_the_shoppers_language(url: str) -> None:
    shown = Page(httpx.get(url, headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}).text)
    assert "请在此时间前支付" in shown.text
    press(url, "close")
    assert "已关闭" in Page(httpx.get(url, headers={"accept-language": "zh"}).text).text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("*", "en"), ("fr, zh-Hant;q=0.5", "zh"), ("EN-us", "en"), ("de", "en"), (",;=,", "en")],
)
def test_the_first_language_of_ours_is_taken(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_amounts_are_written_as_people_do() -> None:
    assert [amount_of(minor, "USD") for minor in (1, 10, 100, 123_456_789)] == [
        "0.01 USD",
        "0.10 USD",
        "1.00 USD",
        "1,234,567.89 USD",
    ]
    assert amount_of(1234, "JPY") == "1,234 JPY"


def test_nothing_runs_on_the_page_and_nobody_frames_it(url: str) -> None:
    answer = httpx.get(url)
    policy = answer.headers["content-security-policy"]
    style = re.search(r"<style>(.*?)</style>", answer.text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert {
        name: answer.headers[name] for name in ("x-frame-options", "x-content-type-options", "referrer-policy")
    } == {
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    assert answer.headers["cache-control"] == "no-store"
    shown = Page(answer.text)
    assert not {"script", "img", "link", "iframe", "object"} & set(shown.tags)
    assert not [name for name in shown.attributes if name.startswith("on") or name in ("style", "href", "src")]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_presses_nothing(url: str, site: str) -> None:
    answer = httpx.post(url, data={"action": "pay"}, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert Page(httpx.get(url).text).buttons == list(ACTIONS)


@pytest.mark.parametrize("body", [b"", b"action=steal", b"action=pay&x=1&y=2", b"action=%FF", b"\xff", b"[1]"])
def test_another_button_does_nothing(url: str, body: bytes) -> None:
    assert httpx.post(url, content=body).status_code == 400
    assert Page(httpx.get(url).text).buttons == list(ACTIONS)


def test_a_large_form_is_refused(url: str) -> None:
    assert httpx.post(url, content=b"action=pay&x=" + b"x" * 300).status_code == 413


def test_pressing_leads_back_to_the_page(url: str) -> None:
    answer = httpx.post(url, data={"action": "fail"})
    assert (answer.status_code, answer.headers["location"]) == (303, httpx.URL(url).path)


def test_an_address_that_is_nobodys_shows_nothing(pay: Process) -> None:
    for token in ("x", "%00", "'; DROP TABLE charge; --", "a" * 5000):
        answer = httpx.get(f"{pay.url}/pages/{token}")
        assert answer.status_code == 404
    assert Page(httpx.get(f"{pay.url}/pages/x").text).buttons == []
    assert press(f"{pay.url}/pages/x").status_code == 404
