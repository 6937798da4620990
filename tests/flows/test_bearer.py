"""Bearer tokens, one wrong thing at a time: every refusal looks the same outside and has its own reason in the log.

Key sets come from a real HTTP server on this machine. Time is a clock the test turns.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import structlog
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from structlog.testing import capture_logs

from domain.base import Unauthenticated
from settings import ASYMMETRIC_ALGORITHMS
from transport import bearer
from transport.bearer import Claims, Identity, JwksVerifier, SecretFileError, SecretVerifier, Verifiers

NOW = 1_760_000_000
ISSUER = "https://issuer.example"
AUDIENCE = "millrace"
SECRET = bytes(range(32))
TENANT = UUID("018f4a3e-0000-7000-8000-000000000001")
STORE = UUID("018f4a3e-0000-7000-8000-000000002191")
CLERK = Identity(subject="acct-1", actor="staff", tenant=TENANT, organization=STORE, role="CLERK")
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
OTHER_RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})


class Clock:
    """Stands still until told."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class KeyServer:
    """An issuer's key set on a port: what it answers and after how long is set by the test; it counts the requests."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.headers = ""
        self.body = b""
        self.delay_s = 0.0
        self.requests = 0
        self.asked = b""
        self.port = 0
        self.arrivals: asyncio.Queue[int] = asyncio.Queue()
        self.answering: set[asyncio.Task[None] | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"

    def publish(self, *keys: Key) -> None:
        self.body = orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.answering.add(asyncio.current_task())
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.asked = await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            self.arrivals.put_nowait(self.requests)
            await asyncio.sleep(self.delay_s)
            head = (
                f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n{self.headers}Connection: close\r\n\r\n"
            )
            writer.write(head.encode() + self.body)
            await writer.drain()


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


def secret_verifier(clock: Clock) -> SecretVerifier:
    return SecretVerifier(SECRET, ISSUER, AUDIENCE, clock=clock, leeway_s=30)


def payload(**changes: Any) -> dict[str, Any]:
    """A clerk's good claims with some replaced; `...` takes one away."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "acct-1", "iat": NOW, "exp": NOW + 3600, "actor": "staff"}
    claims |= {"tenant": str(TENANT), "org": str(STORE), "role": "CLERK"} | changes
    return {name: value for name, value in claims.items() if value is not ...}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(header: Any, body: bytes, secret: bytes = SECRET) -> str:
    """A correctly signed token of any header and body, without a library's good manners."""
    signed = f"{b64(json.dumps(header).encode())}.{b64(body)}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def demo_token(**changes: Any) -> str:
    return hs256({"alg": "HS256"}, json.dumps(payload(**changes)).encode())


def signed_by(key: Key, algorithm: str, kid: str | None = None, **changes: Any) -> str:
    header = {"alg": algorithm} | ({"kid": kid} if kid else {})
    registry = jws.JWSRegistry(algorithms=[algorithm])
    return jws.serialize_compact(header, json.dumps(payload(**changes)), key, registry=registry)


async def refusal(verifier: bearer.Verifier, token: str) -> str:
    """The logged reason; what the caller sees is checked here, once for all."""
    with capture_logs() as lines, pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.message == "The bearer token is not valid."
    refused = [line for line in lines if line["event"] == "token_refused"]
    assert len(refused) == 1
    assert not token or token not in str(lines)
    return ":".join(str(refused[0][name]) for name in ("reason", "claim") if name in refused[0])


# --- what is accepted


async def test_minted_token_gives_its_claims(clock: Clock) -> None:
    token = bearer.mint(SECRET, CLERK, issuer=ISSUER, audience=AUDIENCE, lifetime=timedelta(hours=1), now=NOW + 0.9)
    assert await secret_verifier(clock).verify(token) == Claims(
        subject="acct-1",
        actor="staff",
        tenant=TENANT,
        organization=STORE,
        role="CLERK",
        expires_at=datetime.fromtimestamp(NOW + 3600, UTC),
    )


@pytest.mark.parametrize("actor", ["consumer", "partner", "admin"])
async def test_actors_without_an_organization(clock: Clock, actor: str) -> None:
    token = demo_token(actor=actor, org=..., role=..., tenant=...)
    assert await secret_verifier(clock).verify(token) == Claims(
        subject="acct-1", actor=actor, expires_at=datetime.fromtimestamp(NOW + 3600, UTC)
    )


async def test_audience_may_be_one_of_a_list(clock: Clock) -> None:
    claims = await secret_verifier(clock).verify(demo_token(aud=["other", AUDIENCE]))
    assert claims.subject == "acct-1"


