"""What the local provider owes its merchant to tell: each notice until it was taken, or given up.

Owns claims, the waits between attempts, repetition, and what is forgotten. Does not own the sending (`courier`).
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Final

from integrations.localpay.file import File
from integrations.localpay.records import Charge, Owed, Pace, Refund

FORGOTTEN_AT_ONCE: Final = 100
KEPT_MS: Final = 30 * 24 * 3_600_000
"""How long a notice that was taken is kept."""
LISTED: Final = 100
"""Given-up notices in one listing."""
ERROR_CHARS: Final = 200
_ANY_FREE: Final = "SELECT 1 FROM notice WHERE state = 'DUE' AND due_at <= ? AND claimed_until <= ?"
_FREE: Final = (
    "SELECT id, body, attempts FROM notice WHERE state = 'DUE' AND due_at <= ? AND claimed_until <= ?"
    " ORDER BY due_at LIMIT ?"
)


class Notices:
    """The notices of a file, each sent `copies` times."""

    def __init__(self, file: File, pace: Pace, copies: int) -> None:
        self._file, self._pace, self._copies = file, pace, copies

    def owe(self, kind: str, charge: Charge, refund: Refund | None, amount: int, now: int, due: int) -> None:
        """Owe a notice of what is written in this transaction."""
        id = f"no_{secrets.token_hex(12)}"
        body = {
            "id": id,
            "kind": kind,
            "charge": charge.id,
            "refund": None if refund is None else refund.id,
            "reference": charge.reference,
            "amount": amount,
            "currency": charge.currency,
            "attach": charge.attach,
            "at": now,
        }
        self._file.do(
            "INSERT INTO notice (id, body, state, due_at, copies) VALUES (?, ?, 'DUE', ?, ?)",
            (id, json.dumps(body), due, self._copies),
        )

    def claim(self, who: str, most: int) -> list[Owed]:
        """Take notices that are due: they are `who`'s to send until the lease ends, and nobody else's."""
        now = self._file.now()
        if not self._file.one(_ANY_FREE, now, now):  # looking takes no lock
            return []
        with self._file.writing() as now:
            rows = self._file.all(_FREE, now, now, most)
            until = now + int(1000 * self._pace.lease)
            for row in rows:
                self._file.do("UPDATE notice SET claimed_by = ?, claimed_until = ? WHERE id = ?", (who, until, row[0]))
        return [Owed(*row) for row in rows]

    def let_go(self, who: str) -> None:
        """Whoever stops sends nothing any more: what was `who`'s is anybody's."""
        with self._file.writing():
            self._file.do("UPDATE notice SET claimed_by = NULL, claimed_until = 0 WHERE claimed_by = ?", (who,))

    def taken(self, id: str) -> None:
        """The merchant has it: done with, unless it is to be sent once more."""
        with self._file.writing() as now:
            self._file.do(
                "UPDATE notice SET copies = max(1, copies - 1), state = CASE copies WHEN 1 THEN 'TAKEN' ELSE state END,"
                " attempts = 0, due_at = ?, claimed_by = NULL, claimed_until = 0, error = NULL"
                " WHERE id = ? AND state <> 'TAKEN'",
                (now, id),
            )

    def not_taken(self, id: str, who: str, error: str) -> None:
        """The merchant did not take it: later again, or never. Nothing if it is not `who`'s any more."""
        with self._file.writing() as now:
            mine = "SELECT attempts FROM notice WHERE id = ? AND claimed_by = ? AND state = 'DUE'"
            row = self._file.one(mine, id, who)
            if row is None:
                return
            attempts = row[0] + 1
            state = "GIVEN_UP" if attempts >= self._pace.attempts else "DUE"
            self._file.do(
                "UPDATE notice SET attempts = ?, state = ?, due_at = ?, claimed_by = NULL, claimed_until = 0, error = ?"
                " WHERE id = ?",
                (attempts, state, now + self._pace.wait_ms(attempts), error[:ERROR_CHARS], id),
            )

    def given_up(self) -> list[dict[str, Any]]:
        """What was given up, the latest first, at most LISTED: id, attempts, what the last error was."""
        rows = self._file.all(
            "SELECT id, attempts, error FROM notice WHERE state = 'GIVEN_UP' ORDER BY due_at DESC LIMIT ?", LISTED
        )
        return [dict(zip(("id", "attempts", "error"), row, strict=True)) for row in rows]

    def send_again(self, id: str) -> bool:
        """Send a notice again from the beginning, whether it was given up or taken; False where there is none."""
        with self._file.writing() as now:
            return bool(
                self._file.do(
                    "UPDATE notice SET state = 'DUE', attempts = 0, due_at = ?, claimed_by = NULL, claimed_until = 0"
                    " WHERE id = ?",
                    (now, id),
                )
            )

    def forget(self) -> int:
        """Forget notices that were taken long ago; says how many."""
        before = self._file.now() - KEPT_MS
        if not self._file.one("SELECT 1 FROM notice WHERE state = 'TAKEN' AND due_at < ?", before):
            return 0
        with self._file.writing():
            return self._file.do(
                "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE state = 'TAKEN' AND due_at < ? LIMIT ?)",
                (before, FORGOTTEN_AT_ONCE),
            )
