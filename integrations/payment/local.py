"""The adapter of the local provider (`integrations.localpay`): our charges in its words, its notices in ours.

The tenant goes along as the text that comes back with every notice; ids go as 32 hexadecimal digits, which is what
other providers take as a merchant's number, too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import orjson
import structlog

from domain.base import Unavailable
from domain.ordering.payment import (
    Charge,
    Charged,
    ChargeSought,
    NotGenuine,
    Notice,
    NoticeKind,
    RefundAsked,
    charge_found,
    charge_unknown,
    refund_answered,
)
from integrations.payment.calling import NO_ANSWER, Calls, NotKnown
from integrations.payment.signature import Signatures

log = structlog.get_logger("payment")

TIMESTAMP: Final = "localpay-timestamp"
SIGNATURE: Final = "localpay-signature"
TEXT_MAX: Final = 200
"""Characters that it takes of a subject or a reason."""
AMOUNT_MAX: Final = 2**53 - 1
INSTANT_MAX: Final = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds."""
_OUR_ID: Final = re.compile(r"[0-9a-f]{32}")
_ITS_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_PAGE: Final = re.compile(r"https?://[!-~]{1,500}")


class LocalProvider:
    """The local provider at `url`, as a `domain.ordering.payment.Provider`."""

    name: Final = "local"

    def __init__(
        self,
        url: str,
        key: str,
        notice_secrets: Sequence[bytes],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`key`: by which it knows us. `notice_secrets`: that its notices are signed with, the new and the old one."""
        self._calls = Calls(url, {"authorization": f"Bearer {key}"}, transport)
        self._signatures = Signatures(notice_secrets, clock)
        self._clock = clock

    async def create(self, charge: Charge) -> Charged:
        """See Provider."""
        answer = await self._calls.post(
            "/charges",
            {
                "id": charge.payment.hex,
                "amount": charge.amount_fen,
                "currency": charge.currency,
                "subject": charge.subject[:TEXT_MAX],
                "attach": charge.tenant.hex,
                "expires_at": int(charge.expires_at.timestamp() * 1000),
            },
        )
        try:
            return Charged(_matching(answer, "reference", _ITS_ID), _matching(answer, "pay_url", _PAGE))
        except NotGenuine as error:
            log.error("payment.bad_answer", payment=str(charge.payment), reason=str(error))
            raise Unavailable(NO_ANSWER) from None

    async def refund(self, asked: RefundAsked) -> Notice | None:
        """See Provider."""
        answer = await self._calls.post(
            "/refunds",
            {
                "id": asked.refund.hex,
                "charge": asked.payment.hex,
                "amount": asked.amount_fen,
                "currency": asked.currency,
                "reason": asked.reason[:TEXT_MAX],
            },
        )
        try:
            state = _one_of(answer, "state", ("DONE", "FAILED"))
            return refund_answered(asked, done=state == "DONE", at=_instant(answer, "since"))
        except NotGenuine as error:
            # It has been asked, and will be again: that it was not understood is no reason to think that it failed.
            log.error("payment.bad_answer", refund=str(asked.refund), reason=str(error))
            return None

    async def find(self, sought: ChargeSought) -> Notice | None:
        """See Provider."""
        try:
            answer = await self._calls.get(f"/charges/{sought.payment.hex}")
        except NotKnown:
            if sought.reference is not None:
                log.error("payment.not_known_any_more", payment=str(sought.payment))
                raise Unavailable(NO_ANSWER) from None
            return charge_unknown(sought, datetime.fromtimestamp(self._clock(), UTC))
        try:
            return _found(sought, answer)
        except NotGenuine as error:
            log.error("payment.bad_answer", payment=str(sought.payment), reason=str(error))
            raise Unavailable(NO_ANSWER) from None

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """See Provider."""
        self._signatures.check(headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""), body)
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise NotGenuine("not JSON") from None
        if not isinstance(told, dict) or not isinstance(told.get("kind"), str):
            raise NotGenuine("no notice")
        if told["kind"] not in NoticeKind.__members__:
            return None
        return _notice(told)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()


def _found(sought: ChargeSought, answer: Mapping[str, Any]) -> Notice | None:
    """What is said of a charge that was asked for. Raises: NotGenuine where it is not of its form, or not that one."""
    own = (_matching(answer, "id", _OUR_ID), _matching(answer, "attach", _OUR_ID))
    if own != (sought.payment.hex, sought.tenant.hex):
        raise NotGenuine("it is another charge")
    state = _one_of(answer, "state", ("CREATED", "PAID", "CLOSED"))
    if state == "CREATED":
        return None
    kind, amount = NoticeKind(state), _whole(answer, "paid" if state == "PAID" else "amount", AMOUNT_MAX)
    currency, at = _matching(answer, "currency", _CURRENCY), _instant(answer, "since")
    return charge_found(sought._replace(reference=_matching(answer, "reference", _ITS_ID)), kind, amount, currency, at)


def _notice(told: Mapping[str, Any]) -> Notice:
    """A notice of a kind we know. Raises: NotGenuine where it is not of its form."""
    kind = NoticeKind(told["kind"])
    of_refund = kind in (NoticeKind.REFUNDED, NoticeKind.REFUND_FAILED)
    return Notice(
        id=_matching(told, "id", _ITS_ID),
        kind=kind,
        tenant=UUID(_matching(told, "attach", _OUR_ID)),
        payment=UUID(_matching(told, "charge", _OUR_ID)),
        refund=UUID(_matching(told, "refund", _OUR_ID)) if of_refund else None,
        reference=_matching(told, "reference", _ITS_ID),
        amount_fen=_whole(told, "amount", AMOUNT_MAX),
        currency=_matching(told, "currency", _CURRENCY),
        at=_instant(told, "at"),
    )


def _one_of(told: Mapping[str, Any], name: str, words: Sequence[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or value not in words:
        raise NotGenuine(f"its {name} is none of {', '.join(words)}")
    return value


def _instant(told: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromtimestamp(_whole(told, name, INSTANT_MAX) / 1000, UTC)


def _matching(told: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise NotGenuine(f"its {name} is not of its form")
    return value


def _whole(told: Mapping[str, Any], name: str, most: int) -> int:
    value = told.get(name)
    if type(value) is not int or not 0 < value <= most:
        raise NotGenuine(f"its {name} is no whole number from 1 to {most}")
    return value
