"""Acts on what is offered to others and kept back, and on how orders are to be sourced."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import inventory as domain
from domain.money import MAX_SAFE
from resolvers import catalog, inventory
from schema.acts import (
    Checking,
    InvalidInput,
    KeyReused,
    LimitReached,
    NotAllowed,
    Refusal,
    about,
    act,
    each_row,
    fact,
    refusal,
    saved,
)
from schema.base import OWN, PUBLIC, BasisPoint, Count, attribute, edge
from schema.catalog import Sku
from schema.enums import TIERS, SourcingCriterion
from schema.inventory.reading import Contribution, Location

if TYPE_CHECKING:
    from schema.channel import CloudStore

_CloudStore = Annotated["CloudStore", strawberry.lazy("schema.channel")]


@strawberry.type(description="How a cloud store wants its orders sourced; nothing is sourced by it yet (寻源策略).")
class SourcingPolicy:
    """Its source is a `SourcingPolicyRow`."""

    criteria: list[SourcingCriterion] = attribute("What plans are compared by: the first counts first (寻源规则).", OWN)
    max_packages: int = attribute("Into how many packages an order may go at most (最多包裹数).", OWN)


of_cloud_store = edge(
    inventory.sourcing_policy,
    "How its orders are to be sourced; null where none is set, and for others than who runs it (寻源策略).",
    OWN,
)


@refusal(domain.CapBelowHeld, "More is held through the contribution than the cap would allow (上限低于已占).")
class CapBelowHeld(Refusal):
    """With what is held."""

    sku: Sku = edge(catalog.sku_refused, "Of what (规格).", PUBLIC)
    cap: Count = fact("cap", "The cap that was asked for (上限).")
    held: Count = fact("held", "Base units held through it now (已占).")


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A sku that a contribution promises (贡献明细).")
class ContributionSkuInput:
    """A row."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (规格标识).")
    cap: Count | None = strawberry.field(
        default=None, description="Most base units promised at one moment, from 0. Left out: no cap (上限)."
    )

    def to_command(self, check: Checking) -> domain.CapLine:
        """The row."""
        if self.cap is not None:
            check.number("cap", self.cap, 0, MAX_SAFE)
        return domain.CapLine(check.id("skuId", self.sku_id, "sku"), self.cap)


@strawberry.input(description="Goods to be offered through a pool (贡献一盘货).")
class ContributeToPoolInput:
    """Of one owner at one location."""

    pool_id: strawberry.ID = strawberry.field(description="The pool (一盘货标识).")
    location_id: strawberry.ID = strawberry.field(description="Where the goods lie (库位标识).")
    visible_to_id: strawberry.ID = strawberry.field(
        description="Who may sell them, with everyone below it: the owner, or who is above or below it (可见范围标识)."
    )
    share_bps: BasisPoint = strawberry.field(description="The part of the free stock that is shared (共享比例).")
    rows: list[ContributionSkuInput] = strawberry.field(
        description="The skus that are added to it or whose caps change, at most 500 (贡献明细)."
    )
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose goods. Left out: the viewer's own organisation's (货主标识)."
    )

    def to_command(self, check: Checking) -> domain.ContributeToPool:
        """The contribution."""
        return domain.ContributeToPool(
            pool=check.id("poolId", self.pool_id, "pool"),
            location=check.id("locationId", self.location_id, "location"),
            visible_to=check.id("visibleToId", self.visible_to_id, *TIERS),
            share_bps=self.share_bps,
            rows=check.rows("rows", self.rows, least=0),
            owner=check.optional_id("ownerId", self.owner_id, *TIERS),
        )


@strawberry.input(description="The end of a contribution (停止贡献).")
class EndContributionInput:
    """Which one."""

    contribution_id: strawberry.ID = strawberry.field(description="The contribution (贡献标识).")

    def to_command(self, check: Checking) -> domain.EndContribution:
        """The end."""
        return domain.EndContribution(check.id("contributionId", self.contribution_id, "contribution"))


