"""Prices laid among others, category trees, attributes: what acts of the catalog decide, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base import CodeTaken, Faulty, InvalidInput, NotAllowed, Problem, Sheet, retold
from domain.catalog import (
    AttributeGiven,
    AttributeKind,
    AttributeKnown,
    CategoryLine,
    NotAuthorizedSku,
    PriceOutOfRange,
    SkuLine,
    Window,
    check_attributes,
    check_tree,
    laid,
    once_each,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def window(start: int, end: int | None, fen: int) -> Window:
    return Window(day(start), None if end is None else day(end), fen)


def price_at(windows: list[Window], moment: datetime) -> list[int]:
    return [each.unit_fen for each in windows if each.holds_at(moment)]


def after(standing: list[Window], new: Window) -> list[Window]:
    """The prices once the changes are made."""
    change = laid(standing, new)
    kept = [
        each._replace(end=change.cut.get(each.start, each.end)) for each in standing if each.start not in change.gone
    ]
    return kept + change.added


ENDS = st.lists(st.integers(0, 30), min_size=0, max_size=8, unique=True).map(sorted)
FEN = st.integers(1, 3)


@st.composite
def histories(draw: st.DrawFn) -> list[Window]:
    """Prices of which no two stand at one time, some with gaps between them; one that is the last has no end."""
    edges = draw(ENDS)
    prices = draw(st.lists(st.none() | FEN, min_size=len(edges), max_size=len(edges)))
    ends: list[int | None] = [*edges[1:], None]
    return [window(start, end, fen) for start, end, fen in zip(edges, ends, prices, strict=False) if fen is not None]


@given(histories(), st.integers(0, 30), st.none() | st.integers(1, 10), FEN)
def test_a_price_holds_over_its_time_and_all_else_stays(
    standing: list[Window], start: int, days: int | None, fen: int
) -> None:
    new = window(start, None if days is None else start + days, fen)
    left = after(standing, new)
    for number in range(-1, 45):
        moment = day(number)
        wanted = [fen] if new.holds_at(moment) else price_at(standing, moment)
        assert price_at(left, moment) == wanted
    assert len({each.start for each in left}) == len(left)
    assert all(each.end is None or each.start < each.end for each in left)


@given(histories(), st.integers(0, 30), FEN)
def test_the_same_price_again_changes_nothing(standing: list[Window], start: int, fen: int) -> None:
    new = window(start, None, fen)
    assert laid(after(standing, new), new) == ([], {}, [])
    assert laid(after(standing, new), window(start + 1, start + 3, fen)) == ([], {}, [])


def test_a_price_for_a_week_leaves_the_old_one_before_and_behind_it() -> None:
    change = laid([window(0, None, 100)], window(7, 14, 80))
    assert change == ([], {day(0): day(7)}, [window(7, 14, 80), window(14, None, 100)])


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def problems(sheet: Sheet[CategoryLine] | Sheet[SkuLine], place: int) -> list[str]:
    refused = sheet.refused[place]
    assert isinstance(refused, InvalidInput)
    return [problem.message for problem in refused.problems]


def test_a_row_keeps_all_that_is_wrong_with_it_and_what_was_refused_first() -> None:
    fault = Faulty(((("input", "rows", 0, "code"), "Too long."),))
    sheet: Sheet[CategoryLine] = Sheet([fault, CategoryLine("a", "A", None), CategoryLine("b", "B", None)])
    sheet.wrong(1, "code", "one")
    sheet.wrong(1, "name", "two")
    sheet.refuse(2, CodeTaken("b"))
    sheet.wrong(2, "name", "three")
    sheet.refuse(2, NotAllowed())
    assert (problems(sheet, 0), problems(sheet, 1), sheet.left) == (["Too long."], ["one", "two"], [])
    assert isinstance(sheet.refused[2], CodeTaken)


def test_of_one_code_the_first_row_stays() -> None:
    sheet = Sheet([CategoryLine("a", "A", None), CategoryLine("b", "B", None), CategoryLine("a", "C", None)])
    once_each(sheet)
    assert [row.name for _, row in sheet.left] == ["A", "B"]


@pytest.mark.parametrize(
    ("rows", "known", "left"),
    [
        ([("a", None), ("b", "a")], {}, "ab"),
        ([("b", "a"), ("a", None)], {}, "ab"),
        ([("a", "b")], {"b": None}, "a"),
        ([("a", "b")], {}, ""),
        ([("a", "none"), ("b", "a"), ("c", "b")], {}, ""),
        ([("a", "a")], {}, ""),
        ([("a", "c")], {"a": None, "b": "a", "c": "b"}, ""),
        ([("a", "c"), ("b", None)], {"a": None, "b": "a", "c": "b"}, "ab"),
    ],
)
def test_a_tree_has_no_ring_and_no_hole(
    rows: list[tuple[str, str | None]], known: dict[str, str | None], left: str
) -> None:
    sheet = Sheet([CategoryLine(code, code, parent) for code, parent in rows])
    check_tree(sheet, known)
    assert "".join(sorted(row.code for _, row in sheet.left)) == left


@pytest.mark.parametrize(
    ("given_", "fine"),
    [
        (AttributeGiven("free", text="x"), True),
        (AttributeGiven("free", integer=1), False),
        (AttributeGiven("free", text="x", boolean=False), False),
        (AttributeGiven("here", boolean=False), True),
        (AttributeGiven("there", integer=0), False),
        (AttributeGiven("none", text="x"), False),
    ],
)
def test_an_attribute_is_of_its_kind_and_for_its_goods(given_: AttributeGiven, fine: bool) -> None:
    known = {
        "free": AttributeKnown(ONE, AttributeKind.TEXT, None),
        "here": AttributeKnown(ONE, AttributeKind.BOOLEAN, ONE),
        "there": AttributeKnown(ONE, AttributeKind.INTEGER, TWO),
    }
    sheet = Sheet([SkuLine("s", "p", "S", None, None, 1, 1, None, None, (given_,))])
    check_attributes(sheet, known, {"p": [ONE]})
    assert bool(sheet.left) == fine


@pytest.mark.parametrize(
    "refused",
    [
        CodeTaken("x"),
        NotAuthorizedSku(ONE),
        PriceOutOfRange(ONE, 5, 6, None),
        NotAllowed(),
        InvalidInput([Problem(("input", "rows", 3, "code"), "wrong")]),
    ],
)
def test_a_refusal_is_told_again_as_it_was(refused: CodeTaken) -> None:
    facts = {name: str(value) if isinstance(value, UUID) else value for name, value in vars(refused).items()}
    again = retold(refused.code, facts)
    assert (type(again), again.message, vars(again)) == (type(refused), refused.message, vars(refused))
