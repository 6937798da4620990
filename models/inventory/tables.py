"""The inventory centre's tables: locations, stock by lot, movements, pools and what they promise, holds."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.inventory import MAX_PACKAGES, LocationKind, MovementKind, ReservationState, SourcingCriterion
from models.base import (
    NO_LOT_ID,
    Base,
    Day,
    Id,
    Instant,
    KeyId,
    NewId,
    TenantId,
    at_least,
    code_length,
    one_of,
    part_args,
    ref,
    table_args,
)

MAX_REASON_CHARS = 200
"""Characters of why somebody changed stock."""
PAPER_KINDS = (
    MovementKind.RECEIPT,
    MovementKind.ISSUE,
    MovementKind.TRANSFER,
    MovementKind.ADJUSTMENT,
    MovementKind.COUNT,
    MovementKind.QUARANTINE,
)
"""What a paper is written about; holding and giving back have their own rows."""
STATES = ("on_hand", "reserved", "allocated", "in_transit", "quarantined")


class Location(Base):
    """A place where goods lie, run by one organisation."""

    __tablename__ = "location"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    organization_id: Mapped[Id]
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    latitude_e7: Mapped[int | None]
    longitude_e7: Mapped[int | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "organization_id", "code"),
        UniqueConstraint("tenant_id", "id", "organization_id"),
        ref("organization_id", "organization"),
        code_length(),
        one_of("kind", LocationKind),
        CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name="latitude"),
        CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name="longitude"),
        CheckConstraint("(latitude_e7 IS NULL) = (longitude_e7 IS NULL)", name="point_whole"),
    )


class Lot(Base):
    """A batch of a sku as who keeps goods of it knows it; sellable while the tenant's day is before `expires_on`.

    `keeper_id`: in whose locations its goods lie, and who says its dates. Null: everybody's, as the reserved "no lot"
    that every sku has, and what was imported; nobody says dates of those.
    """

    __tablename__ = "lot"

    tenant_id: Mapped[TenantId]
    sku_id: Mapped[KeyId]
    id: Mapped[NewId]
    code: Mapped[str]
    keeper_id: Mapped[UUID | None] = mapped_column(Uuid)
    produced_on: Mapped[Day | None]
    expires_on: Mapped[Day | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "sku_id", "code", "keeper_id", postgresql_nulls_not_distinct=True),
        ref("sku_id", "sku"),
        ref("keeper_id", "organization"),
        CheckConstraint("produced_on < expires_on", name="expires_later"),
        CheckConstraint(f"id <> '{NO_LOT_ID}' OR expires_on IS NULL", name="no_lot_keeps"),
        CheckConstraint(f"id <> '{NO_LOT_ID}' OR keeper_id IS NULL", name="no_lot_is_everybodys"),
    )


class Stock(Base):
    """The truth about goods of one owner and lot at one location; movements sum to it."""

    __tablename__ = "stock"

    tenant_id: Mapped[TenantId]
    location_id: Mapped[KeyId]
    sku_id: Mapped[KeyId]
    owner_id: Mapped[KeyId]
    lot_id: Mapped[KeyId]
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")
    allocated: Mapped[int] = mapped_column(server_default="0")
    in_transit: Mapped[int] = mapped_column(server_default="0")
    quarantined: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(
        ref("location_id", "location"),
        ref("owner_id", "organization"),
        ForeignKeyConstraint(["tenant_id", "sku_id", "lot_id"], ["lot.tenant_id", "lot.sku_id", "lot.id"]),
        *at_least(0, *STATES),
        CheckConstraint("reserved + allocated + quarantined <= on_hand", name="not_oversold"),
        Index(None, "tenant_id", "sku_id", "owner_id"),
        Index(None, "tenant_id", "owner_id", "location_id", "sku_id", "lot_id"),
        # Room for updated versions on the same page keeps hot rows out of the indexes.
        postgresql_with={"fillfactor": 70},
    )


class SafetyStock(Base):
    """What an owner keeps back of a sku at a location; subtracted once, whatever the lots and contributions."""

    __tablename__ = "safety_stock"

    tenant_id: Mapped[TenantId]
    location_id: Mapped[KeyId]
    sku_id: Mapped[KeyId]
    owner_id: Mapped[KeyId]
    quantity: Mapped[int]
    __table_args__ = table_args(
        ref("location_id", "location"), ref("sku_id", "sku"), ref("owner_id", "organization"), *at_least(0, "quantity")
    )


class StockMovement(Base):
    """One change of a stock row, append-only: the sums of the deltas are the row."""

    __tablename__ = "stock_movement"

    tenant_id: Mapped[TenantId]
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    location_id: Mapped[Id]
    sku_id: Mapped[Id]
    owner_id: Mapped[Id]
    lot_id: Mapped[Id]
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")
    allocated: Mapped[int] = mapped_column(server_default="0")
    in_transit: Mapped[int] = mapped_column(server_default="0")
    quarantined: Mapped[int] = mapped_column(server_default="0")
    occurred_at: Mapped[Instant]
    reason: Mapped[str | None]
    document: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = part_args(
        ForeignKeyConstraint(
            ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
            ["stock.tenant_id", "stock.location_id", "stock.sku_id", "stock.owner_id", "stock.lot_id"],
            name="fk_stock_movement_stock",
        ),
        one_of("kind", MovementKind),
        CheckConstraint(" OR ".join(f"{state} <> 0" for state in STATES), name="moves_something"),
        Index(None, "tenant_id", "location_id", "sku_id", "owner_id", "lot_id", "id"),
        Index(None, "tenant_id", "document", "id", postgresql_where=text("document IS NOT NULL")),
    )


class StockDocument(Base):
    """A paper about goods: what came in, went out, moved, was counted, and why. Its movements name it."""

    __tablename__ = "stock_document"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    kind: Mapped[str]
    location_id: Mapped[Id]
    to_location_id: Mapped[UUID | None] = mapped_column(Uuid)
    owner_id: Mapped[Id]
    reason: Mapped[str | None]
    at: Mapped[Instant]
    __table_args__ = table_args(
        ref("location_id", "location"),
        ref("to_location_id", "location"),
        ref("owner_id", "organization"),
        one_of("kind", PAPER_KINDS),
        CheckConstraint("(to_location_id IS NOT NULL) = (kind = 'TRANSFER')", name="transfer_has_two_ends"),
        CheckConstraint("to_location_id <> location_id", name="transfer_moves"),
        CheckConstraint(f"char_length(reason) BETWEEN 1 AND {MAX_REASON_CHARS}", name="reason_length"),
        Index(None, "tenant_id", "location_id", "at", "id"),
    )


class InventoryPool(Base):
    """One pool of stock that owners contribute locations to."""

    __tablename__ = "inventory_pool"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    organization_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "organization_id", "code"),
        ref("organization_id", "organization"),
        code_length(),
    )


class PoolContribution(Base):
    """An owner's goods at a location, offered to `visible_to` and everyone below it."""

    __tablename__ = "pool_contribution"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    pool_id: Mapped[Id]
    location_id: Mapped[Id]
    owner_id: Mapped[Id]
    visible_to_id: Mapped[Id]
    share_bps: Mapped[int]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "pool_id", "location_id", "owner_id"),
        ref("pool_id", "inventory_pool"),
        ref("location_id", "location"),
        ref("owner_id", "organization"),
        ref("visible_to_id", "organization"),
        CheckConstraint("share_bps BETWEEN 0 AND 10000", name="share"),
        Index(None, "tenant_id", "owner_id", "location_id", "pool_id"),
        Index(None, "tenant_id", "visible_to_id"),
        Index(None, "tenant_id", "location_id", "owner_id"),
    )


class PoolContributionSku(Base):
    """What a contribution promises of one sku: a cap, where there is one, and what is held through it."""

    __tablename__ = "pool_contribution_sku"

    tenant_id: Mapped[TenantId]
    sku_id: Mapped[KeyId]
    contribution_id: Mapped[KeyId]
    cap: Mapped[int | None]
    held: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(
        ref("sku_id", "sku"),
        ref("contribution_id", "pool_contribution"),
        *at_least(0, "cap", "held"),
        CheckConstraint("held <= cap", name="held_within_cap"),
        Index(None, "tenant_id", "contribution_id", "sku_id"),
    )


_CRITERIA = ", ".join(f"'{criterion}'" for criterion in SourcingCriterion)
_EACH_ONCE = "cardinality(criteria) = " + " + ".join(f"('{one}' = ANY (criteria))::int" for one in SourcingCriterion)


class SourcingPolicy(Base):
    """How a cloud store wants its orders sourced: the criteria in their order, and the most packages."""

    __tablename__ = "sourcing_policy"

    tenant_id: Mapped[TenantId]
    cloud_store_id: Mapped[KeyId]
    criteria: Mapped[list[str]] = mapped_column(ARRAY(Text))
    max_packages: Mapped[int]
    __table_args__ = table_args(
        ref("cloud_store_id", "cloud_store"),
        CheckConstraint(
            f"cardinality(criteria) BETWEEN 1 AND {len(SourcingCriterion)} AND criteria <@ ARRAY[{_CRITERIA}]",
            name="criteria",
        ),
        CheckConstraint(_EACH_ONCE, name="criteria_once"),
        *at_least(1, "max_packages", at_most=MAX_PACKAGES),
    )