async def test_unknown_header_that_is_not_critical_is_ignored(clock: Clock) -> None:
    token = hs256({"alg": "HS256", "nonce": "x", "typ": "application/at+JWT"}, json.dumps(payload()).encode())
    assert (await secret_verifier(clock).verify(token)).subject == "acct-1"


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA, "RS256", "rsa-1"), (EC, "ES256", "ec-1"), (ED, "EdDSA", "ed-1")]
)
async def test_each_asymmetric_family_is_accepted(jwks: JwksVerifier, key: Key, algorithm: str, kid: str) -> None:
    assert (await jwks.verify(signed_by(key, algorithm, kid))).organization == STORE


async def test_key_id_may_be_left_out_where_one_key_fits(jwks: JwksVerifier) -> None:
    assert (await jwks.verify(signed_by(RSA, "RS256"))).subject == "acct-1"


def test_settings_offer_the_algorithms_that_exist() -> None:
    assert frozenset(bearer.KEY_TYPES) == ASYMMETRIC_ALGORITHMS


# --- form


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.b.c.d",
        "....",
        "é.é.é",
        "a b.c.d",
        b64(b'"alg"') + "." + b64(b"{}") + ".",
        b64(b'["alg"]') + "." + b64(b"{}") + ".",
        b64(b"{}") + "." + b64(b"{}") + ".",
        b64(b"\xff") + "." + b64(b"{}") + ".",
        b64(b"[" * 700) + "." + b64(b"{}") + ".",
        hs256({"alg": "HS256", "kid": 5}, b"{}"),
        hs256({"alg": "HS256"}, b"[]"),
        hs256({"alg": "HS256"}, b"5"),
        hs256({"alg": "HS256"}, b"not json"),
        hs256({"alg": "HS256"}, b"[" * 5000),
        hs256({"alg": "HS256"}, b'{"exp": NaN}'),
        hs256({"alg": "HS256"}, b'{"sub": "\xff"}'),
        hs256({"alg": "HS256", "pad": "x" * 2000}, b"{}"),
    ],
)
async def test_malformed_token_is_refused(clock: Clock, token: str) -> None:
    assert await refusal(secret_verifier(clock), token) == "malformed"
    assert await refusal(Verifiers({ISSUER: secret_verifier(clock)}, clock=clock), token) in {"malformed", "issuer"}


async def test_token_above_8_kb_is_refused_unread(clock: Clock) -> None:
    assert bearer.TOKEN_BYTES == 8192
    longest = "a" * 8192
    assert await refusal(secret_verifier(clock), longest) == "malformed"
    assert await refusal(secret_verifier(clock), longest + "a") == "too_long"
    assert await refusal(Verifiers({}, clock=clock), longest + "a") == "too_long"


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": 5},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
    ],
)
async def test_critical_header_is_refused(clock: Clock, header: dict[str, Any]) -> None:
    token = hs256({"alg": "HS256"} | header, json.dumps(payload()).encode())
    assert await refusal(secret_verifier(clock), token) == "critical_header"


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "", 5])
async def test_token_made_for_another_purpose_is_refused(clock: Clock, kind: object) -> None:
    token = hs256({"alg": "HS256", "typ": kind}, json.dumps(payload()).encode())
    assert await refusal(secret_verifier(clock), token) == "type"


# --- algorithm and key


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS384", "RS256", 5, None, ["HS256"]])
async def test_other_algorithm_is_refused_by_the_demo(clock: Clock, algorithm: object) -> None:
    body = json.dumps(payload()).encode()
    assert await refusal(secret_verifier(clock), hs256({"alg": algorithm}, body)) == "algorithm"


async def test_unsigned_token_is_refused(clock: Clock, jwks: JwksVerifier) -> None:
    token = b64(b'{"alg":"none"}') + "." + b64(json.dumps(payload()).encode()) + "."
    assert await refusal(secret_verifier(clock), token) == "algorithm"
    assert await refusal(jwks, token) == "algorithm"


async def test_signature_taken_away_is_refused(clock: Clock) -> None:
    token = demo_token().rpartition(".")[0] + "."
    assert await refusal(secret_verifier(clock), token) == "signature"


async def test_public_key_is_no_shared_secret(jwks: JwksVerifier, keys: KeyServer) -> None:
    for secret in (RSA.as_pem(private=False), RSA.as_der(private=False), keys.body):
        token = hs256({"alg": "HS256", "kid": "rsa-1"}, json.dumps(payload()).encode(), secret)
        assert await refusal(jwks, token) == "algorithm"
    assert keys.requests == 0


async def test_symmetric_key_in_a_key_set_is_not_used(jwks: JwksVerifier, keys: KeyServer) -> None:
    keys.body = orjson.dumps({"keys": [OctKey.import_key(SECRET, {"kid": "oct-1"}).as_dict(private=True)]})
    token = hs256({"alg": "HS256", "kid": "oct-1"}, json.dumps(payload()).encode())
    assert await refusal(jwks, token) == "algorithm"
    assert await refusal(jwks, signed_by(RSA, "RS256", "oct-1")) == "unknown_key"


