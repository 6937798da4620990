"""The forms that the values of settings have: each takes what the environment says and gives it back, or says what is
wrong with it.

Owns no names and no defaults (`settings`). Raises ValueError with a text for the operator.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

ASYMMETRIC_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signature algorithms an issuer with a key set may use. None shares a secret, so a public key is never one."""
NAME_MAX: Final = 255
"""Characters of a host, issuer or audience, or of a secret."""
SECRET_MIN: Final = 32
"""Characters of a secret, at least."""
_HEADER_VALUE: Final = re.compile(r"[!-~]+")


def split_list(value: object) -> object:
    """`a, b` as an environment writes a list."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def lowered(value: object) -> object:
    """Small letters."""
    return value.lower() if isinstance(value, str) else value


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks the number
    except ValueError:
        raise ValueError("must be a URL") from None
    return parts


def database_url(url: str) -> str:
    """A PostgreSQL address with a database."""
    parts = _split_url(url)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise ValueError("must look like postgresql://user:password@host:5432/database, without a driver in the scheme")
    return url.replace("postgres://", "postgresql://", 1) if parts.scheme == "postgres" else url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def safe_url(url: str) -> str:
    """An https address, or one of this machine."""
    parts = _split_url(url)
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not host or not safe:
        raise ValueError("must be an https URL (plain http is accepted from this machine only)")
    if parts.username is not None or parts.fragment:
        raise ValueError("must hold neither a user name nor a fragment")
    return url


def origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Web origins, or `*` alone."""
    if origins == ("*",):
        return origins
    for origin in origins:
        parts = _split_url(origin)
        if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
            raise ValueError("must be * alone, or origins like https://shop.example, without a path")
    return origins


def signature_algorithms(names: tuple[str, ...]) -> tuple[str, ...]:
    """Algorithms that share no secret."""
    unknown = [name for name in names if name not in ASYMMETRIC_ALGORITHMS]
    if unknown or not names:
        raise ValueError(f"must name one or more of {', '.join(sorted(ASYMMETRIC_ALGORITHMS))}")
    return names


def secrets(given: tuple[str, ...]) -> tuple[str, ...]:
    """Texts that nobody guesses and that a header can hold."""
    usable = [len(one) in range(SECRET_MIN, NAME_MAX + 1) and _HEADER_VALUE.fullmatch(one) for one in given]
    if not usable or not all(usable):
        raise ValueError(
            f"must be one or more secrets of {SECRET_MIN} to {NAME_MAX} printable ASCII characters, without "
            "spaces and commas"
        )
    return given


def directory(path: Path) -> Path:
    """A directory, there or not yet."""
    try:
        path = path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("names a home directory that does not exist") from None
    if path.exists() and not path.is_dir():
        raise ValueError("must be a directory, and is a file")
    return path


def secret(given: str) -> str:
    """One such text."""
    if len(given) not in range(SECRET_MIN, NAME_MAX + 1) or not _HEADER_VALUE.fullmatch(given):
        raise ValueError(f"must be {SECRET_MIN} to {NAME_MAX} printable ASCII characters, without spaces")
    return given


def origin(url: str) -> str:
    """The address of a server: scheme, host, port, nothing behind them."""
    parts = _split_url(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or url != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be an address like https://shop.example, without a path")
    if "@" in parts.netloc:
        raise ValueError("must hold no user name")
    return url
