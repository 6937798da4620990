"""Several issuers behind one door, the memory of tokens verified a moment ago, and the header."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from domain.base import Unauthenticated
from tests.flows.bearer.tokens import (
    AUDIENCE,
    ISSUER,
    NOW,
    RSA,
    SECRET,
    Clock,
    demo_token,
    refusal,
    secret_verifier,
    signed_by,
)
from transport import bearer
from transport.bearer import Claims, JwksVerifier, SecretVerifier, Verifiers

# --- several issuers, and the memory


class Counting:
    """Counts what reaches the verifier behind the memory."""

    def __init__(self, verifier: bearer.Verifier) -> None:
        self.verifier = verifier
        self.calls = 0

    async def verify(self, token: str) -> Claims:
        self.calls += 1
        return await self.verifier.verify(token)


async def test_issuer_chooses_its_verifier(clock: Clock, jwks: JwksVerifier) -> None:
    demo = SecretVerifier(SECRET, "urn:demo", AUDIENCE, clock=clock, leeway_s=0)
    both = Verifiers({ISSUER: jwks, "urn:demo": demo}, clock=clock)
    assert (await both.verify(demo_token(iss="urn:demo"))).role == "CLERK"
    assert (await both.verify(signed_by(RSA, "RS256", "rsa-1"))).role == "CLERK"
    assert await refusal(both, demo_token()) == "algorithm"  # the demo's secret under the other issuer's name
    assert await refusal(both, demo_token(iss="urn:nobody")) == "issuer"
    assert await refusal(both, demo_token(iss=5)) == "issuer"


async def test_verified_token_is_remembered_for_60_seconds(clock: Clock) -> None:
    inner = Counting(secret_verifier(clock))
    front = Verifiers({ISSUER: inner}, clock=clock)
    token = demo_token()
    for now, calls in ((NOW, 1), (NOW + 59.9, 1), (NOW + 60, 2), (NOW + 61, 2)):
        clock.now = now
        assert (await front.verify(token)).subject == "acct-1"
        assert inner.calls == calls


async def test_memory_never_outlives_exp(clock: Clock) -> None:
    inner = Counting(secret_verifier(clock))
    front = Verifiers({ISSUER: inner}, clock=clock)
    token = demo_token(exp=NOW + 20)
    await front.verify(token)
    clock.now = NOW + 19.9
    await front.verify(token)
    assert inner.calls == 1
    clock.now = NOW + 20
    await front.verify(token)  # within the leeway: accepted, but only by looking again each time
    await front.verify(token)
    assert inner.calls == 3
    clock.now = NOW + 50
    assert await refusal(front, token) == "expired"
    assert inner.calls == 4


async def test_clock_set_back_is_no_longer_life(clock: Clock) -> None:
    inner = Counting(secret_verifier(clock))
    front = Verifiers({ISSUER: inner}, clock=clock)
    token = demo_token(nbf=NOW)
    await front.verify(token)
    clock.now = NOW - 3600
    assert await refusal(front, token) == "not_yet_valid"


async def test_refused_token_is_not_remembered(clock: Clock) -> None:
    inner = Counting(secret_verifier(clock))
    front = Verifiers({ISSUER: inner}, clock=clock)
    for _ in range(2):
        assert await refusal(front, demo_token(role="OWNER")) == "claims:role"
    assert inner.calls == 2


async def test_memory_forgets_the_least_recently_used(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bearer.CACHE_ENTRIES == 10_000
    monkeypatch.setattr(bearer.verifiers, "CACHE_ENTRIES", 2)
    inner = Counting(secret_verifier(clock))
    front = Verifiers({ISSUER: inner}, clock=clock)
    one, two, three = (demo_token(sub=f"acct-{i}") for i in range(3))
    for token in (one, two, one, three):
        await front.verify(token)
    assert inner.calls == 3
    await front.verify(one)
    assert inner.calls == 3
    await front.verify(two)
    assert inner.calls == 4


async def test_one_bit_changed_in_a_remembered_token_is_refused(clock: Clock) -> None:
    front = Verifiers({ISSUER: secret_verifier(clock)}, clock=clock)
    token = demo_token()
    await front.verify(token)
    header, body, signature = token.split(".")
    other = "A" if signature[0] != "A" else "B"
    assert await refusal(front, f"{header}.{body}.{other}{signature[1:]}") == "signature"


# --- the header


def test_header_gives_its_token() -> None:
    assert bearer.bearer_token(None) is None
    assert bearer.bearer_token("Bearer a.b.c") == "a.b.c"
    assert bearer.bearer_token("  bearer   a.b.c ") == "a.b.c"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dTpw", "a.b.c", "Bearer a b", "Bearera.b.c"])
def test_header_that_is_no_bearer_token_is_refused(header: str) -> None:
    with capture_logs() as lines, pytest.raises(Unauthenticated, match=r"^The bearer token is not valid\.$"):
        bearer.bearer_token(header)
    assert lines == [{"event": "token_refused", "reason": "not_bearer", "log_level": "info"}]
