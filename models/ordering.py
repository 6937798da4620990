"""The ordering centre's tables: orders of every tier and their lines, frozen when placed."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.ordering import OrderKind, OrderState, Terminal
from models.base import Base, Id, Instant, KeyId, NewId, TenantId, at_least, one_of, ref, table_args


class Order(Base):
    """An order between a seller and either an organisation or a consumer. Amounts are minor units of `currency`."""

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
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "number"),
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
    )


class OrderLine(Base):
    """One line: what, how many base units, at what price, and who sells, owns and ships it."""

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
    __table_args__ = table_args(
        ref("order_id", "order_header"),
        ref("sku_id", "sku"),
        ref("brand_id", "organization"),
        ref("goods_owner_id", "organization"),
        ref("fulfiller_id", "organization"),
        ForeignKeyConstraint(["tenant_id", "sku_id", "lot_id"], ["lot.tenant_id", "lot.sku_id", "lot.id"]),
        *at_least(1, "quantity"),
        *at_least(0, "unit_fen", "discount_fen", "net_fen"),
        CheckConstraint("net_fen = quantity * unit_fen - discount_fen", name="net"),
        Index(None, "tenant_id", "sku_id"),
    )
