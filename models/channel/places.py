"""Sites, territories and cloud stores as acts find, make and change them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, text, update

from domain.channel import CloudStoreMode, CreateSite, DecorateCloudStore, OpenCloudStore
from models.base import new_id
from models.channel.storefront import CloudStore, CloudStoreSection, TerritoryRegion
from models.writing import Transaction

# ── sites and territories ─────────────────────────────────────────────────────────────────────────────────────────────
_MAKE_SITE = text("""
    INSERT INTO site (tenant_id, id, kind, code, name, organization_id, parent_id, region_code)
    VALUES (:tenant, :id, :kind, :code, :name, :organization, :parent, :region)
    ON CONFLICT (tenant_id, code) DO NOTHING RETURNING id
""")
_MAIN = text("SELECT id FROM site WHERE tenant_id = :tenant AND kind = 'MAIN' LIMIT 1")
_SERVED = text("""
    SELECT id FROM site WHERE tenant_id = :tenant AND kind = 'CITY' AND region_code = :region LIMIT 1
""")


async def has_main_site(tx: Transaction) -> bool:
    """Whether the tenant has a main site. This act is `alone`."""
    return await tx.scalar(_MAIN, {"tenant": tx.tenant_id}) is not None


async def is_served(tx: Transaction, region: str) -> bool:
    """Whether a city site serves exactly this region. This act is `alone`."""
    return await tx.scalar(_SERVED, {"tenant": tx.tenant_id, "region": region}) is not None


async def make_site(tx: Transaction, command: CreateSite) -> UUID | None:
    """Make a site; None where another has its code."""
    values = {
        "tenant": tx.tenant_id,
        "id": new_id(),
        "kind": command.kind.value,
        "code": command.code,
        "name": command.name,
        "organization": command.organization,
        "parent": command.parent,
        "region": command.region,
    }
    made: UUID | None = await tx.scalar(_MAKE_SITE, values)
    return made


_MAKE_TERRITORY = text("""
    INSERT INTO territory (tenant_id, id, organization_id, name) VALUES (:tenant, :id, :organization, :name)
    ON CONFLICT (tenant_id, organization_id, name) DO NOTHING RETURNING id
""")
_HOLDER = text("SELECT organization_id FROM territory WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE")


async def make_territory(tx: Transaction, organization: UUID, name: str) -> UUID | None:
    """Make a territory without regions; None where the organisation has another of that name."""
    values = {"tenant": tx.tenant_id, "id": new_id(), "organization": organization, "name": name}
    made: UUID | None = await tx.scalar(_MAKE_TERRITORY, values)
    return made


async def holder_of(tx: Transaction, territory: UUID) -> UUID | None:
    """Who holds a territory, locked until the act ends; None if there is no such territory."""
    found: UUID | None = await tx.scalar(_HOLDER, {"tenant": tx.tenant_id, "id": territory})
    return found


async def set_regions(tx: Transaction, territory: UUID, regions: Sequence[str]) -> list[str]:
    """Let a territory, which this act has locked or made, be of these regions and no others; which those are, once."""
    mine = delete(TerritoryRegion).filter_by(tenant_id=tx.tenant_id, territory_id=territory)
    await tx.execute(mine)
    codes = sorted(set(regions))
    if codes:
        rows = [{"tenant_id": tx.tenant_id, "territory_id": territory, "region_code": code} for code in codes]
        await tx.execute(insert(TerritoryRegion), rows)
    return codes


# ── cloud stores ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Keeping(NamedTuple):
    """A cloud store under its lock."""

    id: UUID
    organization_id: UUID
    mode: CloudStoreMode
    opened_at: datetime
    closed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it has opened and is not closed yet."""
        return self.opened_at <= now and (self.closed_at is None or self.closed_at > now)


