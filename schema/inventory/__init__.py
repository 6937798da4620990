"""The inventory centre's types and acts."""

from schema.inventory.acting import Mutation
from schema.inventory.holding import Reservation
from schema.inventory.pooling import (
    CapBelowHeld,
    ContributedToPool,
    ContributeToPoolInput,
    ContributionSkuInput,
    EndContributionInput,
    SafetyStockInput,
    SavedSafetyStock,
    SetSafetyStockInput,
    SetSourcingPolicyInput,
    SourcingPolicy,
    of_cloud_store,
)
from schema.inventory.reading import (
    COVER,
    Contribution,
    ContributionSku,
    Location,
    Pool,
    Query,
    Stock,
    StockCover,
)
from schema.inventory.stocking import (
    GoodsInput,
    Shortage,
    StockDocument,
    StockInput,
    StockMovement,
    TransferStockInput,
)

__all__ = [
    "COVER",
    "CapBelowHeld",
    "ContributeToPoolInput",
    "ContributedToPool",
    "Contribution",
    "ContributionSku",
    "ContributionSkuInput",
    "EndContributionInput",
    "GoodsInput",
    "Location",
    "Mutation",
    "Pool",
    "Query",
    "Reservation",
    "SafetyStockInput",
    "SavedSafetyStock",
    "SetSafetyStockInput",
    "SetSourcingPolicyInput",
    "Shortage",
    "SourcingPolicy",
    "Stock",
    "StockCover",
    "StockDocument",
    "StockInput",
    "StockMovement",
    "TransferStockInput",
    "of_cloud_store",
]
