"""The request headers that are read, each at most once.

Owns the one rule that an identity may not be ambiguous, for HTTP requests and websocket handshakes alike.
"""

from __future__ import annotations

from starlette.types import Scope

from transport.door import RequestFacts
from transport.parameters import MalformedError

Headers = dict[bytes, str]
"""Lower-case names to values."""

GATEWAY = b"millrace-gateway"
"""The credential of a gateway."""

_READ = frozenset(
    {
        b"accept",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        GATEWAY,
        b"millrace-tenant",
    }
)


def read_headers(scope: Scope) -> Headers:
    """The headers of an ASGI scope that the transport reads; several Accept lines are one list.

    Raises: `MalformedError` if any other is repeated: two tokens, two hosts, and a proxy before us may have taken the
    one that we would not.
    """
    found: Headers = {}
    for name, value in scope["headers"]:
        if name in _READ:
            text = value.decode("latin-1")
            if name not in found:
                found[name] = text
            elif name == b"accept":
                found[name] += "," + text
            else:
                raise MalformedError(f"The header {name.decode()} is repeated.")
    return found


def facts_of(headers: Headers, request_id: str) -> RequestFacts:
    """What these headers say about who asks."""
    return RequestFacts(
        headers.get(b"authorization"), headers.get(b"host"), headers.get(b"millrace-tenant"), request_id
    )
