"""Seeded chance that rolls the same everywhere.

Owns the drawing of whole numbers. Uses only `random.Random.random`, the one method whose sequence Python promises to
keep between versions, and one stream for each theme, so that one theme's draws do not move another's.
"""

from __future__ import annotations

import random


class Dice:
    """One stream of draws.

    Args:
        seed: any whole number.
        theme: what the draws are for; another theme is another stream.
    """

    def __init__(self, seed: int, theme: str) -> None:
        self._random = random.Random(f"{seed}/{theme}").random

    def below(self, limit: int) -> int:
        """A whole number from 0 to below `limit`, all equally likely."""
        return int(self._random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def one_in(self, count: int) -> bool:
        """True once in `count` draws on average."""
        return int(self._random() * count) == 0
