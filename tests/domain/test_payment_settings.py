"""The settings of payment: what each refuses, and which go together."""

from __future__ import annotations

import pytest

from tests.domain.environment import NAMES, PROVIDER, problems, read


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("missing", list(PROVIDER))
def test_half_a_payment_provider_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    half = {name: value for name, value in PROVIDER.items() if name != missing}
    assert problems(monkeypatch, **half) == (
        f"{missing}: must be set too; MILLRACE_PAYMENT_URL, MILLRACE_PAYMENT_KEY, MILLRACE_PAYMENT_NOTICE_SECRETS go "
        "together",
    )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MILLRACE_PAYMENT_KEY", "short" + "é" * 32, "must be 32 to 255 printable ASCII characters, without spaces"),
        ("MILLRACE_PAYMENT_KEY", "x" * 31, "must be 32 to 255 printable ASCII characters, without spaces"),
        (
            "MILLRACE_PAYMENT_NOTICE_SECRETS",
            ",".join(["x" * 32] * 3),
            "Value should have at most 2 items after validation, not 3",
        ),
        ("MILLRACE_PAYMENT_NOTICE_COPIES", "6", "must be less than or equal to 5 (given: '6')"),
        (
            "MILLRACE_PUBLIC_URL",
            "https://shop.example/",
            "must be an address like https://shop.example, without a path (given: 'https://shop.example/')",
        ),
        (
            "MILLRACE_PUBLIC_URL",
            "javascript:alert(1)",
            "must be an address like https://shop.example, without a path (given: 'javascript:alert(1)')",
        ),
    ],
)
def test_what_payment_cannot_be_told_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    assert problems(monkeypatch, **{**PROVIDER, name: value}) == (f"{name}: {problem}",)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("10.0.0.3", "http://10.0.0.3:8000"),
    ],
)
def test_the_server_knows_its_address_and_how_it_is_shown(monkeypatch: pytest.MonkeyPatch, host: str, own: str) -> None:
    here = read(monkeypatch, HOST=host)
    assert (here.own_url, here.shown_url) == (own, own)
    shown = read(monkeypatch, HOST=host, MILLRACE_PUBLIC_URL="https://shop.example")
    assert (shown.own_url, shown.shown_url) == (own, "https://shop.example")
