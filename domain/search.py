"""Finding goods by words, Chinese and English: the tokens of a sku, and how far a sku is from what is asked.

Owns what a word is, what a sku is found by and the order of what is found. Does not own on which shelf it is looked
for. Only token arrays with an inverted index are needed: `tokens` is what is kept of a sku, `ask` what is looked for.

A token is a word's beginning, a Han character or a pair of them; with a mark before it, it says more:

    v, vo, vod …     a word that begins so stands somewhere in the sku's texts
    可, 可乐         the character, or the pair, stands somewhere
    =vodka, =可乐    the whole word, or the whole run of Han, stands somewhere
    ~vod             it stands in the brand or the category only, not in the names and codes
    #43337           the code or the barcode, whole
    /0a1b…           the tenant: words that all tenants share are met with it inside the index

No word holds one of the four marks, so the kinds never meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID

TEXT_CHARS: Final = 100
"""Longest text to look for; what normalising makes longer is cut here."""
FIELD_CHARS: Final = 200
"""What is read of a name: a longer one is found by its beginning."""
WORD_CHARS: Final = 32
"""Where words are cut: longer ones that begin alike are one."""
MAX_TOKENS: Final = 2_000
"""Most tokens of a sku, as its row is checked; the tenant, the codes and the names come first."""

CODE: Final = 1_000_000
WHOLE: Final = 1_000
ELSEWHERE: Final = 1
"""The three steps of the distance. A text has at most 100 tokens, so a step is never reached by the lower ones."""


class Goods(NamedTuple):
    """The texts that a sku is found by."""

    product: str
    sku: str
    code: str
    barcode: str | None
    brand: str
    category: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: tokens that must all be there, and marks that bring a sku nearer or farther from `start`."""

    needed: tuple[str, ...]
    marks: tuple[str, ...]
    weights: tuple[int, ...]
    start: int


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class _Word(NamedTuple):
    """A run of Han, or of letters and digits with the parts it is made of; `chunk` counts the blanks before it."""

    text: str
    is_han: bool
    parts: tuple[str, ...]
    chunk: int


_HAN: Final = re.compile("[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_VARIATIONS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_PART: Final = re.compile(r"d+(?:\.d+)*m*|l[lm]*")
_WORD: Final = re.compile(rf"h+|(?:{_PART.pattern})+| +")


@lru_cache(maxsize=20_000)
def _kind(character: str) -> str:
    """Han, letter, digit, mark on the letter before, blank, point, or anything else: that parts words."""
    if character == "." or character.isspace():
        return "." if character == "." else " "
    if _HAN.match(character):
        return "h"
    category = unicodedata.category(character)
    return {"L": "l", "N": "d"}.get(category[0], "m" if category in ("Mn", "Mc") else "-")


_ASCII: Final = {code: _kind(chr(code)) for code in range(128)}


def _normalised(text: str, limit: int) -> str:
    """Full and half width, capitals and small letters are one; what is never seen is gone."""
    if text.isascii():
        return text[:limit].lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[: 2 * limit]).casefold())
    seen = _VARIATIONS.sub("", folded)
    return "".join(character for character in seen if unicodedata.category(character) != "Cf")[:limit]


def _words(text: str) -> list[_Word]:
    """The words of a normalised text. A point between digits is part of the number, all other marks part words."""
    kinds = text.translate(_ASCII) if text.isascii() else "".join(map(_kind, text))
    words: list[_Word] = []
    chunk = 0
    for found in _WORD.finditer(kinds):
        start, end = found.span()
        if kinds[start] == " ":
            chunk += 1
        elif kinds[start] == "h":
            words.append(_Word(text[start:end], True, (), chunk))
        else:
            parts = tuple(text[slice(*part.span())] for part in _PART.finditer(kinds, start, end))
            words.append(_Word(text[start:end], False, parts, chunk))
    return words


def _forms(words: Sequence[_Word]) -> Iterator[str]:
    """Under what a text's words of letters and digits are found: 750ml and 750 ml each other, cocacola Coca-Cola.

    A word begins again where digits turn to letters or back; words that only a mark parts are also one, and so are a
    number and what follows it.
    """
    latin = [word for word in words if not word.is_han]
    for word in latin:
        yield from word.parts
        for place in range(len(word.parts)):
            yield "".join(word.parts[place:])
    for word, following in pairwise(words):
        if len(word.parts) == 1 and word.text[0].isdigit() and following.parts and not following.text[0].isdigit():
            yield word.text + following.text
    chain: list[_Word] = []
    for word in words:
        if word.is_han or (chain and chain[-1].chunk != word.chunk):
            yield "".join(link.text for link in chain)
            chain = []
        if not word.is_han:
            chain.append(word)
    yield "".join(link.text for link in chain)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