class Reservation(Base):
    """A hold: goods kept for an order that is not placed yet, until `expires_at`; for a customer, or for who comes.

    `by_store`: whether somebody took it who acts for the cloud store, which then answers for it; else its customer.
    `due_at` repeats that instant while something is to be done about it, and is null afterwards: it is all that the
    worker sees, and the only thing its index holds.
    """

    __tablename__ = "reservation"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    cloud_store_id: Mapped[Id]
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    by_store: Mapped[bool] = mapped_column(server_default="true")
    state: Mapped[str] = mapped_column(Text, server_default=ReservationState.HELD)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    due_at: Mapped[Instant | None]
    __table_args__ = part_args(
        ref("cloud_store_id", "cloud_store"),
        ref("customer_id", "customer"),
        one_of("state", ReservationState),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint("(state = 'HELD') = (due_at IS NOT NULL) AND (due_at = expires_at)", name="due_while_held"),
        Index("ix_reservation_due_at", "due_at", "tenant_id", "id", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_reservation_open", "tenant_id", "customer_id", postgresql_where=text("state = 'HELD'")),
        CheckConstraint("by_store OR customer_id IS NOT NULL", name="somebodys"),
        Index(
            "ix_reservation_by_store",
            *("tenant_id", "cloud_store_id"),
            postgresql_where=text("state = 'HELD' AND by_store"),
        ),
    )


class ReservationLine(Base):
    """What a hold takes from one stock row, and through which contribution, if any.

    Read by its hold alone: what is held of a row is looked for among the holds that live.
    """

    __tablename__ = "reservation_line"

    tenant_id: Mapped[TenantId]
    reservation_id: Mapped[KeyId]
    line: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[Id]
    sku_id: Mapped[Id]
    owner_id: Mapped[Id]
    lot_id: Mapped[Id]
    contribution_id: Mapped[UUID | None] = mapped_column(Uuid)
    quantity: Mapped[int]
    __table_args__ = part_args(
        ref("reservation_id", "reservation"),
        ForeignKeyConstraint(
            ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
            ["stock.tenant_id", "stock.location_id", "stock.sku_id", "stock.owner_id", "stock.lot_id"],
            name="fk_reservation_line_stock",
        ),
        ref("contribution_id", "pool_contribution"),
        *at_least(1, "quantity"),
    )
