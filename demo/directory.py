"""Whom of the demo one can be: the account behind a demo's name, and a few people of every tenant to choose from.

Owns the way from a name like `store:2191/clerk` to an identity, for the command line and the workbench alike, and the
choice of whom the workbench offers. It mints no token and stands in no request's way: only the demo profile asks it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from domain.channel import Role, Tier
from models.database import Database
from models.session import set_tenant
from transport.bearer import Identity
from transport.workbench import Directory, Person, Signed, TenantPeople

ADMIN: Final = "admin"
MAX_TENANTS: Final = 20
"""Tenants that the workbench offers, by code."""
SHOWN: Final = (
    "store:2191/clerk",
    "store:2191/manager",
    "distributor:56/salesperson",
    "distributor:56/operator",
    "brand:260/operator",
    "brand:260/analyst",
    "store:QQ-0001/clerk",
    "store:QQ-0001/manager",
    "distributor:QQ-3301-1/salesperson",
    "distributor:QQ-3301-1/operator",
    "agent:QQ-33/salesperson",
    "agent:QQ-33/operator",
    "member:1",
    "partner:1",
)
"""Whom to offer where a tenant has them: one shop, its distributor, a brand of theirs. Elsewhere the first of each kind
will do."""
_TIERS: Final = (Tier.STORE, Tier.DISTRIBUTOR, Tier.AGENT, Tier.SUBSIDIARY, Tier.BRAND)
_ROLES: Final = tuple(Role)
_FIRST: Final = (Tier.BRAND, Role.ANALYST)
"""As whom the workbench begins."""

_STAFF: Final = """
SELECT DISTINCT ON (o.tier, s.role) o.tier, s.role, a.subject, a.display_name, o.name AS organization
FROM staff s
JOIN account a ON (a.tenant_id, a.id) = (s.tenant_id, s.account_id)
JOIN organization o ON (o.tenant_id, o.id) = (s.tenant_id, s.organization_id)
WHERE s.tenant_id = $1 AND s.is_active AND a.is_active AND o.status = 'ACTIVE'
ORDER BY o.tier, s.role, a.subject = ANY($2) DESC, o.code, a.subject
"""
_CONSUMER: Final = """
SELECT a.subject, a.display_name FROM customer c
JOIN account a ON (a.tenant_id, a.id) = (c.tenant_id, c.account_id)
WHERE c.tenant_id = $1 AND a.is_active AND a.subject LIKE 'member:%'
ORDER BY a.subject = ANY($2) DESC, length(a.subject), a.subject LIMIT 1
"""
_PARTNER: Final = """
SELECT p.subject, p.name AS display_name, o.name AS organization FROM partner_client p
JOIN organization o ON (o.tenant_id, o.id) = (p.tenant_id, p.organization_id)
WHERE p.tenant_id = $1 AND p.is_active AND p.subject LIKE 'partner:%'
ORDER BY p.subject = ANY($2) DESC, length(p.subject), p.subject LIMIT 1
"""


async def identity(connection: asyncpg.Connection, tenant: str, who: str) -> Identity | None:
    """The account behind a demo's name, and which of its actors speaks; None if the tenant, by its code, has none."""
    if "\0" in tenant + who:  # no text of PostgreSQL's holds one
        return None
    tenant_id: UUID | None = await connection.fetchval("SELECT id FROM tenant WHERE code = $1", tenant)
    if tenant_id is None:
        return None
    if who == ADMIN:
        return Identity(subject=ADMIN, actor="admin", tenant=tenant_id)
    async with connection.transaction(readonly=True):
        await connection.execute(set_tenant(tenant_id))
        return await _known(connection, tenant_id, who)