async def test_other_key_is_refused(clock: Clock, jwks: JwksVerifier) -> None:
    token = hs256({"alg": "HS256"}, json.dumps(payload()).encode(), bytes(32))
    assert await refusal(secret_verifier(clock), token) == "signature"
    assert await refusal(jwks, signed_by(OTHER_RSA, "RS256", "rsa-1")) == "signature"


async def test_changed_payload_is_refused(clock: Clock) -> None:
    header, _, signature = demo_token().split(".")
    token = f"{header}.{b64(json.dumps(payload(role='MANAGER')).encode())}.{signature}"
    assert await refusal(secret_verifier(clock), token) == "signature"


async def test_unknown_key_id_is_refused(jwks: JwksVerifier) -> None:
    assert await refusal(jwks, signed_by(RSA, "RS256", "rsa-9")) == "unknown_key"


async def test_key_id_of_another_type_is_refused(jwks: JwksVerifier) -> None:
    assert await refusal(jwks, signed_by(RSA, "RS256", "ec-1")) == "unknown_key"


async def test_missing_key_id_is_refused_where_two_keys_fit(jwks: JwksVerifier, keys: KeyServer) -> None:
    keys.publish(RSA, RSAKey.generate_key(2048, {"kid": "rsa-2"}))
    assert await refusal(jwks, signed_by(RSA, "RS256")) == "unknown_key"


async def test_key_offered_by_the_token_is_not_used(jwks: JwksVerifier) -> None:
    header = {"alg": "RS256", "kid": "rsa-1", "jwk": OTHER_RSA.as_dict(private=False), "jku": "https://evil.example/"}
    registry = jws.JWSRegistry(algorithms=["RS256"])
    registry.max_header_length = 4096
    token = jws.serialize_compact(header, json.dumps(payload()), OTHER_RSA, registry=registry)
    assert await refusal(jwks, token) in {"signature", "malformed"}
    header.pop("jwk")
    token = jws.serialize_compact(header, json.dumps(payload()), OTHER_RSA, registry=registry)
    assert await refusal(jwks, token) == "signature"


def test_verifiers_keep_to_one_family() -> None:
    for algorithms in ([], ["HS256"], ["RS256", "HS256"], ["none"]):
        with pytest.raises(ValueError, match="algorithms must be some of"):
            JwksVerifier("https://issuer.example/keys", ISSUER, AUDIENCE, algorithms)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        SecretVerifier(bytes(31), ISSUER, AUDIENCE)


# --- issuer, audience, times


@pytest.mark.parametrize("issuer", [..., None, "", "https://issuer.example/", "HTTPS://issuer.example", [ISSUER], 5])
async def test_wrong_issuer_is_refused(clock: Clock, issuer: object) -> None:
    assert await refusal(secret_verifier(clock), demo_token(iss=issuer)) == "issuer"


@pytest.mark.parametrize("audience", [..., None, "", "millrac", [], ["other"], [[AUDIENCE]], {AUDIENCE: 1}, 5])
async def test_wrong_audience_is_refused(clock: Clock, audience: object) -> None:
    assert await refusal(secret_verifier(clock), demo_token(aud=audience)) == "audience"


async def test_token_expires_at_exp_plus_leeway(clock: Clock) -> None:
    token = demo_token()
    clock.now = NOW + 3600 + 29.9
    assert (await secret_verifier(clock).verify(token)).subject == "acct-1"
    clock.now = NOW + 3600 + 30
    assert await refusal(secret_verifier(clock), token) == "expired"


async def test_token_not_yet_valid_is_refused(clock: Clock) -> None:
    token = demo_token(nbf=NOW + 31)
    assert await refusal(secret_verifier(clock), token) == "not_yet_valid"
    assert await refusal(secret_verifier(clock), demo_token(iat=NOW + 31)) == "not_yet_valid"
    clock.now = NOW + 1
    assert (await secret_verifier(clock).verify(token)).subject == "acct-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ...},
        {"iat": ...},
        {"exp": None},
        {"exp": str(NOW + 3600)},
        {"exp": True},
        {"exp": -1},
        {"exp": 10**12},
        {"exp": 10**30},
        {"nbf": "now"},
        {"nbf": None},
        {"iat": [NOW]},
    ],
)
async def test_missing_or_odd_time_is_refused(clock: Clock, changes: dict[str, Any]) -> None:
    assert await refusal(secret_verifier(clock), demo_token(**changes)) == "times"


