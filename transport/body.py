"""The body of a request, read within limits of size and time."""

from __future__ import annotations

from starlette.types import Receive

from transport.deadline import Deadline
from transport.parameters import MalformedError


async def read_body(receive: Receive, limit: int, seconds: float) -> bytes:
    """The whole body of a request.

    Args:
        receive: of the request's ASGI scope.
        limit: bytes it may have.
        seconds: wall time in which it has to arrive.

    Raises: `MalformedError` if it has more, does not arrive in time, or the client leaves before it has; the last
    nobody hears, but log and metrics tell it.
    """
    chunks: list[bytes] = []
    size, more = 0, True
    try:
        with Deadline(seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise MalformedError("The client left before the request was complete.")
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > limit:
                    raise too_large(limit, 413)
                more = message.get("more_body", False)
    except TimeoutError:
        raise MalformedError(
            "The body did not arrive in time.", status=408, code="TIMEOUT", headers={b"connection": b"close"}
        ) from None
    return b"".join(chunks)


def too_large(limit: int, status: int) -> MalformedError:
    """The refusal of a request of more than `limit` bytes. What is left of it is not read: the connection ends."""
    message = f"The request is larger than {limit} bytes."
    return MalformedError(message, status=status, code="PAYLOAD_TOO_LARGE", headers={b"connection": b"close"})
