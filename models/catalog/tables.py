"""The catalog centre's tables: goods and their packs, price lists, assortments, shelves."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog import MAX_QUANTITY, AttributeKind, ListingOrigin, ListingStatus, PriceAudience, PriceScope
from domain.channel import Tier
from domain.search import MAX_TOKENS
from models.base import (
    Base,
    Day,
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

_CHAIN = ("tenant_id", "price_list_id", "sku_id", "min_qty")
"""What prices that follow each other have in common."""


class Category(Base):
    """A node of the tenant's category tree."""

    __tablename__ = "category"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    code: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        ref("parent_id", "category"),
        code_length(),
        Index(None, "tenant_id", "parent_id", "code"),
    )


class Attribute(Base):
    """A typed attribute of the skus of a category, or of all skus where no category is named."""

    __tablename__ = "attribute"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str | None]
    category_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        # What values repeat of their attribute; the key lets a foreign key keep the copy true.
        UniqueConstraint("tenant_id", "id", "kind", name="uq_attribute_kind"),
        ref("category_id", "category"),
        code_length(),
        one_of("kind", AttributeKind),
    )


class Product(Base):
    """What a brand makes, in one or more skus."""

    __tablename__ = "product"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    brand_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    category_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "brand_id", "code"),
        ref("brand_id", "organization"),
        ref("category_id", "category"),
        code_length(),
        Index(None, "tenant_id", "code", "id"),
        Index(None, "tenant_id", "category_id", "code", "id"),
        Index(None, "tenant_id", "brand_id", "code", "id"),
    )


class Sku(Base):
    """The smallest thing that is priced, stocked and sold. `min_qty` and `step_qty` are base units of an order line."""

    __tablename__ = "sku"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    product_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    barcode: Mapped[str | None]
    base_unit: Mapped[str] = mapped_column(Text, server_default="EACH")
    min_qty: Mapped[int] = mapped_column(server_default="1")
    step_qty: Mapped[int] = mapped_column(server_default="1")
    shelf_life_days: Mapped[int | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        ref("product_id", "product"),
        code_length(),
        Index(None, "tenant_id", "product_id", "code"),
        *at_least(1, "min_qty", "step_qty", "shelf_life_days", at_most=MAX_QUANTITY),
    )


_KIND_OF_VALUE = (
    "CASE WHEN text_value IS NOT NULL THEN 'TEXT' WHEN integer_value IS NOT NULL THEN 'INTEGER'"
    " WHEN boolean_value IS NOT NULL THEN 'BOOLEAN' ELSE 'DATE' END"
)


class SkuAttribute(Base):
    """The value of a typed attribute; the column that the attribute's kind names is set, the others are null.

    `kind` follows from the value, and the foreign key holds the attribute to it: no value is of another kind than its
    attribute, and an attribute that has values keeps its kind.
    """

    __tablename__ = "sku_attribute"

    tenant_id: Mapped[TenantId]
    sku_id: Mapped[KeyId]
    attribute_id: Mapped[KeyId]
    text_value: Mapped[str | None]
    integer_value: Mapped[int | None]
    boolean_value: Mapped[bool | None]
    date_value: Mapped[Day | None]
    kind: Mapped[str] = mapped_column(Text, Computed(_KIND_OF_VALUE, persisted=True))
    __table_args__ = table_args(
        ref("sku_id", "sku"),
        ForeignKeyConstraint(
            ["tenant_id", "attribute_id", "kind"],
            ["attribute.tenant_id", "attribute.id", "attribute.kind"],
            name="fk_sku_attribute_kind",
        ),
        CheckConstraint("num_nonnulls(text_value, integer_value, boolean_value, date_value) = 1", name="one_value"),
    )


class PackUnit(Base):
    """A pack of a sku: `units` base units in one."""

    __tablename__ = "pack_unit"

    tenant_id: Mapped[TenantId]
    sku_id: Mapped[KeyId]
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    units: Mapped[int]
    __table_args__ = table_args(ref("sku_id", "sku"), *at_least(1, "units", at_most=MAX_QUANTITY))


class PriceList(Base):
    """The prices a seller asks of some buyers; the scope says of whom. `currency` is the tenant's."""

    __tablename__ = "price_list"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    seller_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    audience: Mapped[str]
    scope: Mapped[str]
    buyer_id: Mapped[UUID | None] = mapped_column(Uuid)
    buyer_tag: Mapped[str | None]
    buyer_tier: Mapped[str | None]
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    is_generated: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "seller_id", "code"),
        ref("seller_id", "organization"),
        ref("buyer_id", "organization"),
        ref("site_id", "site"),
        code_length(),
        one_of("audience", PriceAudience),
        one_of("scope", PriceScope),
        one_of("buyer_tier", Tier),
        CheckConstraint(
            "(scope = 'CONTRACT') = (buyer_id IS NOT NULL) AND (scope = 'TAG') = (buyer_tag IS NOT NULL)"
            " AND (scope = 'REGION') = (region_code IS NOT NULL) AND (scope = 'SITE') = (site_id IS NOT NULL)"
            " AND (scope = 'TIER') = (buyer_tier IS NOT NULL)",
            name="scope_names_its_buyers",
        ),
        Index(None, "tenant_id", "buyer_id", "seller_id"),
    )


