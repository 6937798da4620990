"""The ordering centre's tables: orders of every tier, their lines, the goods that are theirs, and what ships.

What is ordered is frozen when it is placed; what becomes of it is counted on the lines. Money is in `money`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.member import PHONE
from domain.ordering import (
    MAX_ADDRESS_CHARS,
    MAX_CARRIER_CHARS,
    MAX_DELIVERY_NOTE_CHARS,
    MAX_RECIPIENT_CHARS,
    MAX_TRACKING_CHARS,
    CancelCause,
    DeliveryMethod,
    OrderKind,
    OrderState,
    Terminal,
)
from models.base import Base, Id, Instant, KeyId, NewId, TenantId, at_least, one_of, part_of, ref, table_args

_MONEY_OF_STATE = (
    "CASE state WHEN 'PENDING_PAYMENT' THEN paid_fen = 0"
    " WHEN 'CANCELLED' THEN refunded_fen = paid_fen AND cancel_cause IS NOT NULL"
    " ELSE paid_fen = total_fen END"
)
"""What an order that was placed here has been paid: nothing while it waits, all once it goes on, all of it given back
when it was cancelled."""


class Order(Base):
    """An order between a seller and either an organisation or a consumer. Amounts are minor units of `currency`.

    `payment_due_at` and `reservation_id` are those of an order that was placed here, whose goods and money are in this
    database; others were only told. `due_at` is when the clock goes on with it, and all that the worker sees: it
    repeats the first while the order waits for its money, and says from when it is taken for received once nothing is
    left to ship. `by_store` is its hold's: who keeps the goods from others until they are paid.
    """

    __tablename__ = "order_header"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    number: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    seller_id: Mapped[Id]
    buyer_id: Mapped[UUID | None] = mapped_column(Uuid)
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    placed_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    cloud_store_id: Mapped[UUID | None] = mapped_column(Uuid)
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    terminal: Mapped[str | None]
    currency: Mapped[str]
    total_fen: Mapped[int]
    placed_at: Mapped[Instant]
    reservation_id: Mapped[UUID | None] = mapped_column(Uuid)
    by_store: Mapped[bool] = mapped_column(server_default="false")
    payment_due_at: Mapped[Instant | None]
    due_at: Mapped[Instant | None]
    cancel_cause: Mapped[str | None]
    paid_fen: Mapped[int] = mapped_column(server_default="0")
    refunded_fen: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "reservation_id"),
        ref("reservation_id", "reservation"),
        one_of("cancel_cause", CancelCause),
        CheckConstraint("cancel_cause IS NULL OR state = 'CANCELLED'", name="cause_of_cancelled"),
        CheckConstraint("(payment_due_at IS NULL) = (reservation_id IS NULL)", name="placed_with_goods"),
        CheckConstraint(
            "(due_at IS NOT NULL) = (payment_due_at IS NOT NULL AND state IN ('PENDING_PAYMENT', 'FULFILLED'))"
            " AND (due_at = payment_due_at OR state = 'FULFILLED')",
            name="due_by_state",
        ),
        CheckConstraint("refunded_fen BETWEEN 0 AND paid_fen AND paid_fen <= total_fen", name="refunded_within_paid"),
        CheckConstraint(f"payment_due_at IS NULL OR ({_MONEY_OF_STATE})", name="money_of_state"),
        ref("seller_id", "organization"),
        ref("buyer_id", "organization"),
        ref("customer_id", "customer"),
        ref("placed_by_id", "account"),
        ref("cloud_store_id", "cloud_store"),
        ref("site_id", "site"),
        one_of("kind", OrderKind),
        one_of("state", OrderState),
        one_of("terminal", Terminal),
        CheckConstraint("num_nonnulls(buyer_id, customer_id) = 1", name="one_buyer"),
        *at_least(0, "total_fen"),
        Index(None, "tenant_id", "seller_id", "placed_at", "id"),
        Index(None, "tenant_id", "buyer_id", "placed_at", "id"),
        Index(None, "tenant_id", "customer_id", "placed_at", "id"),
        Index("ix_order_header_open", "tenant_id", "customer_id", postgresql_where=text("state = 'PENDING_PAYMENT'")),
        Index(
            "ix_order_header_by_store",
            *("tenant_id", "cloud_store_id"),
            postgresql_where=text("state = 'PENDING_PAYMENT' AND by_store"),
        ),
        Index("ix_order_header_due_at", "due_at", "tenant_id", "id", postgresql_where=text("due_at IS NOT NULL")),
    )


class OrderDelivery(Base):
    """Where a shopper's order goes, as it was said when it was placed, append-only; without a row it was not said."""

    __tablename__ = "order_delivery"

    tenant_id: Mapped[TenantId]
    order_id: Mapped[KeyId]
    method: Mapped[str]
    recipient: Mapped[str | None]
    phone: Mapped[str | None]
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    address: Mapped[str | None]
    note: Mapped[str | None]
    __table_args__ = table_args(
        ref("order_id", "order_header"),
        one_of("method", DeliveryMethod),
        CheckConstraint(f"char_length(recipient) BETWEEN 1 AND {MAX_RECIPIENT_CHARS}", name="recipient_length"),
        CheckConstraint(f"phone ~ '{PHONE}'", name="phone"),
        CheckConstraint(f"char_length(address) BETWEEN 1 AND {MAX_ADDRESS_CHARS}", name="address_length"),
        CheckConstraint(f"char_length(note) BETWEEN 1 AND {MAX_DELIVERY_NOTE_CHARS}", name="note_length"),
        CheckConstraint(
            "CASE method WHEN 'STORE_PICKUP' THEN num_nonnulls(region_code, address) = 0"
            " ELSE num_nonnulls(recipient, phone, address) = 3 END",
            name="address_of_method",
        ),
    )


