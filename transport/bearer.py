"""Bearer tokens: who a caller claims to be, and the proof of it.

Owns JSON Web Tokens: their form, signature, issuer, audience, times and claims; the key set of an issuer; the secret
and the tokens of the demo. Does not own what the named actor may do, nor whether account, staff role or customer exist:
the database confirms those later, the token only chooses which actor of an account speaks.

    Verifier (protocol)      token -> Claims, or Unauthenticated
    ├── Verifiers            the front door: one verifier per issuer, and a memory of tokens verified a moment ago
    ├── SecretVerifier       HS256 with the secret of this data directory (demo)
    └── JwksVerifier         asymmetric signatures, keys from the issuer's JSON Web Key Set (production)

An issuer has one family of algorithms, fixed by its verifier and never taken from the token, so a public key can never
serve as a shared secret. Every refusal looks the same to the caller; the reason is in the log, the token never is.

Source: RFC 7515, 7517, 7518, 7519; RFC 8725 for what to refuse.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import os
import re
import secrets
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import httpx
import orjson
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import JWKRegistry, Key, OctKey, RSAKey
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.util import urlsafe_b64decode

from domain.base import Unauthenticated

TOKEN_BYTES: Final = 8 * 1024
"""Longest token that is looked at."""
HEADER_BYTES: Final = 1024
"""Longest encoded JOSE header."""
SUBJECT_CHARS: Final = 255
"""Longest `sub`. Source: RFC 7519 leaves it open; OpenID Connect Core, section 2, says 255."""
LEEWAY_S: Final = 30.0
"""Seconds by which an issuer's clock and ours may differ, unless the settings say otherwise."""
SECRET_LIFETIME: Final = timedelta(days=30)
"""Longest life of a demo token, from `iat` to `exp`."""
ISSUER_LIFETIME: Final = timedelta(days=1)
"""Longest life of a token from an issuer with a key set: it cannot be revoked here, so it has to end."""
LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last time a datetime can hold."""

CACHE_ENTRIES: Final = 10_000
"""Verified tokens remembered by one process (about 1 kB each)."""
CACHE_S: Final = 60.0
"""Seconds a verified token is believed without a new check: the most by which it can outlive its key."""

KEY_SET_BYTES: Final = 256 * 1024
KEY_SET_KEYS: Final = 100
"""Keys read from one key set; later ones are not looked at."""
KEY_SET_TIMEOUT_S: Final = 5.0
"""Seconds for one fetch in all, from connecting to the last byte."""
KEY_SET_FRESH_S: Final = 300.0
"""Seconds a key set is used before it is fetched again: how long a withdrawn key still works."""
KEY_SET_STALE_S: Final = 24 * 3600.0
"""Seconds the last good key set is used while the issuer does not answer."""
KEY_SET_INTERVAL_S: Final = 10.0
"""Seconds between two fetches, whatever the callers send: unknown key ids cost an attacker's target one fetch."""
RSA_BITS: Final = 2048
"""Shortest RSA key that is trusted. Source: RFC 7518, section 3.3."""
SECRET_BYTES: Final = 32
"""Bytes of an HS256 secret: as long as the hash. Source: RFC 7518, section 3.2."""

ACTORS: Final = frozenset({"consumer", "staff", "partner", "admin"})
STAFF_ROLES: Final = frozenset({"CLERK", "MANAGER", "SALESPERSON", "OPERATOR", "ANALYST"})
TOKEN_TYPES: Final = frozenset({"jwt", "at+jwt"})
"""`typ` values of a token that is meant for access; one made for another purpose (a logout token, say) is refused."""
KEY_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519"), "OKP"),
}
"""The asymmetric algorithms, and the key type each one takes."""

REFUSAL: Final = "The bearer token is not valid."
"""The one answer to every bad token."""

Clock = Callable[[], float]
"""Seconds since the epoch."""

