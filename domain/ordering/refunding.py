"""What a refund gives back of a line: by units or as money, cumulatively, never more than was paid for it.

Owns the consumer's own part. What of it each party gives is `domain.money`'s reversal of frozen entries.

    Refused
    └── RefundTooMuch   more than is left of what was paid, or of the units that can be given back
"""

from __future__ import annotations

from typing import NamedTuple

from domain.base import Refused
from domain.money import part_done


class LineMoney(NamedTuple):
    """A paid line: `quantity` base units for `net_fen`; `refunded` units and `refunded_fen` of it went back so far."""

    line: int
    quantity: int
    net_fen: int
    refunded: int
    refunded_fen: int

    @property
    def left_fen(self) -> int:
        """What of its money has not gone back."""
        return self.net_fen - self.refunded_fen


class RefundTooMuch(Refused):
    """More than is left of a line: `left` units and `left_fen` fen can still be given back."""

    code = "REFUND_TOO_MUCH"

    def __init__(self, line: int, left: int, left_fen: int) -> None:
        self.line, self.left, self.left_fen = line, left, left_fen
        super().__init__(f"More than is left of line {line}.")


def by_units(line: LineMoney, units: int) -> int:
    """What the next `units` of a line are worth: floor(net × units so far ÷ quantity), minus what units before took.

    So refunds of all units give the net, however they are cut.

    Raises: RefundTooMuch where that, and what went back as money, would pass the units or the net.

    Source: docs/domain.md, Money.
    """
    left = line.quantity - line.refunded
    if not 0 < units <= left:
        raise RefundTooMuch(line.line, left, line.left_fen)
    amount = _worth(line, units)
    if amount > line.left_fen:
        raise RefundTooMuch(line.line, left, line.left_fen)
    return amount


def by_amount(line: LineMoney, amount_fen: int) -> int:
    """The amount itself, where so much is left.

    Raises: RefundTooMuch where it is not.

    Source: docs/domain.md, Money.
    """
    if not 0 < amount_fen <= line.left_fen:
        raise RefundTooMuch(line.line, line.quantity - line.refunded, line.left_fen)
    return amount_fen


def of_cancelled(line: LineMoney, units: int) -> int:
    """What goes back for units that will not be shipped: as `by_units`, but no more than is left.

    Of a line whose last units go back nothing stays.

    Source: docs/domain.md, Money.
    """
    if line.refunded + units == line.quantity:
        return line.left_fen
    return min(_worth(line, units), line.left_fen)


def _worth(line: LineMoney, units: int) -> int:
    before = part_done(line.net_fen, line.refunded, line.quantity)
    return part_done(line.net_fen, line.refunded + units, line.quantity) - before
