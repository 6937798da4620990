"""A token: what is accepted, and every way in which one is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import Key, OctKey, RSAKey

from forms import ASYMMETRIC_ALGORITHMS
from tests.flows.bearer.tokens import (
    AUDIENCE,
    CLERK,
    EC,
    ED,
    ISSUER,
    NOW,
    OTHER_RSA,
    RSA,
    SECRET,
    STORE,
    TENANT,
    Clock,
    KeyServer,
    b64,
    demo_token,
    hs256,
    payload,
    refusal,
    secret_verifier,
    signed_by,
)
from transport import bearer
from transport.bearer import Claims, JwksVerifier, SecretVerifier, Verifiers

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


@pytest.mark.parametrize(
    ("named", "client"),
    [
        ({}, None),
        ({"client_id": "web"}, "web"),
        ({"azp": "kiosk"}, "kiosk"),
        ({"client_id": "web", "azp": "kiosk"}, "web"),
        ({"client_id": "商城"}, "商城"),
    ],
)
async def test_the_client_is_who_the_issuer_says(clock: Clock, named: dict[str, str], client: str | None) -> None:
    assert (await secret_verifier(clock).verify(demo_token(**named))).client == client


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ({"phone_number": "+8613800001234", "phone_number_verified": True}, "+8613800001234"),
        ({"phone_number": "+8613800001234"}, None),
        ({"phone_number": "+8613800001234", "phone_number_verified": "true"}, None),
        ({"phone_number": "+8613800001234", "phone_number_verified": False}, None),
        ({"phone_number": "+86 138 0000 1234", "phone_number_verified": True}, None),
        ({"phone_number": 8613800001234, "phone_number_verified": True}, None),
    ],
)
async def test_a_phone_is_hers_when_the_issuer_has_verified_it(
    clock: Clock, said: dict[str, Any], phone: str | None
) -> None:
    assert (await secret_verifier(clock).verify(demo_token(**said))).phone == phone


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
            JwksVerifier("https://issuer.example/keys", ISSUER, AUDIENCE, algorithms, leeway_s=0)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        SecretVerifier(bytes(31), ISSUER, AUDIENCE, leeway_s=0)


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
        ({"sub": "tel:"}, "sub"),
        ({"sub": "tel:12"}, "sub"),
        ({"sub": "tel:+1-201-555-0123"}, "sub"),
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
        ({"client_id": ""}, "client_id"),
        ({"client_id": 5}, "client_id"),
        ({"client_id": "x" * 256}, "client_id"),
        ({"client_id": "a\nb"}, "client_id"),
        ({"azp": ""}, "azp"),
        ({"azp": ["web"]}, "azp"),
        ({"azp": "x" * 256}, "client_id"),
    ],
)
async def test_claims_that_make_no_actor_are_refused(clock: Clock, changes: dict[str, Any], claim: str | None) -> None:
    token = demo_token(**changes)
    if claim is None:
        assert (await secret_verifier(clock).verify(token)).actor == "partner"
    else:
        assert await refusal(secret_verifier(clock), token) == f"claims:{claim}"
