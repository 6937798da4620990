"""The demo: tokens signed with a secret of the data directory, and the file of that secret."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import OctKey

from transport.bearer.claims import Claims, Identity
from transport.bearer.rules import Clock, Registry, Rules

SECRET_LIFETIME: Final = timedelta(days=30)
"""Longest life of a demo token, from `iat` to `exp`."""

SECRET_BYTES: Final = 32
"""Bytes of an HS256 secret: as long as the hash. Source: RFC 7518, section 3.2."""


class SecretFileError(Exception):
    """The file of the demo's secret cannot be trusted; the message names it and what to do."""


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

    def __init__(self, secret: bytes, issuer: str, audience: str, *, clock: Clock = time.time, leeway_s: float) -> None:
        self._key = _secret_key(secret)
        lifetime_s = SECRET_LIFETIME.total_seconds()
        self._rules = Rules(issuer, audience, Registry(["HS256"]), lifetime_s, leeway_s, clock)

    async def verify(self, token: str) -> Claims:
        """See Verifier."""
        return self._rules.read(self._rules.open(token), self._key)


def _secret_key(secret: bytes) -> OctKey:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"an HS256 secret has at least {SECRET_BYTES} bytes")
    return OctKey.import_key(secret)


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
    optional = {
        "tenant": identity.tenant,
        "org": identity.organization,
        "role": identity.role,
        "client_id": identity.client,
    }
    claims |= {name: str(value) for name, value in optional.items() if value is not None}
    if identity.phone is not None:
        claims |= {"phone_number": identity.phone, "phone_number_verified": True}
    claims |= {"iat": issued, "exp": issued + int(lifetime.total_seconds())}
    return jwt.encode({"alg": "HS256"}, claims, _secret_key(secret), registry=Registry(["HS256"]))


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
