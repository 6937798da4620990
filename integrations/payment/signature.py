"""What is signed with a shared secret: HMAC-SHA256 over the instant of sending, a full stop and the body.

Owns the belief: the secrets of which a new one may stand beside an old, the age a message may have, its size. The age
bounds how long a recorded message can be played again; within it, what it says being known already is what helps.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Sequence
from typing import Final

from domain.ordering.payment import NotGenuine

MAX_AGE_S: Final = 300
"""Seconds between the instant of sending and ours, either way."""
BODY_BYTES: Final = 65_536
SIGNATURES_MAX: Final = 5
"""Signatures on one message that are looked at: a provider that changes its secret signs with both."""
SECRETS_MAX: Final = 2
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v1=([0-9a-f]{64})")


class Signatures:
    """Believes messages signed with one of the secrets, at most SECRETS_MAX. `clock`: seconds since 1970."""

    def __init__(self, secrets: Sequence[bytes], clock: Callable[[], float] = time.time) -> None:
        if not 0 < len(secrets) <= SECRETS_MAX or not all(secrets):
            raise ValueError(f"one secret, or {SECRETS_MAX} while one follows the other")
        self._secrets, self._clock = tuple(secrets), clock

    def check(self, timestamp: str, signatures: str, body: bytes) -> None:
        """Believe a message, or raise NotGenuine.

        Args:
            timestamp: whole seconds since 1970, in decimal digits.
            signatures: `v1=` and 64 hexadecimal digits, or several of them with commas between.
            body: as it came.
        """
        if len(body) > BODY_BYTES:
            raise NotGenuine(f"more than {BODY_BYTES} bytes")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise NotGenuine("no instant of sending")
        if abs(self._clock() - int(timestamp)) > MAX_AGE_S:
            raise NotGenuine("sent too long ago, or by a clock that is wrong")
        given = [one.strip() for one in signatures.split(",", SIGNATURES_MAX)[:SIGNATURES_MAX]]
        found = [match[1] for one in given if (match := _SIGNATURE.fullmatch(one))]
        signed = timestamp.encode() + b"." + body
        wanted = [hmac.new(secret, signed, hashlib.sha256).hexdigest() for secret in self._secrets]
        if not any(hmac.compare_digest(one, other) for one in found for other in wanted):
            raise NotGenuine("no signature of ours")
