"""Writing locations and pools. Who counts an organisation's has locked the organisation."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.inventory import CreateLocation, CreatePool
from models.base import new_id
from models.writing import Transaction

_LOCATIONS = text("SELECT count(*) FROM location WHERE tenant_id = :tenant AND organization_id = :organization")
_POOLS = text("SELECT count(*) FROM inventory_pool WHERE tenant_id = :tenant AND organization_id = :organization")
_MAKE_LOCATION = text("""
    INSERT INTO location (tenant_id, id, organization_id, kind, code, name, region_code, latitude_e7, longitude_e7)
    VALUES (:tenant, :id, :organization, :kind, :code, :name, :region, :latitude, :longitude)
    ON CONFLICT (tenant_id, organization_id, code) DO NOTHING RETURNING id
""")
_MAKE_POOL = text("""
    INSERT INTO inventory_pool (tenant_id, id, organization_id, code, name)
    VALUES (:tenant, :id, :organization, :code, :name)
    ON CONFLICT (tenant_id, organization_id, code) DO NOTHING RETURNING id
""")


async def count_locations(tx: Transaction, organization: UUID) -> int:
    """How many locations an organisation runs."""
    return int(await tx.scalar(_LOCATIONS, {"tenant": tx.tenant_id, "organization": organization}))


async def count_pools(tx: Transaction, organization: UUID) -> int:
    """How many pools an organisation keeps."""
    return int(await tx.scalar(_POOLS, {"tenant": tx.tenant_id, "organization": organization}))


async def make_location(tx: Transaction, organization: UUID, command: CreateLocation) -> UUID | None:
    """Open a location of an organisation; None where it has another of that code."""
    point = command.point
    return await _made(
        tx,
        _MAKE_LOCATION,
        organization=organization,
        kind=command.kind.value,
        code=command.code,
        name=command.name,
        region=command.region,
        latitude=None if point is None else point.latitude_e7,
        longitude=None if point is None else point.longitude_e7,
    )


async def make_pool(tx: Transaction, organization: UUID, command: CreatePool) -> UUID | None:
    """Open a pool of an organisation; None where it keeps another of that code."""
    return await _made(tx, _MAKE_POOL, organization=organization, code=command.code, name=command.name)


async def _made(tx: Transaction, statement: Any, **values: Any) -> UUID | None:
    made: UUID | None = await tx.scalar(statement, {"tenant": tx.tenant_id, "id": new_id(), **values})
    return made
