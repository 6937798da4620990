"""How the local provider signs what it tells: HMAC-SHA256 over the instant of sending, a full stop and the body."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

TIMESTAMP: Final = "localpay-timestamp"
"""The header that says when it was sent, in whole seconds since 1970."""
SIGNATURE: Final = "localpay-signature"
"""The header with the signature, `v1=` and 64 hexadecimal digits."""


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """The value of SIGNATURE for a body sent at `timestamp`."""
    return "v1=" + hmac.new(secret, b"%d.%b" % (timestamp, body), hashlib.sha256).hexdigest()
