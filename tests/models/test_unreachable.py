"""A database that does not answer is a coded fault, not a bug; the pool recovers with it."""

from uuid import UUID

import pytest
from sqlalchemy import Text, literal_column, select

import models.database
from boot import Access
from domain.base import Unavailable
from models.database import Login
from models.reading import Row, read
from tests.given import pool_of


class OneRow(Row):
    one: str


ONE = read(OneRow, select(literal_column("'1'", Text()).label("one")))
NOWHERE = UUID(int=1)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = pool_of(Login("postgresql://nobody@127.0.0.1:1/none"))
    session = database.read(NOWHERE)
    with pytest.raises(Unavailable) as refused:
        await session.fetch(ONE)
    assert refused.value.code == "UNAVAILABLE"
    assert "127.0.0.1" not in refused.value.message
    await session.close()
    await database.close()


async def test_a_pool_without_a_free_connection_is_unavailable_and_recovers(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.database, "CHECKOUT_TIMEOUT_S", 0.5)
    small = pool_of(access.app)
    busy, waiting = small.read(NOWHERE), small.read(NOWHERE)
    await busy.fetch(ONE)
    with pytest.raises(Unavailable):
        await waiting.fetch(ONE)
    await busy.close()
    with pytest.raises(Unavailable):  # at once: what one field was told its neighbours are told, without waiting again
        await waiting.fetch(ONE)
    await waiting.close()
    next_one = small.read(NOWHERE)
    assert [row.one for row in await next_one.fetch(ONE)] == ["1"]
    await next_one.close()
    await small.close()