# ── what a sku is found by ────────────────────────────────────────────────────────────────────────────────────────
@lru_cache(maxsize=2_000)
def _found_by(text: str) -> tuple[str, ...]:
    """The plain tokens of a text, and the whole words with their mark. Brands and categories come again and again."""
    words = _words(_normalised(text, FIELD_CHARS))
    found: dict[str, None] = {}
    for form in _forms(words):
        word = form[:WORD_CHARS]
        if word:
            found |= dict.fromkeys((f"={word}", *(word[:length] for length in range(1, len(word) + 1))))
    for run in (word.text for word in words if word.is_han):
        found |= dict.fromkeys((f"={run[:WORD_CHARS]}", *run, *_pairs(run)))
    # Names are written with and without a blank in them: the pair over the gap is there too.
    gaps = (one.text[-1] + other.text[0] for one, other in pairwise(words) if one.is_han and other.is_han)
    return tuple(found | dict.fromkeys(gaps))


def of_tenant(tenant_id: UUID) -> str:
    """The token that every sku of the tenant has, and no other."""
    return f"/{tenant_id.hex}"


def tokens(tenant_id: UUID, goods: Goods) -> list[str]:
    """Say what is kept of a sku: 1 to `MAX_TOKENS` distinct tokens, none with a blank in it.

    Args:
        tenant_id: whose sku it is.
        goods: its texts; only a beginning of each is read.
    """
    codes = [code for text in (goods.code, goods.barcode) if text and (code := _code(_normalised(text, FIELD_CHARS)))]
    own = _all_of(goods.product, goods.sku, goods.code, goods.barcode, *(code[1:] for code in codes))
    kept = dict.fromkeys((of_tenant(tenant_id), *codes, *own))
    for token in _all_of(goods.brand, goods.category):
        if token not in own:
            kept[token] = None
            if token[0] != "=":
                kept[f"~{token}"] = None
    return list(kept)[:MAX_TOKENS]


def _all_of(*texts: str | None) -> dict[str, None]:
    return dict.fromkeys(token for text in texts if text for token in _found_by(text))


def _code(normalised: str) -> str | None:
    """A code as one word, whatever marks stand in it; None where nothing of it can be looked for."""
    joined = "".join(word.text for word in _words(normalised))[:TEXT_CHARS]
    return f"#{joined}" if joined else None


# ── what is looked for ────────────────────────────────────────────────────────────────────────────────────────────
def ask(text: str) -> Query | None:
    """Turn a text into what is looked for: every word must be there, one of letters and digits as a beginning.

    Args:
        text: as the shopper types it, in any script.

    Returns:
        The query; None where the text holds nothing that can be looked for.
    """
    normalised = _normalised(text, TEXT_CHARS)
    words = _words(normalised)
    code = _code(normalised)
    if code is None:
        return None
    needed = tuple(dict.fromkeys(token for word in words for token in _needed(word)))
    whole = tuple(dict.fromkeys(f"={word.text[:WORD_CHARS]}" for word in words))
    return Query(
        needed,
        (code, *whole, *(f"~{token}" for token in needed)),
        (-CODE, *[-WHOLE] * len(whole), *[ELSEWHERE] * len(needed)),
        CODE + WHOLE * len(whole),
    )


def _needed(word: _Word) -> Iterable[str]:
    if not word.is_han:
        return (word.text[:WORD_CHARS],)
    return _pairs(word.text) or (word.text,)


def distance(query: Query, kept: Collection[str]) -> int | None:
    """How far a sku is from what is asked: 0 is its very code; None is not found. This is the order of results.

    A million where the text as a whole is neither the code nor the barcode, a thousand for each of its words that is
    not there as a whole word, one for each token that stands in the brand or the category only. What is equally far
    stands as on the shelf.

    Args:
        query: what is looked for.
        kept: the sku's `tokens`.
    """
    if not all(token in kept for token in query.needed):
        return None
    return query.start + sum(weight for mark, weight in zip(query.marks, query.weights, strict=True) if mark in kept)