async def test_life_of_a_token_is_capped(clock: Clock, jwks: JwksVerifier) -> None:
    days_30 = 30 * 86_400
    assert (await secret_verifier(clock).verify(demo_token(exp=NOW + days_30))).subject == "acct-1"
    assert await refusal(secret_verifier(clock), demo_token(exp=NOW + days_30 + 1)) == "lifetime"
    assert await refusal(secret_verifier(clock), demo_token(exp=NOW)) == "lifetime"
    assert (await jwks.verify(signed_by(RSA, "RS256", "rsa-1", exp=NOW + 86_400))).subject == "acct-1"
    assert await refusal(jwks, signed_by(RSA, "RS256", "rsa-1", exp=NOW + 86_401)) == "lifetime"


# --- claims


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"sub": ...}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 5}, "sub"),
        ({"sub": "a\u0000b"}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"actor": ...}, "actor"),
        ({"actor": "root"}, "actor"),
        ({"actor": "STAFF"}, "actor"),
        ({"actor": ["staff"]}, "actor"),
        ({"tenant": "iowa"}, "tenant"),
        ({"tenant": None}, "tenant"),
        ({"tenant": ""}, "tenant"),
        ({"tenant": f"{{{TENANT}}}"}, "tenant"),
        ({"tenant": TENANT.hex}, "tenant"),
        ({"tenant": TENANT.urn}, "tenant"),
        ({"org": "2191"}, "org"),
        ({"org": 2191}, "org"),
        ({"org": ...}, "org"),
        ({"role": ...}, "role"),
        ({"role": "clerk"}, "role"),
        ({"role": "OWNER"}, "role"),
        ({"role": ["CLERK"]}, "role"),
        ({"actor": "consumer"}, "org"),
        ({"actor": "consumer", "org": ...}, "role"),
        ({"actor": "admin", "role": ...}, "org"),
        ({"actor": "partner", "org": ..., "role": ...}, None),
    ],
)
async def test_claims_that_make_no_actor_are_refused(clock: Clock, changes: dict[str, Any], claim: str | None) -> None:
    token = demo_token(**changes)
    if claim is None:
        assert (await secret_verifier(clock).verify(token)).actor == "partner"
    else:
        assert await refusal(secret_verifier(clock), token) == f"claims:{claim}"


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
    verifier = JwksVerifier("http://127.0.0.1:9/keys", ISSUER, AUDIENCE, ["RS256"], clock=clock)
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
    demo = SecretVerifier(SECRET, "urn:demo", AUDIENCE, clock=clock)
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


# --- the demo's tokens and secret


def test_minted_lifetime_is_limited() -> None:
    for lifetime in (timedelta(0), timedelta(seconds=-1), timedelta(days=30, seconds=1)):
        with pytest.raises(ValueError, match="at most 30 days"):
            bearer.mint(SECRET, CLERK, issuer=ISSUER, audience=AUDIENCE, lifetime=lifetime, now=NOW)


def test_identity_is_checked_when_made() -> None:
    for parts in (
        {"actor": "root"},
        {"actor": "staff"},
        {"actor": "staff", "organization": STORE},
        {"actor": "staff", "organization": STORE, "role": "OWNER"},
        {"actor": "consumer", "organization": STORE},
        {"actor": "consumer", "role": "CLERK"},
    ):
        with pytest.raises(ValueError, match=r"^(actor|org|role)$"):
            Identity(subject="acct-1", **parts)


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    secret = bearer.demo_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bearer.demo_secret(path) == secret
    assert bearer.demo_secret(tmp_path / "other" / "secret") != secret
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_secret_of_whoever_was_first_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    secret = bearer.demo_secret(path)
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # looked before the other process was done
    assert bearer.demo_secret(path) == secret
    assert os.listdir(tmp_path) == ["secret"]


def test_processes_that_race_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    program = (
        "import sys, hashlib, pathlib; from transport.bearer import demo_secret; sys.stdin.readline(); "
        "print(hashlib.sha256(demo_secret(pathlib.Path(sys.argv[1]))).hexdigest())"
    )
    root = Path(bearer.__file__).parents[2]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    seen = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert seen == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert os.listdir(tmp_path) == ["secret"]


def damage_short(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0o600)


def damage_long(path: Path) -> None:
    path.write_bytes(bytes(33))
    path.chmod(0o600)


def damage_mode(path: Path) -> None:
    path.write_bytes(bytes(32))
    path.chmod(0o640)


def damage_directory(path: Path) -> None:
    path.mkdir()


def damage_fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def damage_link(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_bytes(bytes(32))
    target.chmod(0o600)
    path.symlink_to(target)


def damage_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize(
    "damage",
    [damage_short, damage_long, damage_mode, damage_directory, damage_fifo, damage_link, damage_dangling_link],
)
def test_secret_file_that_cannot_be_trusted_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "secret"
    damage(path)
    with pytest.raises(SecretFileError, match="remove it, and a new"):
        bearer.demo_secret(path)
