"""The member centre's tables: so far the shopper herself, one customer per tenant."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, NewId, TenantId, ref, table_args


class Customer(Base):
    """A consumer of the tenant, one per account."""

    __tablename__ = "customer"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    account_id: Mapped[Id]
    joined_at: Mapped[Instant]
    __table_args__ = table_args(UniqueConstraint("tenant_id", "account_id"), ref("account_id", "account"))
