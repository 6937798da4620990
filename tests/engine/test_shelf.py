"""The shelf: bounded by number and by weight, the least recently used first out."""

from hypothesis import given
from hypothesis import strategies as st

from engine.shelf import Shelf


def kept(shelf: Shelf[str, str], keys: str) -> str:
    return "".join(key for key in keys if key in shelf._kept)


def test_the_least_recently_used_goes_first() -> None:
    shelf = Shelf[str, str](3)
    for key in "abc":
        shelf.put(key, key.upper())
    assert (shelf.get("a"), shelf.get("x")) == ("A", None)
    shelf.put("d", "D")
    assert kept(shelf, "abcd") == "acd"
    shelf.put("c", "again")
    assert (len(shelf), shelf.get("c")) == (3, "again")


def test_a_value_that_is_too_heavy_is_not_kept_and_costs_nobody() -> None:
    shelf = Shelf[str, str](9, 10, len)
    shelf.put("a", "aaaa")
    shelf.put("b", "bbbb")
    shelf.put("c", "c" * 11)
    assert (kept(shelf, "abc"), shelf.weight) == ("ab", 8)
    shelf.put("a", "a" * 11)  # what was kept under the key is no longer true
    assert (kept(shelf, "abc"), shelf.weight) == ("b", 4)


def test_some_may_stay_whatever_they_weigh() -> None:
    shelf = Shelf[str, str](9, 10, len, least=1)
    shelf.put("a", "aaaa")
    shelf.put("b", "b" * 11)
    assert (kept(shelf, "ab"), shelf.weight) == ("b", 11)
    shelf.put("c", "c")
    assert (kept(shelf, "abc"), shelf.weight) == ("c", 1)


def test_nothing_is_left_of_what_is_dropped() -> None:
    shelf = Shelf[str, str](9, 10, len)
    shelf.put("a", "aaaa")
    shelf.drop("a")
    shelf.drop("a")
    assert (len(shelf), shelf.weight, shelf.get("a")) == (0, 0, None)
    shelf.put("b", "bb")
    shelf.clear()
    assert (len(shelf), shelf.weight) == (0, 0)


@given(
    st.integers(1, 4),
    st.none() | st.integers(0, 12),
    st.integers(0, 1),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.text("x", max_size=9)), max_size=30),
)
def test_bounds_and_weight_hold_whatever_is_done(
    entries: int, size: int | None, least: int, acts: list[tuple[str, str | None]]
) -> None:
    shelf = Shelf[str, str](entries, size, len, least=least)
    last: dict[str, str] = {}
    for key, value in acts:
        if value is None:
            assert shelf.get(key) in (None, last.get(key))
        else:
            shelf.put(key, value)
            last[key] = value
            assert shelf.get(key) == value or (size is not None and len(value) > size)
        assert len(shelf) <= entries
        assert shelf.weight == sum(len(value) for value, _ in shelf._kept.values())
        assert size is None or shelf.weight <= size or len(shelf) <= least
