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
    gone: list[str] = []
    shelf = Shelf[str, str](9, 10, len, gone=gone.append)
    shelf.put("a", "aaaa")
    shelf.drop("a")
    shelf.drop("a")
    assert (len(shelf), shelf.weight, shelf.get("a"), gone) == (0, 0, None, ["aaaa"])
    shelf.put("b", "bb")
    shelf.clear()
    assert (len(shelf), shelf.weight, gone) == (0, 0, ["aaaa", "bb"])


@given(
    st.integers(1, 4),
    st.none() | st.integers(0, 12),
    st.integers(0, 1),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.text("x", max_size=9)), max_size=30),
)
def test_it_is_what_a_list_in_the_order_of_use_would_be(
    entries: int, size: int | None, least: int, acts: list[tuple[str, str | None]]
) -> None:
    """Against the plainest form of it, which drops from the front until its bounds hold."""
    gone: list[str] = []
    shelf = Shelf[str, str](entries, size, len, least=least, gone=gone.append)
    kept: list[tuple[str, str]] = []
    left: list[str] = []
    for key, value in acts:
        found = next((pair for pair in kept if pair[0] == key), None)
        if value is None:
            assert shelf.get(key) == (found and found[1])
            if found:
                kept.remove(found)
                kept.append(found)
        else:
            shelf.put(key, value)
            if found:
                kept.remove(found)
                left.append(found[1])
            kept.append((key, value))
            if size is not None and len(value) > size and not least:
                left.append(kept.pop()[1])
            while len(kept) > entries or (
                size is not None and sum(len(each) for _, each in kept) > size and len(kept) > least
            ):
                left.append(kept.pop(0)[1])
        assert list(shelf._kept) == [each for each, _ in kept]
        assert shelf.weight == sum(len(each) for _, each in kept)
        assert gone == left