class OrderLine(Base):
    """One line: what, how many base units, at what price, and who sells, owns and ships it.

    `cancelled` units will not be shipped: of a cancelled order all, whether it was paid or not. `refunded` units are
    those whose money went back by the unit; `refunded_fen` is all that went back. `short` units are paid for and have
    no goods any more. Since when, and whose order it is, stands beside them as long as somebody has to see to it: the
    lists of such lines are indexes over these columns.
    """

    __tablename__ = "order_line"

    tenant_id: Mapped[TenantId]
    order_id: Mapped[KeyId]
    line: Mapped[int] = mapped_column(primary_key=True)
    sku_id: Mapped[Id]
    brand_id: Mapped[Id]
    goods_owner_id: Mapped[Id]
    fulfiller_id: Mapped[Id]
    quantity: Mapped[int]
    unit_fen: Mapped[int]
    discount_fen: Mapped[int] = mapped_column(server_default="0")
    net_fen: Mapped[int]
    configuration: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    lot_id: Mapped[UUID | None] = mapped_column(Uuid)
    shipped: Mapped[int] = mapped_column(server_default="0")
    cancelled: Mapped[int] = mapped_column(server_default="0")
    refunded: Mapped[int] = mapped_column(server_default="0")
    refunded_fen: Mapped[int] = mapped_column(server_default="0")
    short: Mapped[int] = mapped_column(server_default="0")
    short_since: Mapped[Instant | None]
    short_seller_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        ref("order_id", "order_header"),
        ref("sku_id", "sku"),
        ref("brand_id", "organization"),
        ref("goods_owner_id", "organization"),
        ref("fulfiller_id", "organization"),
        ref("short_seller_id", "organization"),
        ForeignKeyConstraint(["tenant_id", "sku_id", "lot_id"], ["lot.tenant_id", "lot.sku_id", "lot.id"]),
        *at_least(1, "quantity"),
        *at_least(0, "unit_fen", "discount_fen", "net_fen"),
        CheckConstraint("net_fen = quantity * unit_fen - discount_fen", name="net"),
        *at_least(0, "shipped", "cancelled", "refunded", "refunded_fen", "short"),
        CheckConstraint("shipped + cancelled + short <= quantity", name="shipped_within_quantity"),
        CheckConstraint(
            "num_nonnulls(short_since, short_seller_id) = CASE WHEN short > 0 THEN 2 ELSE 0 END", name="short_noted"
        ),
        CheckConstraint("refunded <= shipped + cancelled", name="refunded_within_moved"),
        CheckConstraint("refunded_fen <= net_fen", name="refunded_within_net"),
        Index(None, "tenant_id", "sku_id"),
        *(
            Index(name, *of, "short_since", "order_id", "line", postgresql_where=text("short > 0"))
            for name, of in {
                "ix_order_line_short": ("tenant_id",),
                "ix_order_line_short_of": ("tenant_id", "short_seller_id"),
                "ix_order_line_short_to_ship": ("tenant_id", "fulfiller_id"),
            }.items()
        ),
    )


