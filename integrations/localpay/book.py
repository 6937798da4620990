"""The local provider's book: its charges, refunds and the notices it owes, in one SQLite file.

Owns what may happen to a charge and that each change and the notice of it are written together or not at all. Several
processes may have the file open: whoever writes takes SQLite's one write lock first. All of it blocks; one thread at a
time may use a book.

    CREATED ──pay──► PAID        notice PAID
    CREATED ──close, or time is up──► CLOSED        notice CLOSED
    PAID: refunds, together never more than was paid        notice REFUNDED or REFUND_FAILED

Amounts are minor units, instants milliseconds since 1970.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from integrations.localpay.file import File
from integrations.localpay.notices import Notices
from integrations.localpay.records import Charge, ChargeAsked, Conflict, NoRefund, Pace, Refund, RefundAsked

EXPIRED_AT_ONCE: Final = 100
"""Charges closed in one transaction because their time is up."""


_CHARGE_BY: Final = {
    "id": "SELECT * FROM charge WHERE id = ?",
    "token": "SELECT * FROM charge WHERE token = ?",
}


class Book:
    """An open book. Raises UnreadableBook for a file of another form; sqlite3.Error where the disk does not do it.

    `notices` are what it owes.
    """

    def __init__(
        self, path: Path, pace: Pace | None = None, copies: int = 1, clock: Callable[[], float] = time.time
    ) -> None:
        """`copies`: how often each notice is sent, though it was taken; more than once is for trying."""
        self._pace = pace or Pace()
        self._file = File(path, clock)
        self.notices = Notices(self._file, self._pace, copies)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # ── charges ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def create(self, asked: ChargeAsked) -> Charge:
        """Make a charge, or find the one of that id. Raises: Conflict if that one is for something else."""
        with self._file.writing() as now:
            known = self.find(asked.id)
            if known is not None:
                mine = (known.amount, known.currency, known.attach, known.expires_at)
                if mine != (asked.amount, asked.currency, asked.attach, asked.expires_at):
                    raise Conflict
                return known
            made = (f"ch_{secrets.token_hex(12)}", secrets.token_urlsafe(24), "CREATED", now)
            self._file.do(
                "INSERT INTO charge (id, amount, currency, subject, attach, expires_at, reference, token, state, since)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*asked, *made),
            )
            return self._charge("id", asked.id)

    def find(self, id: str) -> Charge | None:
        """A charge by the merchant's id."""
        return self._found("id", id)

    def of_page(self, token: str) -> Charge | None:
        """A charge by the token of its page; one whose time is up is closed by then."""
        charge = self._found("token", token)
        if charge is None or charge.state != "CREATED" or charge.expires_at > self._file.now():
            return charge
        with self._file.writing() as now:
            self._close_over(charge.id, now)
        return self._found("token", token)

    def pay(self, token: str, *, late: bool = False, returnable: bool = True, half: bool = False) -> Charge | None:
        """The shopper pays; if it is not open any more nothing happens.

        `late`: the notice goes out only after the charge's time is up. `returnable`: else the account that it was paid
        from is gone afterwards, and every refund fails. `half`: that much comes, and no more will.
        """
        with self._file.writing() as now:
            charge = self._open(token, now)
            if charge is not None:
                paid = (charge.amount + 1) // 2 if half else charge.amount
                self._file.do(
                    "UPDATE charge SET state = 'PAID', since = ?, returnable = ?, paid = ? WHERE id = ?",
                    (now, int(returnable), paid, charge.id),
                )
                due = charge.expires_at + int(1000 * self._pace.late) if late else now
                self.notices.owe("PAID", charge, None, paid, now, due)
        return self._found("token", token)

    def fail(self, token: str) -> Charge | None:
        """The shopper tries to pay in vain; she may try again, and nobody is told."""
        with self._file.writing() as now:
            charge = self._open(token, now)
            if charge is not None:
                self._file.do("UPDATE charge SET tries = tries + 1 WHERE id = ?", (charge.id,))
        return self._found("token", token)

    def give_up(self, token: str) -> Charge | None:
        """The shopper does not want to pay: the charge is closed, if it is open."""
        with self._file.writing() as now:
            charge = self._open(token, now)
            if charge is not None:
                self._close(charge, now)
        return self._found("token", token)

    def close_over(self) -> int:
        """Close charges whose time is up; says how many."""
        if not self._file.one("SELECT 1 FROM charge WHERE state = 'CREATED' AND expires_at <= ?", self._file.now()):
            return 0
        with self._file.writing() as now:
            over = self._file.all(
                "SELECT id FROM charge WHERE state = 'CREATED' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
                now,
                EXPIRED_AT_ONCE,
            )
            for (id,) in over:
                self._close_over(id, now)
        return len(over)

    # ── refunds ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def refund(self, asked: RefundAsked) -> Refund:
        """Give money back, or find the refund of that id; one that failed is tried anew, and told of anew.

        Raises: Conflict if that one is for something else; NoRefund.
        """
        with self._file.writing() as now:
            known = self._file.one("SELECT * FROM refund WHERE id = ?", asked.id)
            before = None if known is None else Refund(*known)
            if before is not None:
                if (before.charge, before.amount, before.currency) != (asked.charge, asked.amount, asked.currency):
                    raise Conflict
                if before.state != "FAILED":
                    return before
            charge = self.find(asked.charge)
            if charge is None or charge.state != "PAID" or charge.currency != asked.currency:
                raise NoRefund("nothing was paid under this id in this currency")
            if asked.amount > charge.paid - charge.refunded:
                raise NoRefund("more than is left of what was paid")
            state = "DONE" if charge.returnable else "FAILED"
            reference = f"re_{secrets.token_hex(12)}" if before is None else before.reference
            refund = Refund(**asked._asdict(), reference=reference, state=state, since=now)
            self._file.do("INSERT OR REPLACE INTO refund VALUES (?, ?, ?, ?, ?, ?, ?, ?)", refund)
            if charge.returnable:
                self._file.do("UPDATE charge SET refunded = refunded + ? WHERE id = ?", (asked.amount, charge.id))
            kind = "REFUNDED" if charge.returnable else "REFUND_FAILED"
            self.notices.owe(kind, charge, refund, asked.amount, now, now)
            return refund

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _found(self, by: str, value: str) -> Charge | None:
        row = self._file.one(_CHARGE_BY[by], value)
        return None if row is None else Charge(*row)

    def _charge(self, by: str, value: str) -> Charge:
        charge = self._found(by, value)
        assert charge is not None
        return charge

    def _open(self, token: str, now: int) -> Charge | None:
        """The charge if it can be paid; one whose time is up is closed instead."""
        charge = self._found("token", token)
        if charge is None or charge.state != "CREATED":
            return None
        if charge.expires_at <= now:
            self._close(charge, now)
            return None
        return charge

    def _close_over(self, id: str, now: int) -> None:
        charge = self._charge("id", id)
        if charge.state == "CREATED" and charge.expires_at <= now:
            self._close(charge, now)

    def _close(self, charge: Charge, now: int) -> None:
        self._file.do("UPDATE charge SET state = 'CLOSED', since = ? WHERE id = ?", (now, charge.id))
        self.notices.owe("CLOSED", charge, None, charge.amount, now, now)
