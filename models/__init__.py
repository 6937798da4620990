"""Tables, constraints, and the statements that lock and write. Importing this package fills the registry of tables."""

from models import (
    acts,
    attribution,
    campaign,
    catalog,
    channel,
    integration,
    inventory,
    member,
    ordering,
    outbox,
    settlement,
)
from models.base import Base

__all__ = [
    "Base",
    "acts",
    "attribution",
    "campaign",
    "catalog",
    "channel",
    "integration",
    "inventory",
    "member",
    "ordering",
    "outbox",
    "settlement",
]
