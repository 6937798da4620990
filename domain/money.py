"""Exact arithmetic on money: fen, basis points, sharing a total out, taking it back step by step.

Owns how amounts are divided and rounded. Does not own who is owed what: split rules, funds, tenders and statements
call these functions and are kept by their centres. There is no float here and there must be none near it.

    ValueError
    └── MoneyError         the arguments cannot be meant; a fault of the calling code, never an answer to a client
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

MAX_SAFE: Final = 2**53 - 1
"""Largest amount, in fen and in either direction, that every JSON reader takes in without loss."""

WHOLE_BPS: Final = 10_000
"""The whole, in basis points."""


class MoneyError(ValueError):
    """An amount, weight or fraction outside what the function is defined for."""


def check_fen(amount_fen: int) -> int:
    """Give an amount back if it is within ±`MAX_SAFE`.

    Raises:
        MoneyError: it is not.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    if not -MAX_SAFE <= amount_fen <= MAX_SAFE:
        raise MoneyError("An amount is beyond 2^53 - 1 fen.")
    return amount_fen


def _check_not_negative(amount_fen: int) -> int:
    if amount_fen < 0:
        raise MoneyError("An amount to divide may not be negative.")
    return check_fen(amount_fen)


def line_amount(unit_fen: int, quantity: int) -> int:
    """Multiply the price of one base unit by a quantity.

    Args:
        unit_fen: price of one base unit, in fen.
        quantity: base units.

    Returns:
        Fen.

    Raises:
        MoneyError: the product is beyond `MAX_SAFE`.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    return check_fen(unit_fen * quantity)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share a total out by weight: floors, then one unit each to the largest remainders, ties to the earlier.

    The parts sum to the total, a weight of 0 gets 0, and where the total is at most the sum of the weights no part is
    above its weight.

    Args:
        total: fen, or any other unit that cannot be split; 0 or more.
        weights: 0 or more each, in any one unit.

    Returns:
        One part for each weight, in the same order.

    Raises:
        MoneyError: a negative total or weight, a total beyond `MAX_SAFE`, or a total above 0 and no weight above 0.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    _check_not_negative(total)
    if any(weight < 0 for weight in weights):
        raise MoneyError("A weight may not be negative.")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise MoneyError("There is no weight to share the total out by.")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        # sorted is stable, so equal remainders stay in order: the earlier first.
        by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
        for place in by_remainder[:left]:
            parts[place] += 1
    return parts


def percent_half_up(amount_fen: int, bps: int) -> int:
    """Take a percentage of an amount, rounded half up: for fees and rebates.

    Args:
        amount_fen: fen, 0 or more.
        bps: basis points, 0 or more.

    Returns:
        Fen.

    Raises:
        MoneyError: a negative argument, or an amount beyond `MAX_SAFE`.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    if bps < 0:
        raise MoneyError("A rate may not be negative.")
    return check_fen((_check_not_negative(amount_fen) * bps + WHOLE_BPS // 2) // WHOLE_BPS)


def percent_at_most(amount_fen: int, bps: int) -> int:
    """Take a percentage of an amount, rounded down: for caps, which "at most" forbids to round up.

    Args:
        amount_fen: fen, 0 or more.
        bps: basis points, 0 or more.

    Returns:
        Fen.

    Raises:
        MoneyError: a negative argument, or an amount beyond `MAX_SAFE`.

    Source: docs/domain.md, Orders of every tier.
    """
    if bps < 0:
        raise MoneyError("A rate may not be negative.")
    return check_fen(_check_not_negative(amount_fen) * bps // WHOLE_BPS)


def part_bps(part: int, whole: int) -> int:
    """Say what part of a whole something is, rounded down: only the whole is the whole.

    Args:
        part: 0 to `whole`, in any unit.
        whole: 1 or more, in the same unit.

    Returns:
        Basis points, 0 to `WHOLE_BPS`.

    Raises:
        MoneyError: a part that is not of the whole, or a whole of nothing.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    if not 0 <= part <= whole or whole < 1:
        raise MoneyError("A part lies between nothing and its whole, and the whole is something.")
    return part * WHOLE_BPS // whole


def share_among_funders(line_discounts: Sequence[int], funder_bps: Sequence[int]) -> list[list[int]]:
    """Divide the discounts of an order's lines among those who fund them.

    The whole discount goes over the funders first, by their basis points; then each funder's total, in turn, over what
    is left of the line discounts. So every line and every funder is met to the fen.

    Args:
        line_discounts: the discount of each line in fen, 0 or more.
        funder_bps: the part of each funder, in basis points that sum to 10,000.

    Returns:
        For each funder, in order, the fen it pays of each line's discount.

    Raises:
        MoneyError: a negative discount or part, or parts that do not sum to the whole.

    Source: docs/domain.md, Campaigns and the promotion fund.
    """
    if sum(funder_bps) != WHOLE_BPS:
        raise MoneyError("The funders' parts must sum to 10,000 basis points.")
    left = list(line_discounts)
    shares: list[list[int]] = []
    for funder_total in allocate(sum(line_discounts), funder_bps):
        share = allocate(funder_total, left)
        left = [rest - part for rest, part in zip(left, share, strict=True)]
        shares.append(share)
    return shares


def part_done(total: int, done: int, whole: int) -> int:
    """Say how much of a total belongs to the part that is done so far: floor(total × done ÷ whole).

    Cumulative: a step moves this minus what earlier steps moved, so that the last one reaches the total.

    Args:
        total: fen, 0 or more; the credit of a line, for one.
        done: units done so far, 0 to `whole`; units shipped, for one.
        whole: units in all, at least 1.

    Returns:
        Fen.

    Raises:
        MoneyError: a negative or too large total, or `done` outside 0 to `whole`.

    Source: docs/domain.md, Orders of every tier.
    """
    if whole < 1 or not 0 <= done <= whole:
        raise MoneyError("The part done must lie between nothing and the whole.")
    return _check_not_negative(total) * done // whole


def refunded_fraction(before: Fraction, part: int, whole: int) -> Fraction:
    """Add one refund to the exact fraction of a line that is refunded so far.

    Args:
        before: the fraction refunded until now, 0 to 1.
        part: what this refund takes: units, or fen of the consumer's net; 0 or more.
        whole: the line's units, or its consumer net in fen; a line whose net is 0 is refunded by units.

    Returns:
        The fraction refunded so far, this refund included. A refund that takes what is left gives exactly 1.

    Raises:
        MoneyError: the refunds together would pass the whole.

    Source: docs/domain.md, Money.
    """
    if whole < 1 or part < 0:
        raise MoneyError("A refund takes a part, 0 or more, of a whole above 0.")
    return _check_fraction(before + Fraction(part, whole))


def _check_fraction(fraction: Fraction) -> Fraction:
    if not 0 <= fraction <= 1:
        raise MoneyError("A refunded fraction must lie between 0 and 1.")
    return fraction


def _floor(amount: int, fraction: Fraction) -> int:
    return amount * fraction.numerator // fraction.denominator


def _remainder(amount: int, fraction: Fraction) -> int:
    return amount * fraction.numerator % fraction.denominator


def reversed_so_far(components: Sequence[int], fraction: Fraction, target: int | None = None) -> list[int]:
    """Say how much of each frozen component is taken back once `fraction` of a line is refunded.

    The target T is floor(base × fraction), the base being the sum of the components. Every component but the
    originally largest (ties: the earlier) gives floor(component × fraction). The largest gives T minus the others, but
    at most its original; what it cannot take goes one fen each to the others by largest remainder, ties to the earlier.

    Args:
        components: the line's frozen entries in fen, in their frozen order; the seller's may be negative.
        fraction: the exact fraction refunded so far, 0 to 1.
        target: T where another rule fixes it: the subsidies of a line come back as the whole reversal minus the
            consumer's refund. Must be floor or ceiling of base × fraction. None: floor(base × fraction).

    Returns:
        Fen taken back so far of each component; they sum to T. At fraction 1 they are the components.

    Raises:
        MoneyError: no component, a negative base, a fraction outside 0 to 1, or a target that is neither floor nor
            ceiling.

    Source: docs/domain.md, Money.
    """
    if not components:
        raise MoneyError("There is nothing to take back.")
    _check_fraction(fraction)
    base = _check_not_negative(sum(components))
    lowest = _floor(base, fraction)
    whole = lowest if target is None else target
    if not lowest <= whole <= lowest + (_remainder(base, fraction) > 0):
        raise MoneyError("The target is not the base times the fraction.")
    largest = max(range(len(components)), key=lambda place: components[place])  # max keeps the earlier of equals
    taken = [_floor(component, fraction) for component in components]
    taken[largest] = 0
    taken[largest] = min(whole - sum(taken), components[largest])
    excess = whole - sum(taken)
    if excess:
        others = [place for place in range(len(components)) if place != largest]
        others.sort(key=lambda place: -_remainder(components[place], fraction))
        for place in others[:excess]:
            taken[place] += 1
    return taken


def reverse(
    components: Sequence[int], before: Sequence[int], fraction: Fraction, target: int | None = None
) -> list[int]:
    """Give the entries of one refund: what is taken back so far minus what earlier refunds took back.

    Args:
        components: the line's frozen entries in fen, in their frozen order.
        before: fen taken back of each component until now; all 0 for the first refund.
        fraction: the exact fraction refunded so far, this refund included.
        target: as for `reversed_so_far`.

    Returns:
        Fen to take back now of each component. A component's step may be a few fen negative.

    Raises:
        MoneyError: as for `reversed_so_far`, or `before` has another length.

    Source: docs/domain.md, Money.
    """
    if len(before) != len(components):
        raise MoneyError("Every component needs what was taken back of it before.")
    now = reversed_so_far(components, fraction, target)
    return [after - earlier for after, earlier in zip(now, before, strict=True)]
