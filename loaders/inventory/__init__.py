"""The inventory centre's reads: locations, stock by lot, pools, and what a store can sell."""

from loaders.inventory.cover import COVER, CoverEntry
from loaders.inventory.promise import (
    ChannelStockOf,
    ChannelStockRow,
    PromiseOf,
    SourceRow,
)
from loaders.inventory.stock import (
    CONTRIBUTION_SKUS,
    STOCK,
    ContributionRow,
    ContributionSkuEntry,
    ContributionsOf,
    LocationById,
    LocationOfRow,
    LocationRow,
    LocationsOf,
    PoolById,
    PoolOfRow,
    PoolRow,
    PoolsOf,
    StockEntry,
    locations,
    pools,
)

__all__ = [
    "CONTRIBUTION_SKUS",
    "COVER",
    "STOCK",
    "ChannelStockOf",
    "ChannelStockRow",
    "ContributionRow",
    "ContributionSkuEntry",
    "ContributionsOf",
    "CoverEntry",
    "LocationById",
    "LocationOfRow",
    "LocationRow",
    "LocationsOf",
    "PoolById",
    "PoolOfRow",
    "PoolRow",
    "PoolsOf",
    "PromiseOf",
    "SourceRow",
    "StockEntry",
    "locations",
    "pools",
]
