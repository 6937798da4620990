"""Taking on many organisations at once: in as many statements as for one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.channel import MAX_HOPS, Address, Role, SupplyTooDeep, Tier
from models.base import new_id
from models.writing import Collision, Transaction


class Newcomer(NamedTuple):
    """An organisation to be made, and the account and role of who administers it."""

    id: UUID
    tier: Tier
    code: str
    name: str
    where: Address
    account_id: UUID
    role: Role
    called: str
    """What it calls who administers it."""


_THERE = text("""
    SELECT o.tier, o.code FROM unnest(CAST(:tiers AS text[]), CAST(:codes AS text[])) w (tier, code)
    JOIN organization o ON o.tenant_id = :tenant AND o.tier = w.tier AND o.code = w.code
""")
_OPEN_ACCOUNTS = text("""
    INSERT INTO account (tenant_id, id, subject, display_name)
    SELECT :tenant, a.* FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:names AS text[])) a
    ORDER BY 3 ON CONFLICT (tenant_id, subject) DO NOTHING
""")
_ACCOUNTS = text("""
    SELECT subject, id, is_active FROM account
    WHERE tenant_id = :tenant AND subject = any(CAST(:subjects AS text[]))
""")
_MAKE = text("""
    INSERT INTO organization (tenant_id, id, tier, code, name, region_code, address, city, postal_code)
    SELECT :tenant, o.* FROM unnest(CAST(:ids AS uuid[]), CAST(:tiers AS text[]), CAST(:codes AS text[]),
                                    CAST(:names AS text[]), CAST(:regions AS text[]), CAST(:addresses AS text[]),
                                    CAST(:cities AS text[]), CAST(:postal_codes AS text[])) o
    ORDER BY 3, 4 ON CONFLICT (tenant_id, tier, code) DO NOTHING
""")
_STAND = text("""
    WITH made (id, tier, code) AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:tiers AS text[]), CAST(:codes AS text[]))
    ), stood AS (
        INSERT INTO organization_closure
            (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)
        SELECT CAST(:tenant AS uuid), made.id, made.id, 0, made.tier, made.code FROM made
        UNION ALL
        SELECT CAST(:tenant AS uuid), made.id, up.ancestor_id, up.hops + 1, made.tier, made.code
        FROM made CROSS JOIN organization_closure up
        WHERE up.tenant_id = :tenant AND up.descendant_id = :upstream
        RETURNING hops
    )
    SELECT max(hops) FROM stood
""")
_SUPPLY = text("""
    INSERT INTO organization_edge (tenant_id, kind, downstream_id, upstream_id, is_primary)
    SELECT :tenant, 'SUPPLIES', o, :upstream, true FROM unnest(CAST(:ids AS uuid[])) o
""")
_EMPLOY = text("""
    INSERT INTO staff (tenant_id, id, account_id, organization_id, role, display_name)
    SELECT :tenant, s.* FROM unnest(CAST(:staff AS uuid[]), CAST(:accounts AS uuid[]), CAST(:ids AS uuid[]),
                                    CAST(:roles AS text[]), CAST(:called AS text[])) s
""")


async def codes_taken(tx: Transaction, wanted: Iterable[tuple[Tier, str]]) -> set[tuple[Tier, str]]:
    """Which of these numbers organisations of their tiers have already."""
    pairs = sorted(set(wanted))
    values = {"tiers": [tier.value for tier, _ in pairs], "codes": [code for _, code in pairs]}
    return {(Tier(row.tier), row.code) for row in await tx.execute(_THERE, {"tenant": tx.tenant_id, **values})}


async def shut_accounts(tx: Transaction, subjects: Iterable[str]) -> set[str]:
    """Which of these logins are shut."""
    rows = await tx.execute(_ACCOUNTS, {"tenant": tx.tenant_id, "subjects": sorted(set(subjects))})
    return {row.subject for row in rows if not row.is_active}


async def accounts_of(tx: Transaction, people: Mapping[str, str]) -> dict[str, UUID]:
    """The accounts of people, their names by what their issuer calls them; made where they are not there."""
    subjects = sorted(people)
    values = {"ids": [new_id() for _ in subjects], "names": [people[subject] for subject in subjects]}
    await tx.execute(_OPEN_ACCOUNTS, {"tenant": tx.tenant_id, "subjects": subjects, **values})
    rows = await tx.execute(_ACCOUNTS, {"tenant": tx.tenant_id, "subjects": subjects})
    return {row.subject: row.id for row in rows}


async def take_on(tx: Transaction, upstream: UUID, newcomers: Sequence[Newcomer]) -> None:
    """Make organisations that one supplies, with who administers each. This act is `alone`.

    Raises: SupplyTooDeep; Collision for a number taken meanwhile.
    """
    columns: dict[str, Any] = {
        "tenant": tx.tenant_id,
        "ids": [each.id for each in newcomers],
        "tiers": [each.tier.value for each in newcomers],
        "codes": [each.code for each in newcomers],
    }
    more = {
        "names": [each.name for each in newcomers],
        "regions": [each.where.region for each in newcomers],
        "addresses": [each.where.address for each in newcomers],
        "cities": [each.where.city for each in newcomers],
        "postal_codes": [each.where.postal_code for each in newcomers],
    }
    if await tx.count(_MAKE, columns | more) != len(newcomers):
        raise Collision("a number was taken meanwhile")
    if await tx.scalar(_STAND, {**columns, "upstream": upstream}) > MAX_HOPS:
        raise SupplyTooDeep
    ids = {"tenant": tx.tenant_id, "ids": columns["ids"]}
    await tx.execute(_SUPPLY, {**ids, "upstream": upstream})
    staff = {
        "staff": [new_id() for _ in newcomers],
        "accounts": [each.account_id for each in newcomers],
        "roles": [each.role.value for each in newcomers],
        "called": [each.called for each in newcomers],
    }
    await tx.execute(_EMPLOY, ids | staff)
