"""What the bearer tests share: keys, a clock, an issuer to fetch from, and ways to make tokens."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import json
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from structlog.testing import capture_logs

from domain.base import Unauthenticated
from transport import bearer
from transport.bearer import Identity, SecretVerifier

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
