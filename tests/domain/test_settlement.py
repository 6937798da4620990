"""Double entry: what journals move, and in which order accounts are locked."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MAX_SAFE
from domain.settlement import MAX_POSTINGS, OF_MEMBERS, WITH_FLOOR, Account, Posting, Purpose, changes

ACCOUNTS = st.builds(
    Account,
    st.sampled_from(Purpose),
    st.integers(1, 3).map(lambda n: UUID(int=n)),
    st.none() | st.integers(1, 2).map(lambda n: UUID(int=n)),
    st.just("CNY"),
)
POSTINGS = st.builds(Posting, ACCOUNTS, ACCOUNTS, st.integers(1, 1_000)).filter(lambda p: p.source != p.target)
STORE, BRAND = UUID(int=1), UUID(int=2)


def account(purpose: Purpose, owner: UUID = STORE, unit: str = "CNY") -> Account:
    return Account(purpose, owner, None, unit)


@given(st.lists(POSTINGS, min_size=1, max_size=20))
def test_journals_balance_and_say_what_each_account_gains(postings: list[Posting]) -> None:
    changed = changes(postings)
    assert sum(changed.values()) == 0
    for one, by in changed.items():
        gained = sum(p.amount for p in postings if p.target == one)
        assert by == gained - sum(p.amount for p in postings if p.source == one)
    assert set(changed) == {side for p in postings for side in (p.source, p.target)}


@given(st.lists(POSTINGS, min_size=1, max_size=20))
def test_accounts_come_in_one_order_whatever_the_postings(postings: list[Posting]) -> None:
    changed = list(changes(postings))
    assert changed == list(changes(list(reversed(postings))))
    places = [list(Purpose).index(one.purpose) for one in changed]
    assert places == sorted(places)


def test_purposes_are_locked_in_the_order_that_holds_everywhere() -> None:
    assert [p.name for p in Purpose][:6] == ["POINTS", "STORED_VALUE", "FUND", "PREPAID", "CREDIT", "REBATE"]
    assert OF_MEMBERS < WITH_FLOOR == set(list(Purpose)[:6])


@pytest.mark.parametrize("amount", [0, -1, MAX_SAFE + 1])
def test_a_posting_moves_an_amount_above_zero(amount: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        changes([Posting(account(Purpose.CLEARING), account(Purpose.SALES), amount)])


def test_a_posting_goes_from_one_account_to_another_of_the_same_unit() -> None:
    clearing = account(Purpose.CLEARING)
    for target in (clearing, account(Purpose.SALES, unit="USD")):
        with pytest.raises(ValueError, match="of the same unit"):
            changes([Posting(clearing, target, 1)])


def test_a_journal_has_postings_up_to_a_number() -> None:
    one = Posting(account(Purpose.CLEARING), account(Purpose.SALES, BRAND), 1)
    assert len(changes([one] * MAX_POSTINGS)) == 2
    for postings in ([], [one] * (MAX_POSTINGS + 1)):
        with pytest.raises(ValueError, match="1 to 2000 postings"):
            changes(postings)
