"""Files of rows over the wire: as many as are promised go through, of a business; and of nobody else."""

import json
import time
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

import app as application
import boot
from domain.base import MAX_ROWS
from engine.limits import Limits
from models.database import Login
from models.wall import APP_ROLE
from settings import Settings
from tests.flows.conftest import Real
from tests.flows.served import serving
from tests.graph.acted import ACTS
from tests.graph.trade import Trade, written
from transport.bearer import Identity, mint

LIMITS = Limits(request_seconds=1)


@dataclass(frozen=True)
class World:
    """A tenant of its own in a database of its own, and the application over it."""

    real: Real
    trade: Trade


@pytest.fixture
async def world(owner_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    trade = await written(owner_dsn)
    settings = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=2)
    made = application.create(settings, boot.Access(owner_dsn, Login(owner_dsn, APP_ROLE)))
    with serving(made, application.limits_of(settings)) as (url, _, _):
        yield World(Real(url, application.secret_of(settings)), trade)


def bearer(real: Real, who: Identity) -> str:
    facts = {"issuer": application.DEMO_ISSUER, "audience": application.DEMO_AUDIENCE}
    return mint(real.secret, who, **facts, lifetime=timedelta(hours=1), now=time.time())


def staff(trade: Trade) -> Identity:
    organization = trade.key("brand:1")
    return Identity(
        subject="brand:1/operator", actor="staff", tenant=trade.tenant, organization=organization, role="OPERATOR"
    )


def row(number: int, wide: bool) -> dict[str, Any]:
    """A sku as an ERP sends it; a wide one has the longest texts that it may have."""
    packs = [{"code": "EACH", "units": 1}, {"code": "BOX", "units": 6}, {"code": "CASE", "units": 24}]
    plain: dict[str, Any] = {
        "code": f"6901234{number:06}",
        "product": "1",
        "name": f"清泉天然矿泉水 {number} 毫升装 · 整箱",
        "barcode": f"6901234{number:06}",
        "baseUnit": "EACH",
        "minQty": 6,
        "stepQty": 6,
        "shelfLifeDays": 540,
        "packUnits": packs,
    }
    if not wide:
        return plain
    packs = [{"code": f"{pack:02}" + "箱" * 98, "units": 1} for pack in range(20)]
    return {**plain, "name": "泉" * 200, "barcode": "码" * 100, "packUnits": packs}


async def send(real: Real, rows: list[dict[str, Any]], token: str | None) -> httpx.Response:
    given = {"query": ACTS["saveSkus"], "variables": {"input": {"rows": rows}, "key": uuid4().hex}}
    headers = {"content-type": "application/json"} | ({} if token is None else {"authorization": f"Bearer {token}"})
    body = json.dumps(given, ensure_ascii=False).encode()
    return await to_thread(httpx.post, real.graphql, content=body, headers=headers, timeout=60)


@pytest.mark.parametrize("wide", [False, True])
async def test_a_full_file_goes_through(world: World, wide: bool) -> None:
    real, trade = world.real, world.trade
    rows = [row(number, wide) for number in range(MAX_ROWS)]
    size = len(json.dumps(rows, ensure_ascii=False).encode())
    assert LIMITS.body_bytes < size < LIMITS.file_bytes
    answered = await send(real, rows, bearer(real, staff(trade)))
    assert answered.status_code == 200, answered.text[:500]
    done = answered.json()["data"]["done"]
    assert [each["__typename"] for each in done["rows"]] == ["Sku"] * MAX_ROWS


async def test_of_a_shopper_nobody_or_a_forger_it_is_not_even_read(world: World) -> None:
    real, trade = world.real, world.trade
    rows = [row(number, wide=False) for number in range(MAX_ROWS)]
    shopper = bearer(real, Identity(subject="member:1", actor="consumer", tenant=trade.tenant))
    forged = bearer(real, staff(trade)) + "x"
    for token in (None, shopper, forged):
        answered = await send(real, rows, token)
        assert answered.status_code == 413
        assert answered.json()["errors"][0]["message"] == f"The request is larger than {LIMITS.body_bytes} bytes."
