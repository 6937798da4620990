"""The posting core on a real database: balances that are kept, balances that are summed, and who may not go below."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.money import MAX_SAFE
from domain.settlement import Account, BalanceTooHigh, BalanceTooLow, JournalKind, Posting, Purpose
from models.database import Database, Login
from models.settlement import balance, open_accounts, post
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import BRAND, MEMBER, NOON, STORE, acting, column, filled

SALES = Account(Purpose.SALES, STORE, None, "CNY")
OUTSIDE = Account(Purpose.EXTERNAL, STORE, None, "CNY")
PREPAID = Account(Purpose.PREPAID, BRAND, STORE, "CNY")
FUND = Account(Purpose.FUND, BRAND, None, "CNY")
CARD = Account(Purpose.STORED_VALUE, STORE, MEMBER, "CNY")
ALL = (SALES, OUTSIDE, PREPAID, FUND, CARD)
DOCUMENT = UUID(int=7)
SUMS = """
    SELECT coalesce(bool_and(a.balance IS NULL OR a.balance = s.total), true) FROM ledger_account a, LATERAL (
        SELECT coalesce(sum(CASE WHEN p.target_id = a.id THEN p.amount ELSE -p.amount END), 0) AS total
        FROM posting p WHERE a.id IN (p.source_id, p.target_id)) s"""


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await filled(owner_dsn)
    pool = pool_of(Login(owner_dsn, APP_ROLE), 8)
    yield pool
    await pool.close()


async def posted(database: Database, *postings: Posting, hours: float = 0) -> None:
    async with acting(database, hours=hours) as tx:
        await post(tx, JournalKind.PAYMENT, DOCUMENT, postings)


async def balances(database: Database, hours: float | None = None) -> dict[Account, int]:
    async with acting(database) as tx:
        at = None if hours is None else NOON.replace(hour=12 + int(hours))
        return {account: found for account in ALL if (found := await balance(tx, account, at))}


async def test_what_comes_in_goes_out_again(database: Database) -> None:
    await posted(database, Posting(OUTSIDE, CARD, 500))
    await posted(database, Posting(CARD, SALES, 120))
    assert await balances(database) == {OUTSIDE: -500, CARD: 380, SALES: 120}
    assert await column(database, SUMS) == [True]


async def test_nothing_goes_below_its_floor(database: Database) -> None:
    """And nothing of the journal is left, its other accounts included."""
    await posted(database, Posting(OUTSIDE, CARD, 100), Posting(OUTSIDE, FUND, 50))
    with pytest.raises(BalanceTooLow) as refused:
        await posted(database, Posting(CARD, SALES, 60), Posting(FUND, SALES, 80))
    assert (refused.value.purpose, refused.value.missing) == (Purpose.FUND, 30)
    assert await balances(database) == {OUTSIDE: -150, CARD: 100, FUND: 50}
    assert await column(database, "SELECT count(*) FROM journal") == [1]


async def test_a_journal_is_taken_as_a_whole(database: Database) -> None:
    """What it puts in pays for what it takes out, in whatever order it says so."""
    await posted(database, Posting(CARD, SALES, 70), Posting(OUTSIDE, CARD, 70))
    assert await balances(database) == {OUTSIDE: -70, SALES: 70}


async def test_an_account_is_opened_once_however_many_name_it_first(database: Database) -> None:
    await asyncio.gather(*(posted(database, Posting(OUTSIDE, CARD, n)) for n in range(1, 9)))
    assert await balances(database) == {OUTSIDE: -36, CARD: 36}
    assert await column(database, "SELECT count(*) FROM ledger_account") == [2]


async def test_accounts_are_opened_in_one_order_whoever_names_them_how(database: Database) -> None:
    """Two name the same three for the first time, one the other way round, while a third has one of them."""

    async def opening(*accounts: Account) -> None:
        async with acting(database) as tx:
            await open_accounts(tx, accounts)

    async with acting(database) as first:
        await open_accounts(first, [SALES])
        named = ((PREPAID, SALES, OUTSIDE), (OUTSIDE, SALES, PREPAID))
        both = [asyncio.ensure_future(opening(*accounts)) for accounts in named]
        await asyncio.sleep(0.3)
        await first.session.rollback()
    assert await asyncio.gather(*both) == [None, None]
    assert await column(database, "SELECT count(*) FROM ledger_account") == [3]


async def test_no_balance_is_more_than_money_can_be(database: Database) -> None:
    await posted(database, Posting(OUTSIDE, CARD, MAX_SAFE))
    for postings in ([Posting(OUTSIDE, CARD, 1)], [Posting(OUTSIDE, SALES, MAX_SAFE)] * 1_100):
        with pytest.raises(BalanceTooHigh):
            await posted(database, *postings)
    assert await balances(database) == {OUTSIDE: -MAX_SAFE, CARD: MAX_SAFE}


async def test_the_last_of_a_balance_is_spent_once(database: Database) -> None:
    await posted(database, Posting(OUTSIDE, PREPAID, 100))
    spending = [posted(database, Posting(PREPAID, SALES, 30)) for _ in range(8)]
    ended = await asyncio.gather(*spending, return_exceptions=True)
    assert sum(each is None for each in ended) == 3
    assert {each.missing for each in ended if isinstance(each, BalanceTooLow)} == {20}
    assert await balances(database) == {OUTSIDE: -100, PREPAID: 10, SALES: 90}


async def test_journals_over_the_same_accounts_never_wait_in_a_circle(database: Database) -> None:
    await posted(database, Posting(OUTSIDE, CARD, 1_000), Posting(OUTSIDE, FUND, 1_000))
    there, back = Posting(CARD, FUND, 1), Posting(FUND, CARD, 1)
    await asyncio.gather(*(posted(database, *([there, back] if n % 2 else [back])) for n in range(40)))
    assert await balances(database) == {OUTSIDE: -2_000, CARD: 1_020, FUND: 980}


async def test_a_balance_at_a_past_time_is_what_it_was_then(database: Database) -> None:
    await posted(database, Posting(OUTSIDE, CARD, 500))
    await posted(database, Posting(CARD, SALES, 120), hours=2)
    assert await balances(database, 0) == {}
    assert await balances(database, 1) == await balances(database, 2) == {OUTSIDE: -500, CARD: 500}
    assert await balances(database, 3) == await balances(database) == {OUTSIDE: -500, CARD: 380, SALES: 120}


async def test_a_journal_that_commits_late_is_in_the_past_from_then_on(database: Database) -> None:
    """An act that began at noon is not seen an hour later while it has not committed, and then it was there at noon."""
    await posted(database, Posting(OUTSIDE, CARD, 500))
    async with acting(database) as late:
        await post(late, JournalKind.PAYMENT, DOCUMENT, [Posting(CARD, SALES, 120)])
        assert (await balances(database, 1))[CARD] == 500
    assert (await balances(database, 1))[CARD] == 380


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_account SET balance = -1 WHERE floor IS NOT NULL",
        "UPDATE ledger_account SET balance = 9007199254740992 WHERE floor IS NOT NULL",
        "UPDATE ledger_account SET balance = NULL WHERE floor IS NOT NULL",
        "UPDATE ledger_account SET floor = 0 WHERE floor IS NULL",
        "UPDATE ledger_account SET customer_id = NULL WHERE customer_id IS NOT NULL",
    ],
)
async def test_the_database_itself_refuses(database: Database, change: str) -> None:
    await posted(database, Posting(OUTSIDE, CARD, 5))
    with pytest.raises(Exception, match="violates check constraint"):
        await column(database, change)


POSTINGS = st.lists(
    st.tuples(st.sampled_from(ALL), st.sampled_from(ALL), st.integers(1, 50)).filter(lambda p: p[0] != p[1]),
    min_size=1,
    max_size=4,
)


@settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(POSTINGS, min_size=1, max_size=5))
async def test_balances_are_the_sums_of_postings_whatever_is_posted(
    database: Database, journals: list[list[tuple[Account, Account, int]]]
) -> None:
    before = await balances(database)
    for journal in journals:
        postings = [Posting(*each) for each in journal]
        after = dict(before)
        for source, target, amount in postings:
            after[source] = after.get(source, 0) - amount
            after[target] = after.get(target, 0) + amount
        refused = any(after.get(one, 0) < 0 for one in (PREPAID, FUND, CARD))
        try:
            await posted(database, *postings)
        except BalanceTooLow:
            assert refused
        else:
            assert not refused
            before = {account: total for account, total in after.items() if total}
        assert await balances(database) == before
    assert await column(database, SUMS) == [True]