def _of_line() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "order_id", "line"], ["order_line.tenant_id", "order_line.order_id", "order_line.line"]
    )


def _at_place(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        ["stock.tenant_id", "stock.location_id", "stock.sku_id", "stock.owner_id", "stock.lot_id"],
        name=f"fk_{table}_stock",
    )


class Allocation(Base):
    """Goods of one stock row that are a paid order's: what of them has not shipped nor been given back is `allocated`.

    `part` numbers them within the order, in the order in which they ship. `contribution_id`: through which they were
    promised, where they are another's. `fulfiller_id` runs the location, `allocated_at` is since when they are to ship:
    what an organisation has still to ship is one range of an index, the oldest first.
    """

    __tablename__ = "order_allocation"

    tenant_id: Mapped[TenantId]
    order_id: Mapped[KeyId]
    part: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    location_id: Mapped[Id]
    sku_id: Mapped[Id]
    owner_id: Mapped[Id]
    lot_id: Mapped[Id]
    contribution_id: Mapped[UUID | None] = mapped_column(Uuid)
    fulfiller_id: Mapped[Id]
    allocated_at: Mapped[Instant]
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(server_default="0")
    given_back: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(
        _of_line(),
        _at_place("order_allocation"),
        ref("contribution_id", "pool_contribution"),
        ForeignKeyConstraint(
            ["tenant_id", "location_id", "fulfiller_id"],
            ["location.tenant_id", "location.id", "location.organization_id"],
        ),
        *at_least(1, "part", "quantity"),
        *at_least(0, "shipped", "given_back"),
        CheckConstraint("shipped + given_back <= quantity", name="within_quantity"),
        Index(
            "ix_order_allocation_open",
            *("tenant_id", "location_id", "sku_id", "owner_id", "lot_id"),
            postgresql_where=text("shipped + given_back < quantity"),
        ),
        Index(
            "ix_order_allocation_to_ship",
            *("tenant_id", "fulfiller_id", "allocated_at", "order_id", "part"),
            postgresql_where=text("shipped + given_back < quantity"),
        ),
    )


class Shipment(Base):
    """Goods of an order that left together, append-only; whose they were and where they lay is on its lines."""

    __tablename__ = "shipment"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    order_id: Mapped[Id]
    fulfiller_id: Mapped[Id]
    carrier: Mapped[str | None]
    tracking: Mapped[str | None]
    shipped_at: Mapped[Instant]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "id", "order_id"),
        ref("order_id", "order_header"),
        ref("fulfiller_id", "organization"),
        CheckConstraint(f"char_length(carrier) BETWEEN 1 AND {MAX_CARRIER_CHARS}", name="carrier_length"),
        CheckConstraint(f"char_length(tracking) BETWEEN 1 AND {MAX_TRACKING_CHARS}", name="tracking_length"),
        Index(None, "tenant_id", "order_id", "shipped_at", "id"),
    )


class ShipmentLine(Base):
    """Units of one stock row that left for one line of an order, append-only."""

    __tablename__ = "shipment_line"

    tenant_id: Mapped[TenantId]
    shipment_id: Mapped[KeyId]
    part: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[Id]
    line: Mapped[int]
    location_id: Mapped[Id]
    sku_id: Mapped[Id]
    owner_id: Mapped[Id]
    lot_id: Mapped[Id]
    quantity: Mapped[int]
    __table_args__ = table_args(
        part_of("shipment_id", "shipment", "order_id"),
        _of_line(),
        _at_place("shipment_line"),
        *at_least(1, "part", "quantity"),
    )
