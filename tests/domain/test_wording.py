"""Texts as they are kept, and what is no part of one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording import composed, fault_of


@pytest.mark.parametrize(
    "text",
    ["Corner", "北京 店", "A-1", "\u00e9", "café", "👨\u200d👩\u200d👧", "\u0645\u06cc\u200c\u062e", "1 × 2", ""],
)
def test_what_people_write_is_fine(text: str) -> None:
    assert fault_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(" ", "  ", " a", "a ", "a\n", "\ta", "\u3000a", "a\u00a0"),
        *("\u200b", "\u200b\u200d", "\u2060", "\ufeff", "\u3164", "\u2800"),
        *("a\0b", "a\nb", "a\tb", "a\x1bb", "a\x85b", "a\u2028b", "a\ud800", "a\u202eb", "a\u2066b"),
    ],
)
def test_what_cannot_be_seen_is_none(text: str) -> None:
    assert fault_of(text) is not None


@pytest.mark.parametrize("text", ["A\u200bB", "A\u200dB", "A\u00adB", "A\u00a0B", "A\u3000B", "A\u3164B", "\ufeffA"])
def test_what_things_are_found_by_has_nothing_unseen(text: str) -> None:
    assert fault_of(text) is None
    assert fault_of(text, code=True) is not None


@pytest.mark.parametrize("text", ["A-1", "A 1", "京-A·1", "caf\u00e9"])
def test_a_code_may_have_what_is_seen(text: str) -> None:
    assert fault_of(text, code=True) is None


def test_a_text_may_have_lines_where_that_is_said() -> None:
    text = "first\r\nsecond\n\tthird"
    assert fault_of(text) is not None
    assert fault_of(text, lines=True) is None
    assert fault_of("a\rb", lines=True) is not None
    assert fault_of("a\n", lines=True) is not None


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_text_is_composed_once(text: str) -> None:
    once = composed(text)
    assert composed(once) == once
    assert unicodedata.normalize("NFD", once) == unicodedata.normalize("NFD", text)
