"""Whom a token speaks for, the header that carries it, and how a refusal looks. Proof is not decided here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

import structlog

from domain.access import is_name
from domain.base import Unauthenticated
from domain.channel import PHONE_ADDRESS, Role
from domain.member import PHONE

ACTORS: Final = frozenset({"consumer", "staff", "partner", "admin"})

STAFF_ROLES: Final[frozenset[str]] = frozenset(Role)

REFUSAL: Final = "The bearer token is not valid."
"""The one answer to every bad token."""

_CANONICAL_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who speaks: an account, and which of its actors.

    Attributes:
        subject: the account, in its issuer's words; 1 to 255 printable characters. One that begins with `tel:` is a
            phone, written as phones are kept.
        actor: one of ACTORS.
        tenant: the tenant the token is for; None leaves it to the request.
        organization: staff only: the organisation spoken for.
        role: staff only: one of STAFF_ROLES.
        client: the application the token was given to, if its issuer says; 1 to 255 printable characters.
        phone: the account's, as phones are kept, where the issuer has verified that it is hers.

    Raises:
        ValueError: the parts do not make one actor. The message names the part, never its value.

    Source: docs/domain.md, Rules that hold everywhere (the viewer's tenant); OpenID Connect Core, section 5.1, for
    `phone_number` and `phone_number_verified`.
    """

    subject: str
    actor: str
    tenant: UUID | None = None
    organization: UUID | None = None
    role: str | None = None
    client: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        if not is_name(self.subject):
            raise ValueError("sub")
        number = self.subject.removeprefix(PHONE_ADDRESS)
        if number != self.subject and not re.fullmatch(PHONE, number):
            raise ValueError("sub")  # it would be another person than the one whose phone it looks like
        if self.client is not None and not is_name(self.client):
            raise ValueError("client_id")
        if self.phone is not None and not re.fullmatch(PHONE, self.phone):
            raise ValueError("phone_number")
        if self.actor not in ACTORS:
            raise ValueError("actor")
        is_staff = self.actor == "staff"
        if is_staff != (self.organization is not None):
            raise ValueError("org")
        if (self.role not in STAFF_ROLES) if is_staff else (self.role is not None):
            raise ValueError("role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims(Identity):
    """A verified token's identity. `expires_at` is the token's `exp`; within the leeway it may just have passed."""

    expires_at: datetime


class Verifier(Protocol):
    """Proves tokens."""

    async def verify(self, token: str) -> Claims:
        """The claims of a token in compact form.

        Raises:
            Unauthenticated: for whatever reason, always with the same message.
        """
        ...


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization` header; None when there is no header, and so nobody who speaks.

    Raises:
        Unauthenticated: the header is there and is not one bearer token.

    Source: RFC 6750, section 2.1.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise refuse("not_bearer")
    return token


def refuse(reason: str, **facts: str) -> Unauthenticated:
    """Logs why and gives the error that does not say it. The logger is looked up late: refusals are rare."""
    structlog.get_logger(__name__).info("token_refused", reason=reason, **facts)
    return Unauthenticated(REFUSAL)


def claims_of(payload: Mapping[str, object], expires: float) -> Claims:
    """Raises ValueError naming the claim that is absent, of another type, or does not fit the actor."""
    return Claims(
        subject=_text(payload, "sub") or "",
        actor=_text(payload, "actor") or "",
        tenant=_uuid(payload, "tenant"),
        organization=_uuid(payload, "org"),
        role=_text(payload, "role"),
        client=_text(payload, "client_id") or _text(payload, "azp"),
        expires_at=datetime.fromtimestamp(expires, UTC),
        phone=_phone(payload),
    )


def _phone(payload: Mapping[str, object]) -> str | None:
    """What is not verified, or not written as phones are kept, proves nothing: it is left out, and no fault."""
    number = payload.get("phone_number")
    if payload.get("phone_number_verified") is not True or not isinstance(number, str):
        return None
    return number if re.fullmatch(PHONE, number) else None


def _text(payload: Mapping[str, object], name: str) -> str | None:
    value = payload.get(name, "")
    if not isinstance(value, str) or (name in payload and not value):
        raise ValueError(name)
    return value or None


def _uuid(payload: Mapping[str, object], name: str) -> UUID | None:
    text = _text(payload, name)
    if text is None:
        return None
    # UUID() also takes braces, URNs and bare digits: one value must have one spelling.
    if not _CANONICAL_UUID.fullmatch(text):
        raise ValueError(name)
    return UUID(text)
