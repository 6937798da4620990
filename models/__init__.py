"""Tables, constraints, and the statements that lock and write. Importing this package fills the registry of tables."""

from models import attribution, campaign, catalog, channel, integration, inventory, member, ordering
from models.base import Base

__all__ = [
    "Base",
    "attribution",
    "campaign",
    "catalog",
    "channel",
    "integration",
    "inventory",
    "member",
    "ordering",
]
