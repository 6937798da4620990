"""The clock, the issuer and its verifier, as fixtures of the bearer tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.flows.bearer.tokens import (
    AUDIENCE,
    EC,
    ED,
    ISSUER,
    RSA,
    Clock,
    KeyServer,
)
from transport.bearer import JwksVerifier


@pytest.fixture(autouse=True)
def plain_logging() -> Iterator[None]:
    """Other tests may have configured levels or formats; here every line counts."""
    saved = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**saved)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KeyServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    issuer = KeyServer()
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    issuer.port = server.sockets[0].getsockname()[1]
    issuer.publish(RSA, EC, ED)
    yield issuer
    server.close()
    await server.wait_closed()
    for task in issuer.answering:
        assert task is not None
        task.cancel()


@pytest.fixture
async def jwks(keys: KeyServer, clock: Clock) -> AsyncIterator[JwksVerifier]:
    verifier = JwksVerifier(keys.url, ISSUER, AUDIENCE, ["RS256", "ES256", "EdDSA"], clock=clock, leeway_s=30)
    yield verifier
    await verifier.aclose()
