"""What is believed of a payment provider: only what it signed, lately, with a secret of ours; nothing else raises."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.ordering.payment import NotGenuine, Notice, NoticeKind
from integrations.localpay import SIGNATURE, TIMESTAMP, signature
from integrations.payment import LocalProvider, Signatures, local
from integrations.payment.signature import BODY_BYTES, MAX_AGE_S

NOW = 1_800_000_000
NEW, OLD, OTHER = b"n" * 32, b"o" * 32, b"x" * 32
TOLD: dict[str, Any] = {
    "id": "no_1",
    "kind": "PAID",
    "charge": "0" * 31 + "1",
    "refund": None,
    "reference": "ch_1",
    "amount": 1938,
    "currency": "USD",
    "attach": "0" * 31 + "7",
    "at": 1_799_999_999_123,
}
BODY = orjson.dumps(TOLD)


@cache  # a client of its own for each would read the certificates of all the world each time
def provider(*secrets: bytes, now: float = NOW) -> LocalProvider:
    return LocalProvider("http://127.0.0.1:9", "k" * 32, secrets or (NEW,), clock=lambda: now)


def signed(body: bytes, secret: bytes = NEW, at: int = NOW) -> dict[str, str]:
    return {TIMESTAMP: str(at), SIGNATURE: signature(secret, at, body)}


def told(**changes: Any) -> Notice | None:
    body = orjson.dumps({**TOLD, **changes})
    return provider().verify(signed(body), body)


def test_what_the_provider_signed_is_read() -> None:
    assert (local.TIMESTAMP, local.SIGNATURE) == (TIMESTAMP, SIGNATURE)
    assert provider().verify(signed(BODY), BODY) == Notice(
        id="no_1",
        kind=NoticeKind.PAID,
        tenant=UUID(int=7),
        payment=UUID(int=1),
        refund=None,
        reference="ch_1",
        amount_fen=1938,
        currency="USD",
        at=datetime(2027, 1, 15, 7, 59, 59, 123000, UTC),
    )


def test_the_signature_is_the_documented_one() -> None:
    by_hand = hmac.new(NEW, b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert signature(NEW, NOW, BODY) == f"v1={by_hand}"


def test_a_refunds_notice_names_the_refund() -> None:
    for kind in ("REFUNDED", "REFUND_FAILED"):
        notice = told(kind=kind, refund="f" * 32)
        assert notice is not None
        assert (notice.kind, notice.refund) == (NoticeKind(kind), UUID(int=2**128 - 1))
        with pytest.raises(NotGenuine):
            told(kind=kind)


def test_a_kind_that_nothing_hangs_on_is_no_notice() -> None:
    assert told(kind="DISPUTE_OPENED", charge=None) is None


@pytest.mark.parametrize("at", [NOW - MAX_AGE_S, NOW + MAX_AGE_S])
def test_a_message_is_believed_while_it_is_young(at: int) -> None:
    assert provider().verify(signed(BODY, at=at), BODY) is not None


@pytest.mark.parametrize("at", [0, NOW - MAX_AGE_S - 1, NOW + MAX_AGE_S + 1])
def test_an_old_message_and_one_from_the_future_are_not_believed(at: int) -> None:
    with pytest.raises(NotGenuine, match="too long ago"):
        provider().verify(signed(BODY, at=at), BODY)


def test_while_secrets_change_both_are_believed() -> None:
    for secret in (NEW, OLD):
        assert provider(NEW, OLD).verify(signed(BODY, secret), BODY) is not None
    with pytest.raises(NotGenuine):
        provider(NEW).verify(signed(BODY, OLD), BODY)
    both = {TIMESTAMP: str(NOW), SIGNATURE: f"{signature(OTHER, NOW, BODY)}, {signature(OLD, NOW, BODY)}"}
    assert provider(OLD).verify(both, BODY) is not None


def test_only_so_many_signatures_are_looked_at() -> None:
    wrong = [signature(OTHER, NOW, BODY)] * 5
    with pytest.raises(NotGenuine):
        provider().verify({TIMESTAMP: str(NOW), SIGNATURE: ",".join([*wrong, signature(NEW, NOW, BODY)])}, BODY)


def test_no_secret_three_secrets_and_an_empty_one_are_refused() -> None:
    for secrets in ([], [NEW, OLD, OTHER], [NEW, b""]):
        with pytest.raises(ValueError, match="one secret"):
            Signatures(secrets)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "a\x00b"},
        {"id": "x" * 65},
        {"charge": "0" * 33},
        {"charge": "G" * 32},
        {"attach": None},
        {"amount": 0},
        {"amount": -1},
        {"amount": 2**53},
        {"amount": 1.0},
        {"amount": True},
        {"amount": "1938"},
        {"currency": "usd"},
        {"at": 0},
        {"at": 10**18},
        {"kind": None},
        {"kind": "REFUNDED", "refund": "nothing"},
        {"reference": "ch 1"},
    ],
)
def test_what_is_signed_and_of_another_form_is_not_believed(changes: dict[str, Any]) -> None:
    with pytest.raises(NotGenuine):
        told(**changes)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"1", b'"PAID"', b"{", b"\xff", b"{}"])
def test_signed_nonsense_is_not_believed(body: bytes) -> None:
    with pytest.raises(NotGenuine):
        provider().verify(signed(body), body)


def test_a_large_body_is_not_believed_though_it_is_signed() -> None:
    body = BODY + b" " * (BODY_BYTES - len(BODY) + 1)
    assert provider().verify(signed(body[:-1]), body[:-1]) is not None
    with pytest.raises(NotGenuine, match="bytes"):
        provider().verify(signed(body), body)


names = st.sampled_from([TIMESTAMP, SIGNATURE, "content-type"])
digits = st.integers(0, 10**13).map(str)
texts = st.text("abz09,=. v1\u00e9\u0661\x00\n\U0001f600", max_size=40)
values = st.one_of(texts, digits, st.text("0123456789abcdef", min_size=64, max_size=64).map("v1={}".format))


@given(st.dictionaries(names, values), st.binary(max_size=300))
@example({TIMESTAMP: str(NOW), SIGNATURE: "v1=" + "é" * 64}, b"{}")
@example({TIMESTAMP: "١" * 10, SIGNATURE: "v1="}, b"{}")
@example({TIMESTAMP: str(NOW), SIGNATURE: "," * 10_000}, b"{}")
def test_nothing_unsigned_is_believed_and_nothing_else_is_raised(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NotGenuine):
        provider().verify(headers, body)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*TOLD, "more"]), json))
def test_whatever_is_signed_is_a_notice_or_not_believed(changes: dict[str, Any]) -> None:
    body = orjson.dumps({**TOLD, **changes})
    try:
        notice = provider().verify(signed(body), body)
    except NotGenuine:
        return
    assert notice is None or (notice.amount_fen > 0 and notice.at.tzinfo is UTC)


@given(st.integers(0, 8 * len(BODY) - 1))
def test_no_single_bit_of_the_body_can_be_turned(bit: int) -> None:
    altered = bytearray(BODY)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotGenuine):
        provider().verify(signed(BODY), bytes(altered))


@given(st.integers(-MAX_AGE_S, MAX_AGE_S).filter(bool))
def test_the_instant_of_sending_cannot_be_altered(shift: int) -> None:
    headers = {**signed(BODY), TIMESTAMP: str(NOW + shift)}
    with pytest.raises(NotGenuine):
        provider().verify(headers, BODY)
