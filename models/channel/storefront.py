"""The channel centre's tables of where is traded: sites, territories, cloud stores with their front pages."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.channel import MAX_SECTION_GOODS, MAX_SECTIONS, CloudStoreMode, SiteKind
from models.base import (
    Base,
    Id,
    Instant,
    KeyId,
    NewId,
    TenantId,
    at_least,
    code_length,
    half_open,
    one_of,
    ref,
    table_args,
)
from models.channel.tables import MAX_NAME_CHARS

MAX_URL_CHARS = 2_000
"""The longest address of a picture."""
MAX_BANNER_CHARS = 200
"""The longest text of a banner."""


class Site(Base):
    """A main, city or topic site of the channel's storefront."""

    __tablename__ = "site"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    organization_id: Mapped[Id]
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        ref("organization_id", "organization"),
        ref("parent_id", "site"),
        code_length(),
        one_of("kind", SiteKind),
        CheckConstraint("(kind = 'MAIN') = (parent_id IS NULL)", name="main_is_root"),
        Index("uq_site_main", "tenant_id", unique=True, postgresql_where=text("kind = 'MAIN'")),
        Index("uq_site_city", "tenant_id", "region_code", unique=True, postgresql_where=text("kind = 'CITY'")),
        Index(None, "tenant_id", "organization_id"),
    )


class Territory(Base):
    """An area whose trade is protected for one organisation."""

    __tablename__ = "territory"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    organization_id: Mapped[Id]
    name: Mapped[str]
    __table_args__ = table_args(
        ref("organization_id", "organization"), UniqueConstraint("tenant_id", "organization_id", "name")
    )


class TerritoryRegion(Base):
    """The regions a territory is made of."""

    __tablename__ = "territory_region"

    tenant_id: Mapped[TenantId]
    territory_id: Mapped[KeyId]
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), primary_key=True)
    __table_args__ = table_args(ref("territory_id", "territory"), Index(None, "tenant_id", "region_code"))


class CloudStore(Base):
    """The one cloud store of an organisation; its mode decides what it sells, to whom and how.

    Open over [opened_at, closed_at), of which either may lie ahead.
    """

    __tablename__ = "cloud_store"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    organization_id: Mapped[Id]
    mode: Mapped[str]
    name: Mapped[str]
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    banner_url: Mapped[str | None]
    banner_text: Mapped[str | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "organization_id"),
        ref("organization_id", "organization"),
        ref("site_id", "site"),
        one_of("mode", CloudStoreMode),
        half_open("opened_at", "closed_at"),
        CheckConstraint(f"char_length(banner_url) BETWEEN 1 AND {MAX_URL_CHARS}", name="banner_url_length"),
        CheckConstraint(f"char_length(banner_text) BETWEEN 1 AND {MAX_BANNER_CHARS}", name="banner_text_length"),
    )


class CloudStoreSection(Base):
    """A part of a cloud store's front page, in order; what it shows is found again by id, or left out."""

    __tablename__ = "cloud_store_section"

    tenant_id: Mapped[TenantId]
    cloud_store_id: Mapped[KeyId]
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str]
    sku_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    category_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    __table_args__ = table_args(
        ref("cloud_store_id", "cloud_store"),
        *at_least(0, "position", at_most=MAX_SECTIONS - 1),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {MAX_NAME_CHARS}", name="title_length"),
        CheckConstraint(f"cardinality(sku_ids) <= {MAX_SECTION_GOODS}", name="skus"),
        CheckConstraint(f"cardinality(category_ids) <= {MAX_SECTION_GOODS}", name="categories"),
    )