class Price(Base):
    """A sku's price per base unit in a list, from a quantity on, over [valid_from, valid_until).

    No two of one list, sku and quantity stand at one time, and the database says so: each price but the first names
    the end of the one before it, `previous_until`, which nobody else names and which does not lie behind its own
    start. So they are one chain in the order of time, and what has no end is its last. Both are checked at the commit:
    in between, a price may take its place among the others.
    """

    __tablename__ = "price"

    tenant_id: Mapped[TenantId]
    price_list_id: Mapped[KeyId]
    sku_id: Mapped[KeyId]
    min_qty: Mapped[int] = mapped_column(primary_key=True, server_default="1")
    valid_from: Mapped[Instant] = mapped_column(primary_key=True)
    valid_until: Mapped[Instant | None]
    unit_fen: Mapped[int]
    previous_until: Mapped[Instant | None]
    __table_args__ = table_args(
        ref("price_list_id", "price_list"),
        ref("sku_id", "sku"),
        *at_least(1, "min_qty", "unit_fen"),
        half_open("valid_from", "valid_until"),
        CheckConstraint("previous_until <= valid_from", name="after_previous"),
        UniqueConstraint(*_CHAIN, "valid_until", name="uq_price_ends"),
        UniqueConstraint(
            *_CHAIN,
            "previous_until",
            name="uq_price_previous",
            postgresql_nulls_not_distinct=True,
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            [*_CHAIN, "previous_until"],
            [f"price.{column}" for column in (*_CHAIN, "valid_until")],
            name="fk_price_previous",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class Assortment(Base):
    """The skus, each with a price band, that an upstream lets others sell."""

    __tablename__ = "assortment"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    grantor_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    is_generated: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(UniqueConstraint("tenant_id", "grantor_id", "code"), ref("grantor_id", "organization"))


class AssortmentSku(Base):
    """One sku of an assortment; a consumer price must lie in [min_fen, max_fen] where they are set."""

    __tablename__ = "assortment_sku"

    tenant_id: Mapped[TenantId]
    assortment_id: Mapped[KeyId]
    sku_id: Mapped[KeyId]
    min_fen: Mapped[int | None]
    max_fen: Mapped[int | None]
    __table_args__ = table_args(
        ref("assortment_id", "assortment"),
        ref("sku_id", "sku"),
        *at_least(0, "min_fen", "max_fen"),
        CheckConstraint("min_fen <= max_fen", name="band"),
        Index(None, "tenant_id", "sku_id", "assortment_id"),
    )


class Authorization(Base):
    """An assortment given to one organisation over [valid_from, valid_until)."""

    __tablename__ = "authorization"

    tenant_id: Mapped[TenantId]
    grantee_id: Mapped[KeyId]
    assortment_id: Mapped[KeyId]
    valid_from: Mapped[Instant]
    valid_until: Mapped[Instant | None]
    __table_args__ = table_args(
        ref("assortment_id", "assortment"),
        ref("grantee_id", "organization"),
        half_open("valid_from", "valid_until"),
        Index(None, "tenant_id", "assortment_id", "grantee_id"),
    )


class Listing(Base):
    """A sku on the shelf of a cloud store, at a position."""

    __tablename__ = "listing"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    cloud_store_id: Mapped[Id]
    sku_id: Mapped[Id]
    origin: Mapped[str]
    status: Mapped[str] = mapped_column(Text, server_default=ListingStatus.LISTED)
    position: Mapped[int]
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    is_generated: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "cloud_store_id", "sku_id"),
        ref("cloud_store_id", "cloud_store"),
        ref("sku_id", "sku"),
        ref("site_id", "site"),
        one_of("origin", ListingOrigin),
        one_of("status", ListingStatus),
        *at_least(0, "position"),
        Index(None, "tenant_id", "cloud_store_id", "position", "id", postgresql_where=text("status = 'LISTED'")),
        Index(None, "tenant_id", "sku_id"),
    )


class SkuSearch(Base):
    """What a sku is found by: the tokens of its names and codes, made by `domain.search`.

    It has no row security: with it, no index over an array would be used. So it holds tokens and ids only, whoever
    reads it names the tenant, and what is found is then read under row security.
    """

    __tablename__ = "sku_search"

    tenant_id: Mapped[TenantId]
    sku_id: Mapped[KeyId]
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text))
    __table_args__ = table_args(
        ref("sku_id", "sku"),
        CheckConstraint(f"cardinality(tokens) BETWEEN 1 AND {MAX_TOKENS}", name="tokens_limit"),
        Index(None, "tokens", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )
