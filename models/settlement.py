"""The settlement centre's tables: accounts, journals and their postings.

An account with a floor keeps its balance, which is changed under its lock and never falls below: members' points and
stored value, funds, prepayments. One without has none: what an order adds to a seller's sales would make all her orders
wait for each other. Its balance is the sum of its postings.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    UniqueConstraint,
    Uuid,
    cast,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.money import MAX_SAFE
from domain.settlement import (
    MAX_POSTINGS,
    OF_MEMBERS,
    WITH_FLOOR,
    Account,
    BalanceTooHigh,
    BalanceTooLow,
    JournalKind,
    Posting,
    Purpose,
    changes,
    in_order,
)
from models.base import Base, Id, Instant, KeyId, NewId, TenantId, at_least, new_id, one_of, ref, table_args
from models.writing import Transaction


def _listed(purposes: frozenset[Purpose]) -> str:
    return ", ".join(f"'{purpose}'" for purpose in sorted(purposes))


class LedgerAccount(Base):
    """What an organisation counts, with another or with a member, for one purpose, in one unit."""

    __tablename__ = "ledger_account"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    purpose: Mapped[str]
    owner_id: Mapped[Id]
    counterparty_id: Mapped[UUID | None] = mapped_column(Uuid)
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    unit: Mapped[str]
    floor: Mapped[int | None]
    balance: Mapped[int | None]
    __table_args__ = table_args(
        UniqueConstraint(
            "tenant_id",
            "owner_id",
            "purpose",
            "counterparty_id",
            "customer_id",
            "unit",
            name="uq_ledger_account_named",
            postgresql_nulls_not_distinct=True,
        ),
        ref("owner_id", "organization"),
        ref("counterparty_id", "organization"),
        ref("customer_id", "customer"),
        one_of("purpose", Purpose),
        CheckConstraint("char_length(unit) BETWEEN 1 AND 40", name="unit_length"),
        CheckConstraint(f"(customer_id IS NOT NULL) = (purpose IN ({_listed(OF_MEMBERS)}))", name="of_member"),
        CheckConstraint(f"(floor IS NOT NULL) = (purpose IN ({_listed(WITH_FLOOR)}))", name="with_floor"),
        CheckConstraint("(floor IS NULL) = (balance IS NULL)", name="balance_with_floor"),
        CheckConstraint("balance >= floor", name="balance_at_floor"),
        CheckConstraint(f"balance <= {MAX_SAFE}", name="balance_countable"),
        CheckConstraint("customer_id IS NULL OR counterparty_id IS NULL", name="one_counterparty"),
        Index(None, "tenant_id", "customer_id"),
    )


class Journal(Base):
    """One entry in the books, append-only: what its postings belong to. `reverses_id` is the journal it undoes."""

    __tablename__ = "journal"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    kind: Mapped[str]
    document: Mapped[Id]
    """What it is about: an order, a payment, a refund."""
    reverses_id: Mapped[UUID | None] = mapped_column(Uuid)
    at: Mapped[Instant]
    __table_args__ = table_args(
        ref("reverses_id", "journal"), one_of("kind", JournalKind), Index(None, "tenant_id", "document")
    )


class PostingRow(Base):
    """An amount above zero from one account to another, append-only. `at` repeats the journal's."""

    __tablename__ = "posting"

    tenant_id: Mapped[TenantId]
    journal_id: Mapped[KeyId]
    line: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[Id]
    target_id: Mapped[Id]
    amount: Mapped[int]
    at: Mapped[Instant]
    __table_args__ = table_args(
        ref("journal_id", "journal"),
        ref("source_id", "ledger_account"),
        ref("target_id", "ledger_account"),
        *at_least(1, "amount"),
        *at_least(1, "line", at_most=MAX_POSTINGS),
        CheckConstraint("source_id <> target_id", name="moves"),
        Index(None, "tenant_id", "source_id", "at"),
        Index(None, "tenant_id", "target_id", "at"),
    )


# ── posting ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def account_id(tenant_id: UUID, account: Account) -> UUID:
    """The id of an account: whoever names the same account means the same row, also while it is being made."""
    return uuid5(
        tenant_id, "/".join(("ledger", account.purpose, str(account.owner), str(account.counterparty), account.unit))
    )


_OPEN = text("""
    INSERT INTO ledger_account (tenant_id, id, purpose, owner_id, counterparty_id, customer_id, unit, floor, balance)
    SELECT :tenant, a.id, a.purpose, a.owner, a.organization, a.customer, a.unit, a.floor, a.floor
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:purposes AS text[]), CAST(:owners AS uuid[]), CAST(:organizations AS uuid[]),
        CAST(:customers AS uuid[]), CAST(:units AS text[]), CAST(:floors AS bigint[])
    ) WITH ORDINALITY a (id, purpose, owner, organization, customer, unit, floor, place)
    ORDER BY a.place
    ON CONFLICT DO NOTHING
""")
_MOVE = text("""
    WITH change AS (
        SELECT id, amount, place
        FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) WITH ORDINALITY c (id, amount, place)
    ), held AS (
        SELECT a.id, a.balance, a.floor, change.amount
        FROM change JOIN ledger_account a ON a.id = change.id
        WHERE a.tenant_id = :tenant AND a.floor IS NOT NULL
        ORDER BY change.place
        FOR UPDATE OF a
    ), moved AS (
        UPDATE ledger_account a SET balance = a.balance + held.amount
        FROM held
        WHERE a.tenant_id = :tenant AND a.id = held.id AND a.balance + held.amount BETWEEN a.floor AND :most
        RETURNING a.id
    )
    SELECT held.id, held.floor - held.balance - held.amount AS missing
    FROM held LEFT JOIN moved ON moved.id = held.id
    WHERE moved.id IS NULL
""")


async def open_accounts(tx: Transaction, accounts: Iterable[Account]) -> None:
    """Have accounts there. `post` does so itself; who locks more before it knows what to post does it first.

    Who opens an account is waited for by whoever names it too: they are opened in the order in which they are locked.
    """
    named = sorted(set(accounts), key=in_order)
    of_member = [account.purpose in OF_MEMBERS for account in named]
    await tx.execute(
        _OPEN,
        {
            "tenant": tx.tenant_id,
            "ids": [account_id(tx.tenant_id, account) for account in named],
            "purposes": [account.purpose.value for account in named],
            "owners": [account.owner for account in named],
            "organizations": [
                None if member else account.counterparty for account, member in zip(named, of_member, strict=True)
            ],
            "customers": [
                account.counterparty if member else None for account, member in zip(named, of_member, strict=True)
            ],
            "units": [account.unit for account in named],
            "floors": [0 if account.purpose in WITH_FLOOR else None for account in named],
        },
    )


async def post(
    tx: Transaction,
    kind: JournalKind,
    document: UUID,
    postings: Sequence[Posting],
    *,
    reverses: UUID | None = None,
) -> UUID:
    """Write a journal and move the balances that are kept; accounts that are named for the first time are opened.

    Accounts with a floor are locked by purpose, owner, counterparty and unit, all before any of them changes.

    Args:
        reverses: the journal that this one undoes, wholly or in part.

    Returns: the journal's id.
    Raises: domain.settlement.BalanceTooLow, BalanceTooHigh for the first account that would go below its floor, or
        above what can be counted; ValueError and BalanceTooHigh as `domain.settlement.changes` does.
    """
    changed = changes(postings)
    ids = {account: account_id(tx.tenant_id, account) for account in changed}
    await open_accounts(tx, changed)
    values = {"tenant": tx.tenant_id, "ids": list(ids.values()), "amounts": list(changed.values()), "most": MAX_SAFE}
    short = {row.id: row.missing for row in await tx.execute(_MOVE, values)}
    for account in changed:
        missing = short.get(ids[account])
        if missing is not None:
            raise BalanceTooLow(account.purpose, missing) if missing > 0 else BalanceTooHigh(account.purpose)
    journal = new_id()
    await tx.execute(
        insert(Journal).values(
            tenant_id=tx.tenant_id, id=journal, kind=kind, document=document, reverses_id=reverses, at=tx.now
        )
    )
    await tx.execute(
        insert(PostingRow),
        [
            {
                "tenant_id": tx.tenant_id,
                "journal_id": journal,
                "line": line,
                "source_id": ids[source],
                "target_id": ids[target],
                "amount": amount,
                "at": tx.now,
            }
            for line, (source, target, amount) in enumerate(postings, start=1)
        ],
    )
    return journal


async def balance(tx: Transaction, account: Account, at: datetime | None = None) -> int:
    """What stands on an account: now, as this transaction sees it, or by the journals that are dated before an instant.

    A journal is dated when its act began, and seen once that has committed. So of a time that is not long past an
    answer may still change: an act that began before it and commits after this look is not in it, and is the next time.
    It changes no more once every act that began before the instant has ended, which takes no longer than a request may.

    The balance of an account that has never been named is 0.
    """
    key = account_id(tx.tenant_id, account)
    if at is None and account.purpose in WITH_FLOOR:
        return (
            await tx.scalar(
                select(LedgerAccount.balance).where(LedgerAccount.tenant_id == tx.tenant_id, LedgerAccount.id == key)
            )
            or 0
        )
    before = true() if at is None else PostingRow.at < at

    def total(side: Any) -> Any:
        return (
            select(func.coalesce(func.sum(PostingRow.amount), 0))
            .where(PostingRow.tenant_id == tx.tenant_id, side == key, before)
            .scalar_subquery()
        )

    found = await tx.scalar(select(cast(total(PostingRow.target_id) - total(PostingRow.source_id), BigInteger)))
    return int(found or 0)