async def _known(connection: asyncpg.Connection, tenant_id: UUID, who: str) -> Identity | None:
    if who.startswith("member:"):
        found = await connection.fetchval(
            "SELECT 1 FROM account a JOIN customer c ON (c.tenant_id, c.account_id) = (a.tenant_id, a.id)"
            " WHERE a.tenant_id = $1 AND a.subject = $2",
            tenant_id,
            who,
        )
        return Identity(subject=who, actor="consumer", tenant=tenant_id) if found else None
    if who.startswith("partner:"):
        found = await connection.fetchval(
            "SELECT 1 FROM partner_client WHERE tenant_id = $1 AND subject = $2", tenant_id, who
        )
        return Identity(subject=who, actor="partner", tenant=tenant_id) if found else None
    role = who.rpartition("/")[2].upper()
    if role not in Role.__members__:
        return None
    organization = await connection.fetchval(
        "SELECT s.organization_id FROM account a JOIN staff s ON (s.tenant_id, s.account_id) = (a.tenant_id, a.id)"
        " WHERE a.tenant_id = $1 AND a.subject = $2 AND s.role = $3",
        tenant_id,
        who,
        role,
    )
    if organization is None:
        return None
    return Identity(subject=who, actor="staff", tenant=tenant_id, organization=organization, role=role)


class DemoPeople:
    """The demo's people as the workbench asks for them.

    Args:
        database: the serving role's pool.
        mint: a token of an identity, good for so long.
        lifetime: how long the workbench's tokens are good for; it asks again before they end.
        tenant: the code of the tenant the workbench begins with.
    """

    def __init__(
        self, database: Database, mint: Callable[[Identity, timedelta], str], lifetime: timedelta, tenant: str
    ) -> None:
        self._database, self._mint, self._lifetime, self._tenant = database, mint, lifetime, tenant

    async def sign(self, tenant: str, subject: str) -> Signed | None:
        """See transport.workbench.People."""
        async with self._connection() as connection:
            found = await identity(connection, tenant, subject)
        if found is None:
            return None
        return Signed(self._mint(found, self._lifetime), int(self._lifetime.total_seconds()))

    async def directory(self) -> Directory:
        """See transport.workbench.People."""
        async with self._connection() as connection:
            rows = await connection.fetch(
                "SELECT id, code, name FROM tenant ORDER BY code <> $1, code LIMIT $2", self._tenant, MAX_TENANTS
            )
            tenants = [TenantPeople(row["code"], row["name"], await _people(connection, row["id"])) for row in rows]
        here = next((tenant.people for tenant in tenants if tenant.code == self._tenant), ())
        first = next((person.subject for person in here if person.title == _title(*_FIRST)), None)
        return Directory(tuple(tenants), self._tenant, first)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        pooled = await self._database.checkout()
        driver: Any = pooled.driver
        try:
            yield driver
        except BaseException:
            pooled.discard()  # cut short in the middle of a transaction, perhaps
            raise
        pooled.give_back()


async def _people(connection: asyncpg.Connection, tenant_id: UUID) -> tuple[Person, ...]:
    """Nobody, a shopper, one person of each role in each tier from the shop upwards, a partner's system, the admin."""
    async with connection.transaction(readonly=True):
        await connection.execute(set_tenant(tenant_id))
        consumer = await connection.fetch(_CONSUMER, tenant_id, SHOWN)
        staff = await connection.fetch(_STAFF, tenant_id, SHOWN)
        partner = await connection.fetch(_PARTNER, tenant_id, SHOWN)
    employed = sorted(
        (row for row in staff if row["tier"] in _TIERS),
        key=lambda row: (_TIERS.index(row["tier"]), _ROLES.index(row["role"])),
    )
    return (
        Person(None, "Nobody"),
        *(Person(row["subject"], "Shopper", row["display_name"]) for row in consumer),
        *(
            Person(row["subject"], _title(row["tier"], row["role"]), row["display_name"], row["organization"])
            for row in employed
        ),
        *(Person(row["subject"], "Partner", row["display_name"], row["organization"]) for row in partner),
        Person(ADMIN, "Platform admin"),
    )


def _title(tier: str, role: str) -> str:
    return f"{tier.capitalize()} {role.lower()}"
