"""The gateway of a larger graph: who may ask at /subgraph.

Owns its credential, a header beside the viewer's own token, which the gateway passes on. Whom it asks for the door
finds out, as ever: without a token it asks as nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from typing import Final

from transport.headers import GATEWAY, Headers
from transport.parameters import MalformedError

SUBGRAPH: Final = "/subgraph"
"""Where a gateway asks."""


class Gateways:
    """The gateways that may ask: those that show one of the `secrets`, of which a new one may stand beside an old."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secret.encode() for secret in secrets)

    def admit(self, headers: Headers) -> None:
        """Let a request with these headers in. Raises: MalformedError coded UNAUTHENTICATED."""
        given = headers.get(GATEWAY, "").encode()
        if not any(compare_digest(given, secret) for secret in self._secrets):
            raise MalformedError(
                "Not authenticated.",
                status=401,
                code="UNAUTHENTICATED",
                headers={b"www-authenticate": b"Millrace-Gateway"},
            )