_KEPT = text("""
    SELECT id, organization_id, mode, opened_at, closed_at FROM cloud_store
    WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE
""")
_KEPT_BY = text("""
    SELECT id, organization_id, mode, opened_at, closed_at FROM cloud_store
    WHERE tenant_id = :tenant AND organization_id = :organization FOR NO KEY UPDATE
""")
_KEEPER = text("SELECT organization_id FROM cloud_store WHERE tenant_id = :tenant AND id = :id")
_OPEN = text("""
    INSERT INTO cloud_store (tenant_id, id, organization_id, mode, name, site_id, region_code, opened_at)
    VALUES (:tenant, :id, :organization, :mode, :name, :site, :region, :now)
    ON CONFLICT (tenant_id, organization_id) DO UPDATE
    SET mode = EXCLUDED.mode, name = EXCLUDED.name, site_id = EXCLUDED.site_id, region_code = EXCLUDED.region_code,
        opened_at = EXCLUDED.opened_at, closed_at = NULL
    RETURNING id
""")
# The window is never empty: what opens and closes at one instant was open for the shortest time there is.
_CLOSE = text("""
    UPDATE cloud_store SET closed_at = greatest(CAST(:now AS timestamptz), opened_at + interval '1 microsecond')
    WHERE tenant_id = :tenant AND id = :id
""")


async def keeper_of(tx: Transaction, cloud_store: UUID) -> UUID | None:
    """Whose a cloud store is, which never changes; None if there is no such cloud store."""
    found: UUID | None = await tx.scalar(_KEEPER, {"tenant": tx.tenant_id, "id": cloud_store})
    return found


async def kept(tx: Transaction, cloud_store: UUID) -> Keeping | None:
    """A cloud store, locked until the act ends."""
    row = (await tx.execute(_KEPT, {"tenant": tx.tenant_id, "id": cloud_store})).first()
    return (
        None
        if row is None
        else Keeping(row.id, row.organization_id, CloudStoreMode(row.mode), row.opened_at, row.closed_at)
    )


async def kept_by(tx: Transaction, organization: UUID) -> Keeping | None:
    """The cloud store of an organisation, open or not, locked until the act ends; None if it never had one."""
    row = (await tx.execute(_KEPT_BY, {"tenant": tx.tenant_id, "organization": organization})).first()
    return (
        None
        if row is None
        else Keeping(row.id, row.organization_id, CloudStoreMode(row.mode), row.opened_at, row.closed_at)
    )


async def open_store(tx: Transaction, command: OpenCloudStore, region: str | None) -> UUID:
    """Open the cloud store of an organisation, which this act has locked, or the closed one it had before again."""
    values = {
        "tenant": tx.tenant_id,
        "id": new_id(),
        "organization": command.organization,
        "mode": command.mode.value,
        "name": command.name,
        "site": command.site,
        "region": region,
        "now": tx.now,
    }
    opened: UUID = await tx.scalar(_OPEN, values)
    return opened


async def set_mode(tx: Transaction, cloud_store: UUID, mode: CloudStoreMode) -> None:
    """Let a cloud store, which this act has locked, sell so."""
    await tx.execute(update(CloudStore).filter_by(tenant_id=tx.tenant_id, id=cloud_store).values(mode=mode))


async def close_store(tx: Transaction, cloud_store: UUID) -> None:
    """Close a cloud store, which this act has locked, now."""
    await tx.execute(_CLOSE, {"tenant": tx.tenant_id, "id": cloud_store, "now": tx.now})


async def decorate(tx: Transaction, command: DecorateCloudStore) -> None:
    """Write the whole front page of a cloud store, which this act has locked."""
    here = {"tenant_id": tx.tenant_id, "cloud_store_id": command.cloud_store}
    banner = {"banner_url": command.banner_url, "banner_text": command.banner_text}
    await tx.execute(
        update(CloudStore).filter_by(tenant_id=tx.tenant_id, id=command.cloud_store).values(**banner),
    )
    await tx.execute(delete(CloudStoreSection).filter_by(**here))
    rows = [
        {
            **here,
            "position": place,
            "title": section.title,
            "sku_ids": list(section.skus),
            "category_ids": list(section.categories),
        }
        for place, section in enumerate(command.sections)
    ]
    if rows:
        await tx.execute(insert(CloudStoreSection), rows)
