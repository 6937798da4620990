"""The application in the demo: its own provider below /pay/local, told at its own route; none in production."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import app as application
import boot
from domain.base import Unavailable
from domain.ordering.payment import Notice, NoticeKind
from settings import Settings
from tests.flows.paying import (
    KEY,
    NEXT_SECRET,
    SECRET,
    Merchant,
    Page,
    a_charge,
    a_refund,
    press,
    running,
    status,
    text,
    until,
)
from tests.flows.served import serving
from tests.flows.started import free_port
from tests.given import PRODUCTION


async def test_the_demo_is_paid_through_its_own_provider(access: boot.Access, tmp_path: Path) -> None:
    merchant, port = Merchant(), free_port()
    settings = Settings(
        DATA_DIR=tmp_path,
        MILLRACE_POOL_SIZE=1,
        PORT=port,
        MILLRACE_PAYMENT_NOTICE_COPIES=2,
        MILLRACE_PUBLIC_URL=f"http://localhost:{port}",
    )
    made = application.create(settings, access, take_notice=merchant.take)
    elsewhere = boot.payments(settings)  # as another process has it: what a worker or a second server asks
    assert elsewhere is not None
    with serving(made, application.limits_of(settings), port=port) as (url, _, _):
        charge = a_charge(1000)
        charged = await elsewhere.provider.create(charge)
        assert charged.pay_url.startswith(f"http://localhost:{port}/pay/local/pages/")
        shown = press(charged.pay_url)
        assert "Paid" in Page(shown.text).text
        assert shown.headers["x-request-id"]
        merchant.hears(charge.payment, times=2)
        await elsewhere.provider.refund(a_refund(charge, 400))
        merchant.hears(charge.payment, NoticeKind.REFUNDED, times=2)
        assert status(f"{url}/pay/local/charges/{charge.payment.hex}") == 404
        assert 'millrace_payment_notices_total{outcome="taken",provider="local"} 4.0' in text(f"{url}/metrics")
    await elsewhere.aclose()
    assert {name: os.stat(tmp_path / name).st_mode & 0o777 for name in ("payment.secret", "localpay.sqlite")} == {
        "payment.secret": 0o600,
        "localpay.sqlite": 0o600,
    }


async def test_what_is_told_is_what_the_orders_make_of_it(access: boot.Access, tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=1, PORT=port)
    payments = boot.payments(settings)
    assert payments is not None
    with serving(application.create(settings, access), application.limits_of(settings), port=port) as (url, _, _):
        assert status(f"{url}/payments/local/notices", "POST") == 401
        press((await payments.provider.create(a_charge())).pay_url)
        taken = 'millrace_payment_notices_total{outcome="taken",provider="local"} 1.0'
        until(lambda: taken in text(f"{url}/metrics"))
    await payments.aclose()


def test_production_has_no_provider_unless_it_is_given_one(access: boot.Access, tmp_path: Path) -> None:
    nobody = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=1, **PRODUCTION)  # type: ignore[arg-type]  # strings, as in the environment
    assert boot.payments(nobody) is None
    made = application.create(nobody, access, take_notice=Merchant().take)
    with serving(made, application.limits_of(nobody)) as (url, _, _):
        for path in ("/payments/local/notices", "/pay/local/pages/x"):
            assert status(url + path, "POST") == 404
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("profile", ["demo", "production"])
async def test_a_provider_that_is_named_is_the_one_that_is_asked(
    access: boot.Access, tmp_path: Path, profile: str
) -> None:
    merchant, port = Merchant(), free_port()
    notices = f"http://127.0.0.1:{port}/payments/local/notices"
    with running(tmp_path / "book", notices) as pay:
        given = {
            "MILLRACE_PAYMENT_URL": pay.url,
            "MILLRACE_PAYMENT_KEY": KEY,
            "MILLRACE_PAYMENT_NOTICE_SECRETS": (NEXT_SECRET, SECRET),
            **(PRODUCTION if profile == "production" else {}),
        }
        settings = Settings(DATA_DIR=tmp_path / "data", MILLRACE_POOL_SIZE=1, **given)  # type: ignore[arg-type]  # as above
        payments = boot.payments(settings)
        assert payments is not None
        assert payments.local is None
        made = application.create(settings, access, take_notice=merchant.take)
        with serving(made, application.limits_of(settings), port=port) as (url, _, _):
            charge = a_charge()
            press((await payments.provider.create(charge)).pay_url)
            merchant.hears(charge.payment)
            assert status(f"{url}/pay/local/pages/x") == 404
        await payments.aclose()


async def away(provider: str, notice: Notice) -> str:
    """All attempts are in vain."""
    raise Unavailable("The database is away.")


async def test_what_was_owed_when_the_server_stopped_is_told_by_the_next(access: boot.Access, tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=1, PORT=port)
    payments = boot.payments(settings)
    assert payments is not None
    charge = a_charge()
    made = await payments.provider.create(charge)
    silent = application.create(settings, access, take_notice=away)
    with serving(silent, application.limits_of(settings), port=port):
        press(made.pay_url)
    await payments.aclose()
    merchant = Merchant()
    heard = application.create(settings, access, take_notice=merchant.take)
    with serving(heard, application.limits_of(settings), port=port):
        merchant.hears(charge.payment)


async def test_a_broken_file_stops_payments_and_nothing_else(access: boot.Access, tmp_path: Path) -> None:
    settings = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=1)
    (tmp_path / "localpay.sqlite").write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    with serving(application.create(settings, access), application.limits_of(settings)) as (url, _, _):
        assert status(f"{url}/pay/local/pages/x") == 503
        assert status(f"{url}/health/ready") == 200
