"""Texts that people give: how they are kept, and what no name, number or reason is made of.

Rows are found by what somebody typed, and people compare what they see. So the same letters are the same text, and what
nobody can see is no part of one. It owns no limit of length: that is each field's.
"""

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""General categories of what leaves no mark: controls, joiners and marks of direction, halves of characters, blanks."""
_BREAKS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Those that stand in no line of text."""
_TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They show what follows in another order than it is kept in: one text would look like another."""
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters by their category, blanks to the eye."""


def composed(text: str) -> str:
    """The text with each letter and its marks in one piece: what looks the same and means the same is the same.

    Source: Unicode Standard Annex 15, normalisation form C.
    """
    return unicodedata.normalize("NFC", text)


def fault_of(text: str, *, lines: bool = False, code: bool = False) -> str | None:
    """What is expected of a text instead; None where nothing is wrong with it.

    Args:
        text: as it would be kept.
        lines: whether it may have several lines, and tabs.
        code: whether things are found by it: then nothing but a plain blank stands in it unseen.
    """
    inner = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ") if lines else text
    if any(character in _TURNS or unicodedata.category(character) in _BREAKS for character in inner):
        return "A text without control characters is expected."
    if text != text.strip():
        return "A text without blanks at its ends is expected."
    if text and all(map(_is_unseen, text)):
        return "A text that can be seen is expected."
    if code and any(one != " " and _is_unseen(one) for one in text):
        return "A code without characters that cannot be seen is expected."
    return None


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in _FILLERS