_CANONICAL_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class SecretFileError(Exception):
    """The file of the demo's secret cannot be trusted; the message names it and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who speaks: an account, and which of its actors.

    Attributes:
        subject: the account, in its issuer's words; 1 to 255 printable characters.
        actor: one of ACTORS.
        tenant: the tenant the token is for; None leaves it to the request.
        organization: staff only: the organisation spoken for.
        role: staff only: one of STAFF_ROLES.

    Raises:
        ValueError: the parts do not make one actor. The message names the part, never its value.

    Source: docs/domain.md, Rules that hold everywhere (the viewer's tenant).
    """

    subject: str
    actor: str
    tenant: UUID | None = None
    organization: UUID | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.subject) <= SUBJECT_CHARS or not self.subject.isprintable():
            raise ValueError("sub")
        if self.actor not in ACTORS:
            raise ValueError("actor")
        is_staff = self.actor == "staff"
        if is_staff != (self.organization is not None):
            raise ValueError("org")
        if (self.role not in STAFF_ROLES) if is_staff else (self.role is not None):
            raise ValueError("role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims(Identity):
    """A verified token's identity. `expires_at` is the token's `exp`; within the leeway it may just have passed."""

    expires_at: datetime


class Verifier(Protocol):
    """Proves tokens."""

    async def verify(self, token: str) -> Claims:
        """The claims of a token in compact form.

        Raises:
            Unauthenticated: for whatever reason, always with the same message.
        """
        ...


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization` header; None when there is no header, and so nobody who speaks.

    Raises:
        Unauthenticated: the header is there and is not one bearer token.

    Source: RFC 6750, section 2.1.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise _refuse("not_bearer")
    return token


def _refuse(reason: str, **facts: str) -> Unauthenticated:
    """Logs why and gives the error that does not say it. The logger is looked up late: refusals are rare."""
    structlog.get_logger(__name__).info("token_refused", reason=reason, **facts)
    return Unauthenticated(REFUSAL)


class _Registry(JWSRegistry):
    """Exactly the given algorithms: the library reads an empty list as its own defaults, and warns on every EdDSA."""

    max_header_length = HEADER_BYTES
    max_payload_length = TOKEN_BYTES

    def __init__(self, algorithms: Iterable[str]) -> None:
        # Header parameters that are not understood and not critical are ignored. Source: RFC 7515, section 4.
        super().__init__(algorithms=frozenset(algorithms), strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        if not self.allowed or name not in self.allowed:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one issuer's tokens must satisfy, whatever the kind of key."""

    issuer: str
    audience: str
    registry: _Registry
    lifetime_s: float
    leeway_s: float
    clock: Clock

    def open(self, token: str) -> CompactSignature:
        """The token's parts, header checked, signature not yet."""
        _check_size(token)
        try:
            signed = jws.extract_compact(token.encode(), registry=self.registry)
        except (JoseError, ValueError, RecursionError):
            raise _refuse("malformed") from None
        header: object = signed.protected
        if not isinstance(header, dict):
            raise _refuse("malformed")
        # Nothing critical is understood here, so `crit` alone is enough to refuse. This also keeps the unencoded
        # payload of RFC 7797 away, which the library would otherwise accept.
        if "crit" in header or "b64" in header:
            raise _refuse("critical_header")
        if not isinstance(header["alg"], str) or header["alg"] not in (self.registry.allowed or ()):
            raise _refuse("algorithm")
        if not isinstance(header.get("kid", ""), str):
            raise _refuse("malformed")
        kind = header.get("typ", "JWT")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TOKEN_TYPES:
            raise _refuse("type")
        return signed

    def read(self, signed: CompactSignature, key: Key) -> Claims:
        """The claims, once the signature holds."""
        try:
            proven = jws.validate_compact(signed, key, registry=self.registry)
        except (JoseError, ValueError):
            proven = False  # a key of another type, curve or use
        if not proven:
            raise _refuse("signature")
        try:
            payload = orjson.loads(signed.payload)
        except ValueError:
            raise _refuse("malformed") from None
        if not isinstance(payload, dict):
            raise _refuse("malformed")
        if payload.get("iss") != self.issuer:
            raise _refuse("issuer")
        audiences = payload.get("aud")
        if self.audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise _refuse("audience")
        expires = self._expiry(payload)
        try:
            return _claims(payload, expires)
        except ValueError as error:
            raise _refuse("claims", claim=str(error)) from None

    def _expiry(self, payload: Mapping[str, object]) -> float:
        """`exp`, when now lies in the token's life and that life is not too long."""
        issued, expires = _moment(payload.get("iat")), _moment(payload.get("exp"))
        starts = _moment(payload.get("nbf", issued))
        if issued is None or expires is None or starts is None:
            raise _refuse("times")
        now = self.clock()
        if now >= expires + self.leeway_s:
            raise _refuse("expired")
        if now < max(starts, issued) - self.leeway_s:
            raise _refuse("not_yet_valid")
        if not 0 < expires - issued <= self.lifetime_s:
            raise _refuse("lifetime")
        return expires


def _check_size(token: str) -> None:
    if len(token) > TOKEN_BYTES:
        raise _refuse("too_long")
    if not token.isascii():
        raise _refuse("malformed")


def _moment(value: object) -> float | None:
    """A NumericDate that a datetime can hold, or None. `True` is an int in Python and no time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= LAST_SECOND else None


def _claims(payload: Mapping[str, object], expires: float) -> Claims:
    """Raises ValueError naming the claim that is absent, of another type, or does not fit the actor."""
    return Claims(
        subject=_text(payload, "sub") or "",
        actor=_text(payload, "actor") or "",
        tenant=_uuid(payload, "tenant"),
        organization=_uuid(payload, "org"),
        role=_text(payload, "role"),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def _text(payload: Mapping[str, object], name: str) -> str | None:
    value = payload.get(name, "")
    if not isinstance(value, str) or (name in payload and not value):
        raise ValueError(name)
    return value or None


def _uuid(payload: Mapping[str, object], name: str) -> UUID | None:
    text = _text(payload, name)
    if text is None:
        return None
    # UUID() also takes braces, URNs and bare digits: one value must have one spelling.
    if not _CANONICAL_UUID.fullmatch(text):
        raise ValueError(name)
    return UUID(text)


class SecretVerifier:
    """Tokens signed with a secret of ours, HS256 and nothing else: the demo.

    Args:
        secret: at least SECRET_BYTES bytes.
        issuer: the `iss` to demand.
        audience: must be `aud`, or one of its items.
        clock: seconds since the epoch.
        leeway_s: seconds by which clocks may differ.

    Raises:
        ValueError: the secret is too short.
    """

    def __init__(
        self, secret: bytes, issuer: str, audience: str, *, clock: Clock = time.time, leeway_s: float = LEEWAY_S
    ) -> None:
        self._key = _secret_key(secret)
        lifetime_s = SECRET_LIFETIME.total_seconds()
        self._rules = _Rules(issuer, audience, _Registry(["HS256"]), lifetime_s, leeway_s, clock)

    async def verify(self, token: str) -> Claims:
        """See Verifier."""
        return self._rules.read(self._rules.open(token), self._key)


def _secret_key(secret: bytes) -> OctKey:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"an HS256 secret has at least {SECRET_BYTES} bytes")
    return OctKey.import_key(secret)


class JwksVerifier:
    """Tokens signed with a private key of an issuer that publishes its public keys (JSON Web Key Set).

    Keys are fetched when first needed, again every KEY_SET_FRESH_S, and for an unknown key id; one fetch at a time, at
    most one in KEY_SET_INTERVAL_S. While the issuer fails, the last good set serves up to KEY_SET_STALE_S.

    Args:
        url: the key set's address; redirects are not followed.
        issuer: the `iss` to demand.
        audience: must be `aud`, or one of its items.
        algorithms: names out of KEY_TYPES.
        clock: seconds since the epoch.
        leeway_s: seconds by which clocks may differ.

    Raises:
        ValueError: no algorithm, or one that is not asymmetric.
    """

    def __init__(
        self,
        url: str,
        issuer: str,
        audience: str,
        algorithms: Iterable[str],
        *,
        clock: Clock = time.time,
        leeway_s: float = LEEWAY_S,
    ) -> None:
        names = frozenset(algorithms)
        if not names or not names <= KEY_TYPES.keys():
            raise ValueError(f"algorithms must be some of {', '.join(KEY_TYPES)}")
        self._rules = _Rules(issuer, audience, _Registry(names), ISSUER_LIFETIME.total_seconds(), leeway_s, clock)
        self._url, self._clock = url, clock
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=KEY_SET_TIMEOUT_S)
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = -math.inf
        self._fetch: asyncio.Task[None] | None = None

    async def verify(self, token: str) -> Claims:
        """See Verifier."""
        signed = self._rules.open(token)
        key = await self._key(signed.protected.get("kid"), signed.protected["alg"])
        return self._rules.read(signed, key)

    async def aclose(self) -> None:
        """Ends a running fetch and closes the connections."""
        if self._fetch is not None:
            self._fetch.cancel()
        await self._client.aclose()

    async def _key(self, kid: str | None, algorithm: str) -> Key:
        key = self._pick(kid, algorithm)
        if key is not None and _within(self._clock() - self._fetched_at, KEY_SET_FRESH_S):
            return key
        failing_or_renewing = self._tried_at > self._fetched_at
        fetch = self._start_fetch()
        # Whoever finds the set grown old renews it before using it, so that a withdrawn key stops working; while the
        # issuer fails, or another caller already renews, a caller with a known key does not wait.
        if fetch is not None and (key is None or not failing_or_renewing):
            await asyncio.wait([fetch])  # not awaited itself: a caller that goes away must not cancel it for others
        key = self._pick(kid, algorithm)
        if key is None:
            raise _refuse("unknown_key")
        return key

    def _pick(self, kid: str | None, algorithm: str) -> Key | None:
        """The one key that fits; a token may leave out the id only where that is enough. None: none, or several."""
        if not _within(self._clock() - self._fetched_at, KEY_SET_STALE_S):
            return None
        fits = [
            key
            for key in self._keys
            if (kid is None or key.kid == kid) and key.key_type == KEY_TYPES[algorithm] and key.alg in (None, algorithm)
        ]
        return fits[0] if len(fits) == 1 else None

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """The running fetch, a new one, or None when the last was too short a time ago."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        now = self._clock()
        if _within(now - self._tried_at, KEY_SET_INTERVAL_S):
            return None
        self._tried_at = now
        self._fetch = asyncio.get_running_loop().create_task(self._replace_keys(now))
        return self._fetch

    async def _replace_keys(self, now: float) -> None:
        try:
            async with asyncio.timeout(KEY_SET_TIMEOUT_S):
                body = await self._download()
            document = orjson.loads(body)
            keys = document.get("keys") if isinstance(document, dict) else None
            usable = [key for key in map(_usable_key, (keys or [])[:KEY_SET_KEYS]) if key is not None]
            if not usable:
                raise ValueError("no usable key")
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError) as error:
            log = structlog.get_logger(__name__)
            log.warning("key_set_failed", url=self._url, error=type(error).__name__, kept=len(self._keys))
            return
        self._keys, self._fetched_at = tuple(usable), now

    async def _download(self) -> bytes:
        # Unencoded, so that the limit counts what is held in memory and no bomb is unpacked.
        headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}
        body = bytearray()
        async with self._client.stream("GET", self._url, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError("status")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > KEY_SET_BYTES:
                    raise ValueError("size")
        return bytes(body)


def _within(elapsed: float, limit: float) -> bool:
    """Negative after the clock was set back: then nothing counts as recent, and the worst is one check too many."""
    return 0 <= elapsed < limit


def _usable_key(data: object) -> Key | None:
    """A public key for signatures, or None. One odd key must not cost the set. Source: RFC 7517, section 5."""
    if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC", "OKP") or "d" in data:
        return None
    try:
        key = JWKRegistry.import_key(data)
        key.check_use("sig")
        key.check_key_op("verify")
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < RSA_BITS else key


@dataclass(frozen=True, slots=True)
class _Known:
    claims: Claims
    since: float
    until: float


class Verifiers:
    """The front door: picks the verifier by the token's issuer and remembers what was verified a moment ago.

    A remembered token costs a hash and a look-up, 1 µs, where base64, JSON and HS256 cost 22: at 10,000 requests a
    second a hundredth of a core instead of a fifth. It is forgotten after CACHE_S, at its `exp` (no leeway), or as the
    least recently used of CACHE_ENTRIES. Refused tokens are not remembered: anyone can make those, and they must not
    push out good ones.

    Args:
        verifiers: by the exact `iss` they demand themselves.
        clock: seconds since the epoch.
    """

    def __init__(self, verifiers: Mapping[str, Verifier], *, clock: Clock = time.time) -> None:
        self._verifiers = dict(verifiers)
        self._clock = clock
        # By hash, so that no usable token lies in memory for the length of its life.
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """See Verifier."""
        _check_size(token)
        digest = sha256(token.encode()).digest()
        now = self._clock()
        known = self._known.get(digest)
        if known is not None and known.since <= now < known.until:
            self._known.move_to_end(digest)
            return known.claims
        verifier = self._verifiers.get(_unproven_issuer(token))
        if verifier is None:
            raise _refuse("issuer")
        claims = await verifier.verify(token)
        self._known[digest] = _Known(claims, now, min(claims.expires_at.timestamp(), now + CACHE_S))
        self._known.move_to_end(digest)
        if len(self._known) > CACHE_ENTRIES:
            self._known.popitem(last=False)
        return claims


def _unproven_issuer(token: str) -> str:
    """What the token says of its issuer, good only for choosing who checks it."""
    try:
        payload = orjson.loads(urlsafe_b64decode(token.split(".")[1].encode()))
    except (ValueError, IndexError):
        raise _refuse("malformed") from None
    issuer = payload.get("iss") if isinstance(payload, dict) else None
    return issuer if isinstance(issuer, str) else ""


def mint(secret: bytes, identity: Identity, *, issuer: str, audience: str, lifetime: timedelta, now: float) -> str:
    """A demo token, in the form that SecretVerifier accepts.

    Args:
        secret: as given to SecretVerifier.
        identity: who shall speak.
        issuer: becomes `iss`.
        audience: becomes `aud`.
        lifetime: from now to `exp`; whole seconds, at most SECRET_LIFETIME.
        now: seconds since the epoch.

    Raises:
        ValueError: the lifetime is not positive or too long, or the secret is too short.
    """
    if not timedelta(seconds=1) <= lifetime <= SECRET_LIFETIME:
        raise ValueError(f"a token lives at most {SECRET_LIFETIME.days} days, and at least one second")
    issued = int(now)
    claims: dict[str, object] = {"iss": issuer, "aud": audience, "sub": identity.subject, "actor": identity.actor}
    optional = {"tenant": identity.tenant, "org": identity.organization, "role": identity.role}
    claims |= {name: str(value) for name, value in optional.items() if value is not None}
    claims |= {"iat": issued, "exp": issued + int(lifetime.total_seconds())}
    return jwt.encode({"alg": "HS256"}, claims, _secret_key(secret), registry=_Registry(["HS256"]))


def demo_secret(path: Path) -> bytes:
    """The secret of one data directory: read, or made when absent, the same for all processes that race to make it.

    Args:
        path: the file; its directory is made when absent. 32 random bytes, readable by its owner only.

    Raises:
        SecretFileError: the file is not a plain file of 32 bytes, or others may read it.
        OSError: the directory cannot be written.
    """
    if not os.path.lexists(path):
        _create_secret(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SecretFileError(f"{path} is a symbolic link: remove it, and a new file is made") from None
        raise
    try:
        facts = os.fstat(handle)
        secret = os.read(handle, SECRET_BYTES + 1) if stat.S_ISREG(facts.st_mode) else b""
    finally:
        os.close(handle)
    if len(secret) != SECRET_BYTES:
        raise SecretFileError(f"{path} is not a file of {SECRET_BYTES} bytes: remove it, and a new one is made")
    if facts.st_mode & 0o077:
        raise SecretFileError(f"{path} may be read by others: remove it, and a new one is made")
    return secret


def _create_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all and, unlike a rename, never replaces the secret of whoever was first.
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