@strawberry.input(description="What is kept back of a sku (安全库存明细).")
class SafetyStockInput:
    """A row."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (规格标识).")
    quantity: Count = strawberry.field(description="Base units that are not sold, from 0 (安全库存).")

    def to_command(self, check: Checking) -> domain.SafetyLine:
        """The row."""
        return domain.SafetyLine(
            check.id("skuId", self.sku_id, "sku"), check.number("quantity", self.quantity, 0, MAX_SAFE)
        )


@strawberry.input(description="What is kept back at a location (设置安全库存).")
class SetSafetyStockInput:
    """Of one owner at one location."""

    location_id: strawberry.ID = strawberry.field(description="The location (库位标识).")
    rows: list[SafetyStockInput] = strawberry.field(description="The skus, 1 to 500 (安全库存明细).")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose goods. Left out: the viewer's own organisation's (货主标识)."
    )

    def to_command(self, check: Checking) -> domain.SetSafetyStock:
        """The rows."""
        return domain.SetSafetyStock(
            check.id("locationId", self.location_id, "location"),
            check.rows("rows", self.rows),
            check.optional_id("ownerId", self.owner_id, *TIERS),
        )


@strawberry.input(description="How orders are to be sourced (设置寻源策略).")
class SetSourcingPolicyInput:
    """Of one cloud store."""

    cloud_store_id: strawberry.ID = strawberry.field(description="The cloud store (云店标识).")
    criteria: list[SourcingCriterion] = strawberry.field(
        description="What plans are compared by, each once: the first counts first (寻源规则)."
    )
    max_packages: int = strawberry.field(
        description="Into how many packages an order may go at most, 1 to 10 (最多包裹数)."
    )

    def to_command(self, check: Checking) -> domain.SetSourcingPolicy:
        """The policy."""
        if not self.criteria or len(set(self.criteria)) != len(self.criteria):
            check.wrong("criteria", "One or more are expected, each once.")
        return domain.SetSourcingPolicy(
            check.id("cloudStoreId", self.cloud_store_id, "cloudstore"),
            tuple(self.criteria),
            check.number("maxPackages", self.max_packages, 1, domain.MAX_PACKAGES),
        )


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ContributionSkuResult = Annotated[
    Sku | CapBelowHeld | InvalidInput | NotAllowed,
    strawberry.union("ContributionSkuResult", description="The sku that is promised, or why it is not (贡献结果)."),
]
SafetyStockResult = Annotated[
    Sku | InvalidInput | NotAllowed,
    strawberry.union("SafetyStockResult", description="The sku that is kept back, or why it is not (设置结果)."),
]


@saved("What came of the skus of a contribution (贡献结果).")
class ContributedToPool:
    """Row by row."""

    contribution: Contribution | None = about("The contribution (贡献).")
    rows: list[ContributionSkuResult] = each_row("What came of each row, in their order (逐行结果).")


@saved("What came of the skus that are kept back (安全库存结果).")
class SavedSafetyStock:
    """Row by row."""

    location: Location | None = about("The location (库位).")
    rows: list[SafetyStockResult] = each_row("What came of each row, in their order (逐行结果).")


ContributeToPoolResult = Annotated[
    ContributedToPool | LimitReached | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ContributeToPoolResult", description="What is offered, or why nothing is (贡献结果)."),
]
EndContributionResult = Annotated[
    Contribution | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("EndContributionResult", description="The contribution, or why it goes on (停止结果)."),
]
SetSafetyStockResult = Annotated[
    SavedSafetyStock | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SetSafetyStockResult", description="What is kept back, or why nothing is (设置结果)."),
]
SetSourcingPolicyResult = Annotated[
    _CloudStore | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SetSourcingPolicyResult", description="The cloud store, or why it keeps its policy (设置结果)."),
]


@strawberry.type
class PoolingMutation:
    """Acts on pools."""

    contribute_to_pool: ContributeToPoolResult = act(
        inventory.contribute_to_pool,
        ContributeToPoolInput,
        "Goods at a location are offered through a pool, to an organisation and everyone below it (贡献一盘货).",
        OWN,
    )
    end_contribution: EndContributionResult = act(
        inventory.end_contribution,
        EndContributionInput,
        "Nothing more is promised through a contribution: its share is 0; what is held stays held (停止贡献).",
        OWN,
    )
    set_safety_stock: SetSafetyStockResult = act(
        inventory.set_safety_stock, SetSafetyStockInput, "Goods are kept back at a location (设置安全库存).", OWN
    )
    set_sourcing_policy: SetSourcingPolicyResult = act(
        inventory.set_sourcing_policy,
        SetSourcingPolicyInput,
        "How a cloud store's orders are to be sourced is kept; nothing sources by it yet: a hold takes own goods, then "
        "the nearest others' (设置寻源策略).",
        OWN,
    )
