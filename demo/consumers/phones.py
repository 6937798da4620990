"""Telephone numbers that belong to nobody.

Owns the two ranges. In the North American plan 555-0100 to 555-0199 of every area are kept for fiction. China's plan
keeps none: there the numbers begin with 154, a mobile prefix that has been given to no operator, so that they cannot be
reached today; nothing promises that it stays so.
"""

from __future__ import annotations

from typing import Final

_IOWA: Final = (515, 319, 563, 641, 712)
_OTHERS: Final = tuple(
    area
    for area in range(201, 990)
    # Codes that end in 11 are services, those with a 9 in the middle are kept for longer numbers.
    if area not in _IOWA and area % 100 != 11 and area // 10 % 10 != 9
)
_AREAS: Final = _IOWA + _OTHERS
_OF_AN_AREA: Final = 100
US_NUMBERS: Final = len(_AREAS) * _OF_AN_AREA
"""So many numbers there are."""
_CHINESE: Final = "+86154"
_CHINESE_DIGITS: Final = 8


def fictional_us(number: int) -> str:
    """The `number`-th of the numbers kept for fiction, Iowa's areas first. Raises ValueError beyond the last one."""
    area, line = divmod(number - 1, _OF_AN_AREA)
    if not 0 <= area < len(_AREAS):
        raise ValueError(f"There are {US_NUMBERS} such numbers, no {number}.")
    return f"+1{_AREAS[area]}55501{line:02d}"


def unassigned_chinese(number: int) -> str:
    """The `number`-th of the numbers under the prefix that nobody was given. Raises ValueError beyond the last one."""
    if not 1 <= number < 10**_CHINESE_DIGITS:
        raise ValueError(f"There are {10**_CHINESE_DIGITS - 1} such numbers, no {number}.")
    return f"{_CHINESE}{number:0{_CHINESE_DIGITS}d}"
