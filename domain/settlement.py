"""Double entry: what a journal moves between which accounts.

A posting moves an amount above zero from one account to another, so journals balance by construction. Journals are
added to, never changed: a mistake is undone by another. Owns the kinds of accounts and what a journal does to
balances. Does not own who gets what part of a sale.

    Refused
    ├── BalanceTooHigh   an account would count more than money can be
    └── BalanceTooLow    an account that may not go below its floor would
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from domain.base import Refused
from domain.money import MAX_SAFE

MAX_POSTINGS: Final = 2_000
"""The most postings of one journal: what an order of 500 lines divides into."""


class Purpose(StrEnum):
    """What an account counts (账户用途), in the order in which accounts are locked."""

    POINTS = "POINTS"
    """积分: a member's points, under one right."""
    STORED_VALUE = "STORED_VALUE"
    """储值: what an organisation owes a member who paid in."""
    FUND = "FUND"
    """费用池: what a promotion fund has left."""
    PREPAID = "PREPAID"
    """预付款: what a buyer has paid in with a seller."""
    CREDIT = "CREDIT"
    """授信: what a buyer may still owe a seller."""
    REBATE = "REBATE"
    """返利: what a seller owes a buyer for past purchases."""
    CLEARING = "CLEARING"
    """清算: what a payment channel holds for a seller."""
    RECEIVABLE = "RECEIVABLE"
    """应收: what a seller has sold and not been paid for."""
    SALES = "SALES"
    """销售: what a seller has sold."""
    EXTERNAL = "EXTERNAL"
    """外部: the other side of what comes from outside, or goes there."""


OF_MEMBERS: Final = frozenset({Purpose.POINTS, Purpose.STORED_VALUE})
"""Accounts that an organisation keeps for a member."""
WITH_FLOOR: Final = OF_MEMBERS | {Purpose.FUND, Purpose.PREPAID, Purpose.CREDIT, Purpose.REBATE}
"""Accounts that may not go below a floor, by itself 0."""


class JournalKind(StrEnum):
    """What a journal records (凭证类型)."""

    SALE = "SALE"
    """销售: an order that is paid."""
    PAYMENT = "PAYMENT"
    """收款: money that came in."""
    REFUND = "REFUND"
    """退款: money that went back."""
    CORRECTION = "CORRECTION"
    """更正: a journal that undoes another."""


class Account(NamedTuple):
    """Which account: of whom, with whom, for what, in which unit. Whoever names the same means the same account.

    `unit` is a currency, or the right whose points it counts.
    """

    purpose: Purpose
    owner: UUID
    counterparty: UUID | None
    unit: str


class Posting(NamedTuple):
    """An amount above zero, from one account to another."""

    source: Account
    target: Account
    amount: int


class BalanceTooLow(Refused):
    """An account would go below its floor: `missing` is by how much."""

    code = "BALANCE_TOO_LOW"

    def __init__(self, purpose: Purpose, missing: int) -> None:
        self.purpose, self.missing = purpose, missing
        super().__init__(f"The balance is too low by {missing}.")


class BalanceTooHigh(Refused):
    """An account would count more than money can be, or a journal moves more on it."""

    code = "BALANCE_TOO_HIGH"

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        super().__init__("The balance is more than money can be.")


def changes(postings: Iterable[Posting]) -> dict[Account, int]:
    """By how much a journal changes each account's balance, in the order in which accounts are locked.

    Accounts that it leaves as they are are among them: they are locked, too. The sum is 0.

    Raises: ValueError for a posting that moves nothing, or moves within one account, or between units; for none at
        all, and for more than `MAX_POSTINGS`. BalanceTooHigh for an account that it changes by more than money can be.
    """
    found: dict[Account, int] = {}
    count = 0
    for source, target, amount in postings:
        count += 1
        if not 0 < amount <= MAX_SAFE:
            raise ValueError(f"a posting moves an amount above 0, not {amount}")
        if source == target or source.unit != target.unit:
            raise ValueError("a posting goes from one account to another of the same unit")
        found[source] = found.get(source, 0) - amount
        found[target] = found.get(target, 0) + amount
    if not 0 < count <= MAX_POSTINGS:
        raise ValueError(f"a journal has 1 to {MAX_POSTINGS} postings, not {count}")
    too_much = [account.purpose for account, by in found.items() if abs(by) > MAX_SAFE]
    if too_much:
        raise BalanceTooHigh(too_much[0])
    return {account: found[account] for account in sorted(found, key=in_order)}


_PLACE: Final = {purpose: place for place, purpose in enumerate(Purpose)}


def in_order(account: Account) -> tuple[int, bytes, bytes, str]:
    """Its place among the accounts that an act opens or locks: by purpose, owner, counterparty and unit."""
    counterparty = b"" if account.counterparty is None else account.counterparty.bytes
    return _PLACE[account.purpose], account.owner.bytes, counterparty, account.unit
