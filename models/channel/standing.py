"""Organisations as acts find and change them: locked by id, made, admitted, suspended; and the stores that applied."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text, update

from domain.channel import Address, OrganizationStatus, Tier
from models.base import new_id
from models.channel.tables import Organization, OrganizationClosure
from models.writing import Transaction


class Standing(NamedTuple):
    """An organisation under its lock."""

    id: UUID
    tier: Tier
    code: str
    status: OrganizationStatus
    region: str | None
    suspended_by: UUID | None


_LOCK = text("""
    SELECT id, tier, code, status, region_code, suspended_by_id FROM organization
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[]))
    ORDER BY id FOR NO KEY UPDATE
""")


async def lock(tx: Transaction, organizations: Iterable[UUID]) -> dict[UUID, Standing]:
    """The organisations that are there, locked until the act ends, in the order of their ids."""
    rows = await tx.execute(_LOCK, {"tenant": tx.tenant_id, "ids": sorted(set(organizations))})
    return {
        row.id: Standing(
            row.id,
            Tier(row.tier),
            row.code,
            OrganizationStatus(row.status),
            row.region_code,
            row.suspended_by_id,
        )
        for row in rows
    }


_MAKE = text("""
    INSERT INTO organization (tenant_id, id, tier, code, name, status, region_code, address, city, postal_code)
    VALUES (:tenant, :id, :tier, :code, :name, :status, :region, :address, :city, :postal_code)
    ON CONFLICT (tenant_id, tier, code) DO NOTHING RETURNING id
""")


async def make_organization(
    tx: Transaction, tier: Tier, code: str, name: str, where: Address, status: OrganizationStatus
) -> UUID | None:
    """Make an organisation that nobody supplies yet; None where its tier has another of that code."""
    values: dict[str, Any] = {
        "tenant": tx.tenant_id,
        "id": new_id(),
        "tier": tier.value,
        "code": code,
        "name": name,
        "status": status.value,
        "region": where.region,
        "address": where.address,
        "city": where.city,
        "postal_code": where.postal_code,
    }
    made: UUID | None = await tx.scalar(_MAKE, values)
    if made is not None:
        await tx.execute(
            insert(OrganizationClosure).values(
                tenant_id=tx.tenant_id,
                descendant_id=made,
                ancestor_id=made,
                hops=0,
                descendant_tier=tier.value,
                descendant_code=code,
            )
        )
    return made


async def set_status(
    tx: Transaction, organization: UUID, status: OrganizationStatus, *, suspended_by: UUID | None = None
) -> None:
    """Give an organisation, which this act has locked, its new status; `suspended_by` None is the platform."""
    await tx.execute(
        update(Organization)
        .filter_by(tenant_id=tx.tenant_id, id=organization)
        .values(status=status, suspended_by_id=suspended_by)
    )


async def rename(tx: Transaction, organization: UUID, name: str, where: Address) -> None:
    """Write anew what is said of a store that was rejected and comes again."""
    await tx.execute(
        update(Organization)
        .filter_by(tenant_id=tx.tenant_id, id=organization)
        .values(
            name=name,
            region_code=where.region,
            address=where.address,
            city=where.city,
            postal_code=where.postal_code,
        )
    )


# ── applications ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Application(NamedTuple):
    """Who registered a store, and under whom."""

    organization_id: UUID
    upstream_id: UUID
    account_id: UUID


_HOLD = text("SELECT id FROM account WHERE tenant_id = :tenant AND id = :account FOR NO KEY UPDATE")
_WAITING = text("""
    SELECT count(*) FROM store_application WHERE tenant_id = :tenant AND account_id = :account AND decided_at IS NULL
""")
_APPLY = text("""
    INSERT INTO store_application (tenant_id, organization_id, upstream_id, account_id, applied_at)
    VALUES (:tenant, :organization, :upstream, :account, :now)
    ON CONFLICT (tenant_id, organization_id) DO UPDATE
    SET upstream_id = EXCLUDED.upstream_id, account_id = EXCLUDED.account_id, applied_at = EXCLUDED.applied_at,
        decided_at = NULL, reason = NULL
""")
_APPLIED = text("""
    SELECT organization_id, upstream_id, account_id FROM store_application
    WHERE tenant_id = :tenant AND organization_id = :organization
""")
_APPLIED_AS = text("""
    SELECT a.organization_id, a.upstream_id, a.account_id
    FROM organization o JOIN store_application a ON a.tenant_id = :tenant AND a.organization_id = o.id
    WHERE o.tenant_id = :tenant AND o.tier = 'STORE' AND o.code = :code
""")
_DECIDE = text("""
    UPDATE store_application SET decided_at = :now, reason = :reason
    WHERE tenant_id = :tenant AND organization_id = :organization
""")


async def waiting(tx: Transaction, account: UUID) -> int:
    """How many stores of an account wait for review. The account is locked until the act ends."""
    values = {"tenant": tx.tenant_id, "account": account}
    await tx.execute(_HOLD, values)
    return int(await tx.scalar(_WAITING, values))


async def apply(tx: Transaction, application: Application) -> None:
    """Write down that a store waits for review; instead of what was decided on it before, if anything was."""
    upstream, account = application.upstream_id, application.account_id
    await tx.execute(
        _APPLY,
        {
            "tenant": tx.tenant_id,
            "organization": application.organization_id,
            "upstream": upstream,
            "account": account,
            "now": tx.now,
        },
    )


async def application_of(tx: Transaction, organization: UUID) -> Application | None:
    """Who registered a store; None for an organisation that nobody did."""
    row = (await tx.execute(_APPLIED, {"tenant": tx.tenant_id, "organization": organization})).first()
    return None if row is None else Application._make(row)


async def applied_as(tx: Transaction, code: str) -> Application | None:
    """Who registered the store of this code; None if there is no such store, or nobody did."""
    row = (await tx.execute(_APPLIED_AS, {"tenant": tx.tenant_id, "code": code})).first()
    return None if row is None else Application._make(row)


async def decide(tx: Transaction, organization: UUID, reason: str | None) -> None:
    """Write down that it was decided on, and why."""
    values = {"tenant": tx.tenant_id, "organization": organization, "reason": reason, "now": tx.now}
    await tx.execute(_DECIDE, values)
