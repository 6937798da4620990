"""What one issuer's tokens must satisfy, whatever the kind of key: size, header, algorithm, signature, times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry

from transport.bearer.claims import Claims, claims_of, refuse

TOKEN_BYTES: Final = 8 * 1024
"""Longest token that is looked at."""

HEADER_BYTES: Final = 1024
"""Longest encoded JOSE header."""

LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last time a datetime can hold."""

TOKEN_TYPES: Final = frozenset({"jwt", "at+jwt"})
"""`typ` values of a token that is meant for access; one made for another purpose (a logout token, say) is refused."""

Clock = Callable[[], float]
"""Seconds since the epoch."""


class Registry(JWSRegistry):
    """Exactly the given algorithms: the library reads an empty list as its own defaults, and warns on every EdDSA."""

    max_header_length = HEADER_BYTES
    max_payload_length = TOKEN_BYTES

    def __init__(self, algorithms: Iterable[str]) -> None:
        # Header parameters that are not understood and not critical are ignored. Source: RFC 7515, section 4.
        super().__init__(algorithms=frozenset(algorithms), strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        """The algorithm, when it is one of the given."""
        if not self.allowed or name not in self.allowed:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one issuer's tokens must satisfy, whatever the kind of key."""

    issuer: str
    audience: str
    registry: Registry
    lifetime_s: float
    leeway_s: float
    clock: Clock

    def open(self, token: str) -> CompactSignature:
        """The token's parts, header checked, signature not yet."""
        check_size(token)
        try:
            signed = jws.extract_compact(token.encode(), registry=self.registry)
        except (JoseError, ValueError, RecursionError):
            raise refuse("malformed") from None
        header: object = signed.protected
        if not isinstance(header, dict):
            raise refuse("malformed")
        # Nothing critical is understood here, so `crit` alone is enough to refuse. This also keeps the unencoded
        # payload of RFC 7797 away, which the library would otherwise accept.
        if "crit" in header or "b64" in header:
            raise refuse("critical_header")
        if not isinstance(header["alg"], str) or header["alg"] not in (self.registry.allowed or ()):
            raise refuse("algorithm")
        if not isinstance(header.get("kid", ""), str):
            raise refuse("malformed")
        kind = header.get("typ", "JWT")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TOKEN_TYPES:
            raise refuse("type")
        return signed

    def read(self, signed: CompactSignature, key: Key) -> Claims:
        """The claims, once the signature holds."""
        try:
            proven = jws.validate_compact(signed, key, registry=self.registry)
        except (JoseError, ValueError):
            proven = False  # a key of another type, curve or use
        if not proven:
            raise refuse("signature")
        try:
            payload = orjson.loads(signed.payload)
        except ValueError:
            raise refuse("malformed") from None
        if not isinstance(payload, dict):
            raise refuse("malformed")
        if payload.get("iss") != self.issuer:
            raise refuse("issuer")
        audiences = payload.get("aud")
        if self.audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise refuse("audience")
        expires = self._expiry(payload)
        try:
            return claims_of(payload, expires)
        except ValueError as error:
            raise refuse("claims", claim=str(error)) from None

    def _expiry(self, payload: Mapping[str, object]) -> float:
        """`exp`, when now lies in the token's life and that life is not too long."""
        issued, expires = _moment(payload.get("iat")), _moment(payload.get("exp"))
        starts = _moment(payload.get("nbf", issued))
        if issued is None or expires is None or starts is None:
            raise refuse("times")
        now = self.clock()
        if now >= expires + self.leeway_s:
            raise refuse("expired")
        if now < max(starts, issued) - self.leeway_s:
            raise refuse("not_yet_valid")
        if not 0 < expires - issued <= self.lifetime_s:
            raise refuse("lifetime")
        return expires


def check_size(token: str) -> None:
    """Refuses a token that is too long to look at, or not ASCII."""
    if len(token) > TOKEN_BYTES:
        raise refuse("too_long")
    if not token.isascii():
        raise refuse("malformed")


def _moment(value: object) -> float | None:
    """A NumericDate that a datetime can hold, or None. `True` is an int in Python and no time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= LAST_SECOND else None
