"""The key set of an issuer: fetched once, kept, and never trusted blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

from tests.flows.bearer.tokens import (
    AUDIENCE,
    EC,
    ISSUER,
    NOW,
    RSA,
    Clock,
    KeyServer,
    refusal,
    signed_by,
)
from transport import bearer
from transport.bearer import JwksVerifier

# --- the key set


async def test_callers_at_once_share_one_fetch(jwks: JwksVerifier, keys: KeyServer) -> None:
    keys.delay_s = 0.05
    token = signed_by(RSA, "RS256", "rsa-1")
    answers = await asyncio.gather(*(jwks.verify(token) for _ in range(50)))
    assert len({claims.subject for claims in answers}) == 1
    assert keys.requests == 1


async def test_caller_that_goes_away_does_not_cancel_the_fetch(jwks: JwksVerifier, keys: KeyServer) -> None:
    keys.delay_s = 0.1
    token = signed_by(RSA, "RS256", "rsa-1")
    impatient = asyncio.create_task(jwks.verify(token))
    patient = asyncio.create_task(jwks.verify(token))
    await asyncio.sleep(0.02)
    impatient.cancel()
    assert (await patient).subject == "acct-1"
    assert keys.requests == 1


async def test_key_set_is_kept_for_300_seconds(jwks: JwksVerifier, keys: KeyServer, clock: Clock) -> None:
    token = signed_by(RSA, "RS256", "rsa-1")
    for now, requests in ((NOW, 1), (NOW + 299, 1), (NOW + 300, 2), (NOW + 301, 2)):
        clock.now = now
        await jwks.verify(token)
        assert keys.requests == requests
    assert b"accept-encoding: identity\r\n" in keys.asked.lower()


async def test_new_key_is_fetched_when_its_id_is_unknown(jwks: JwksVerifier, keys: KeyServer, clock: Clock) -> None:
    await jwks.verify(signed_by(RSA, "RS256", "rsa-1"))
    fresh = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    keys.publish(RSA, fresh)
    clock.now = NOW + 10
    assert (await jwks.verify(signed_by(fresh, "RS256", "rsa-2"))).subject == "acct-1"
    assert keys.requests == 2


async def test_unknown_key_ids_cost_one_fetch_in_10_seconds(jwks: JwksVerifier, keys: KeyServer, clock: Clock) -> None:
    token = signed_by(RSA, "RS256", "forged")
    for second in range(25):
        clock.now = NOW + second
        assert await refusal(jwks, token) == "unknown_key"
    assert keys.requests == 3


async def test_withdrawn_key_stops_working(jwks: JwksVerifier, keys: KeyServer, clock: Clock) -> None:
    token = signed_by(RSA, "RS256", "rsa-1")
    await jwks.verify(token)
    keys.publish(EC)
    clock.now = NOW + 300
    assert await refusal(jwks, token) == "unknown_key"


def break_status(keys: KeyServer) -> None:
    keys.status = "500 Oops"


def break_redirect(keys: KeyServer) -> None:
    keys.status, keys.headers = "302 Found", f"Location: {keys.url}\r\n"


def break_json(keys: KeyServer) -> None:
    keys.body = b"<html>"


def break_shape(keys: KeyServer) -> None:
    keys.body = b'{"keys": {"a": 1}}'


def break_empty(keys: KeyServer) -> None:
    keys.body = b'{"keys": []}'


def break_size(keys: KeyServer) -> None:
    keys.body = keys.body[:-1] + b" " * bearer.KEY_SET_BYTES + b"}"


def break_compressed(keys: KeyServer) -> None:
    keys.headers = "Content-Encoding: gzip\r\n"
    keys.body = b"\x1f\x8b" + keys.body


@pytest.mark.parametrize(
    "damage",
    [break_status, break_redirect, break_json, break_shape, break_empty, break_size, break_compressed],
)
async def test_last_good_key_set_serves_while_the_issuer_fails(
    jwks: JwksVerifier, keys: KeyServer, clock: Clock, damage: Callable[[KeyServer], None]
) -> None:
    day = 24 * 3600
    await jwks.verify(signed_by(RSA, "RS256", "rsa-1"))
    damage(keys)
    with capture_logs() as lines:
        clock.now = NOW + 300
        await jwks.verify(signed_by(RSA, "RS256", "rsa-1"))
    assert [line["event"] for line in lines] == ["key_set_failed"]
    assert keys.requests == 2
    clock.now = NOW + day - 1
    await jwks.verify(signed_by(RSA, "RS256", "rsa-1", iat=NOW + day - 1, exp=NOW + day + 600))
    clock.now = NOW + day
    late = signed_by(RSA, "RS256", "rsa-1", iat=NOW + day - 1, exp=NOW + day + 600)
    assert await refusal(jwks, late) == "unknown_key"


async def test_known_key_does_not_wait_for_an_issuer_that_hangs(
    jwks: JwksVerifier, keys: KeyServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_by(RSA, "RS256", "rsa-1")
    await jwks.verify(token)
    keys.delay_s = 60.0
    with monkeypatch.context() as hurry, capture_logs() as lines:
        hurry.setattr(bearer.keyset, "KEY_SET_TIMEOUT_S", 0.1)
        clock.now = NOW + 300
        await jwks.verify(token)  # the first one learns of the failure by waiting for the time limit
    assert [line["error"] for line in lines] == ["TimeoutError"]
    assert keys.requests == 2
    clock.now = NOW + 310
    async with asyncio.timeout(bearer.KEY_SET_TIMEOUT_S / 2):
        await jwks.verify(token)
        while await keys.arrivals.get() < 3:  # and yet the issuer is asked again, meanwhile
            pass


async def test_issuer_that_never_answered_is_a_refusal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    verifier = JwksVerifier("http://127.0.0.1:9/keys", ISSUER, AUDIENCE, ["RS256"], clock=clock, leeway_s=0)
    assert await refusal(verifier, signed_by(RSA, "RS256", "rsa-1")) == "unknown_key"
    await verifier.aclose()


async def test_odd_keys_do_not_cost_the_set(jwks: JwksVerifier, keys: KeyServer) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    for_encryption = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
    good = RSA.as_dict(private=False)
    odd: list[Any] = [
        5,
        None,
        "x",
        {},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {"kty": "AKP", "kid": "pq"},
        good | {"kid": 5},
        good | {"n": "!", "kid": "n"},
        good | {"n": 5, "kid": "n5"},
        good | {"alg": "RS512", "kid": "alg"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "crv"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "point"},
        RSAKey.generate_key(2048, {"kid": "private"}).as_dict(private=True),
        good | {"key_ops": ["sign"], "kid": "ops"},
        weak.as_dict(private=False),
        for_encryption.as_dict(private=False),
    ]
    keys.body = orjson.dumps({"keys": [*odd, good]})
    assert (await jwks.verify(signed_by(RSA, "RS256", "rsa-1"))).subject == "acct-1"
    for kid in ("weak", "enc", "alg", "ops", "private", "pq"):
        assert await refusal(jwks, signed_by(RSA, "RS256", kid)) == "unknown_key"


async def test_only_the_first_100_keys_are_read(jwks: JwksVerifier, keys: KeyServer) -> None:
    filler = EC.as_dict(private=False)
    keys.body = orjson.dumps({"keys": [filler | {"kid": str(i)} for i in range(100)] + [RSA.as_dict(private=False)]})
    assert await refusal(jwks, signed_by(RSA, "RS256", "rsa-1")) == "unknown_key"
