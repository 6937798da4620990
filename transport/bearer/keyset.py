"""Production: asymmetric signatures, with the keys an issuer publishes. Owns fetching and keeping that key set."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import httpx
import orjson
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, RSAKey

from transport.bearer.claims import Claims, refuse
from transport.bearer.rules import Clock, Registry, Rules

ISSUER_LIFETIME: Final = timedelta(days=1)
"""Longest life of a token from an issuer with a key set: it cannot be revoked here, so it has to end."""

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

KEY_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519"), "OKP"),
}
"""The asymmetric algorithms, and the key type each one takes."""


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
        leeway_s: float,
    ) -> None:
        names = frozenset(algorithms)
        if not names or not names <= KEY_TYPES.keys():
            raise ValueError(f"algorithms must be some of {', '.join(KEY_TYPES)}")
        self._rules = Rules(issuer, audience, Registry(names), ISSUER_LIFETIME.total_seconds(), leeway_s, clock)
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
            raise refuse("unknown_key")
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
