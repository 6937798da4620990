"""What a merchant asks of the local provider, read from JSON: every value of its form and within its limits."""

from __future__ import annotations

import re
from typing import Any, Final

from integrations.localpay.records import ChargeAsked, RefundAsked

AMOUNT_MAX: Final = 2**53 - 1
TEXT_MAX: Final = 200
"""Characters of a subject, a reason, an attached text."""
INSTANT_MAX: Final = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class BadAsked(Exception):
    """It cannot be meant; the message says what is wrong."""


def charge_asked(value: Any) -> ChargeAsked:
    """A charge. Raises: BadAsked."""
    facts = _object(value)
    return ChargeAsked(
        id=_matching(facts, "id", _ID),
        amount=_whole(facts, "amount", AMOUNT_MAX),
        currency=_matching(facts, "currency", _CURRENCY),
        subject=_text(facts, "subject"),
        attach=_text(facts, "attach"),
        expires_at=_whole(facts, "expires_at", INSTANT_MAX),
    )


def refund_asked(value: Any) -> RefundAsked:
    """A refund. Raises: BadAsked."""
    facts = _object(value)
    return RefundAsked(
        id=_matching(facts, "id", _ID),
        charge=_matching(facts, "charge", _ID),
        amount=_whole(facts, "amount", AMOUNT_MAX),
        currency=_matching(facts, "currency", _CURRENCY),
        reason=_text(facts, "reason"),
    )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadAsked("the body is not a JSON object")
    return value


def _matching(facts: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadAsked(f"{name} is not of the form {form.pattern}")
    return value


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise BadAsked(f"{name} is no text of at most {TEXT_MAX} characters")
    return value


def _whole(facts: dict[str, Any], name: str, most: int) -> int:
    value = facts.get(name)
    if type(value) is not int or not 0 < value <= most:
        raise BadAsked(f"{name} is no whole number from 1 to {most}")
    return value
