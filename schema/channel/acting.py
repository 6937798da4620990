"""The channel's acts, and why they are refused."""

from typing import Annotated, TypeAlias

import strawberry

from domain import channel as domain
from resolvers import channel
from schema.acts import CodeTaken, InvalidInput, KeyReused, NotAllowed, Refusal, act, fact, refusal
from schema.base import COUNTERPARTY, OWN
from schema.channel.inputs import (
    AddStaffInput,
    ApplyAsStoreInput,
    ChangeStandingInput,
    CloseCloudStoreInput,
    CreateSiteInput,
    CreateTerritoryInput,
    DecorateCloudStoreInput,
    EndStaffInput,
    InviteOrganizationInput,
    LeaveUpstreamInput,
    OpenCloudStoreInput,
    ReviewOrganizationInput,
    SetCloudStoreModeInput,
    SetTerritoryRegionsInput,
    UpstreamInput,
)
from schema.channel.places import CloudStore, Site, Territory
from schema.channel.reading import Agent, Brand, Distributor, Staff, Store, Subsidiary, Supplier
from schema.enums import CloudStoreMode, EdgeKind, OrganizationStatus, Role, Tier


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@refusal(domain.StatusForbids, "It cannot be done to, or by, an organisation of this status (状态不允许).")
class StatusForbids(Refusal):
    """With the status."""

    status: OrganizationStatus = fact("status", "The status that forbids it (状态).")


@refusal(domain.TooManyApplications, "Too many stores of one account wait for review (待审核过多).")
class TooManyApplications(Refusal):
    """With the most that may."""

    most: int = fact("most", "How many may wait at once (上限).")


@refusal(domain.TooManyOffers, "Too much supply waits for the other side's consent (待确认供货过多).")
class TooManyOffers(Refusal):
    """With the most that may; whether of who offers or of who is asked."""

    most: int = fact("most", "How many may wait at once (上限).")


@refusal(domain.EdgeNotAllowed, "Such an edge does not join these tiers (层级关系不允许).")
class EdgeNotAllowed(Refusal):
    """With both tiers."""

    kind: EdgeKind = fact("kind", "The kind of edge (关系).")
    source: Tier = fact("source", "The tier of the upper one (上游层级).")
    target: Tier = fact("target", "The tier of the lower one (下游层级).")


@refusal(domain.SupplyCycle, "Supply would lead back to where it began (供货成环).")
class SupplyCycle(Refusal):
    """Over whom is not said: an organisation is not told who supplies others."""


@refusal(domain.SupplyTooDeep, "There would be more tiers below one another than any channel has (层级过深).")
class SupplyTooDeep(Refusal):
    """Nothing was done."""


@refusal(domain.PrimaryUpstream, "Who has upstreams has exactly one primary (须有且仅有一个主供货商).")
class PrimaryUpstream(Refusal):
    """With how many there would be."""

    primaries: int = fact("primaries", "How many primary ones there would be (主供货商数).")


@refusal(domain.MainSiteExists, "There is a main site already (主站已存在).")
class MainSiteExists(Refusal):
    """Nothing was done."""


@refusal(domain.RegionServed, "A region has one city site (区域已有分站).")
class RegionServed(Refusal):
    """With the region's code."""

    region: str = fact("region", "The code of the region (区划代码).")


@refusal(domain.RoleNotAllowed, "Organisations of this tier have no staff of this role (岗位不适用).")
class RoleNotAllowed(Refusal):
    """With both."""

    role: Role = fact("role", "The role (岗位).")
    tier: Tier = fact("tier", "The tier (层级).")


@refusal(domain.LastAdministrator, "Nobody else could administer the organisation (最后一名管理员).")
class LastAdministrator(Refusal):
    """Nothing was done."""


@refusal(domain.AccountInactive, "The person's account is shut (账号已停用).")
class AccountInactive(Refusal):
    """Nothing was done."""


@refusal(domain.ModeNotAllowed, "A cloud store of this tier does not sell so (云店模式不适用).")
class ModeNotAllowed(Refusal):
    """With both."""

    mode: CloudStoreMode = fact("mode", "The mode (云店模式).")
    tier: Tier = fact("tier", "The tier (层级).")


@refusal(domain.CloudStoreExists, "The organisation has a cloud store that is open (云店已开通).")
class CloudStoreExists(Refusal):
    """Nothing was done."""


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_Any: TypeAlias = InvalidInput | KeyReused | NotAllowed
_AnyOrganization: TypeAlias = Brand | Subsidiary | Agent | Distributor | Store | Supplier

InviteOrganizationResult = Annotated[
    Subsidiary
    | Agent
    | Distributor
    | Store
    | AccountInactive
    | CodeTaken
    | EdgeNotAllowed
    | StatusForbids
    | SupplyTooDeep
    | _Any,
    strawberry.union("InviteOrganizationResult", description="Who was invited, or why nobody was (邀请结果)."),
]
ApplyAsStoreResult = Annotated[
    Store | CodeTaken | EdgeNotAllowed | StatusForbids | TooManyApplications | _Any,
    strawberry.union("ApplyAsStoreResult", description="The store that applied, or why it did not (申请结果)."),
]
ReviewOrganizationResult = Annotated[
    Store | StatusForbids | SupplyTooDeep | _Any,
    strawberry.union("ReviewOrganizationResult", description="The store, or why nothing was decided (审核结果)."),
]
ChangeStandingResult = Annotated[
    _AnyOrganization | StatusForbids | _Any,
    strawberry.union("ChangeStandingResult", description="The organisation, or why nothing changed (状态变更结果)."),
]
JoinUpstreamResult = Annotated[
    _AnyOrganization | EdgeNotAllowed | StatusForbids | SupplyCycle | SupplyTooDeep | TooManyOffers | _Any,
    strawberry.union("JoinUpstreamResult", description="Who is, or is to be, supplied, or why not (供货结果)."),
]
LeaveUpstreamResult = Annotated[
    _AnyOrganization | PrimaryUpstream | SupplyTooDeep | _Any,
    strawberry.union("LeaveUpstreamResult", description="Who was supplied, or why it still is (解除供货结果)."),
]
SetPrimaryUpstreamResult = Annotated[
    _AnyOrganization | _Any,
    strawberry.union("SetPrimaryUpstreamResult", description="Whose chain it is, or why it stays (主供货结果)."),
]
CreateSiteResult = Annotated[
    Site | CodeTaken | MainSiteExists | RegionServed | StatusForbids | _Any,
    strawberry.union("CreateSiteResult", description="The site, or why there is none (新建分站结果)."),
]
CreateTerritoryResult = Annotated[
    Territory | StatusForbids | _Any,
    strawberry.union("CreateTerritoryResult", description="The territory, or why there is none (新建区域结果)."),
]
SetTerritoryRegionsResult = Annotated[
    Territory | _Any,
    strawberry.union("SetTerritoryRegionsResult", description="The territory, or why it stays (调整区域结果)."),
]
AddStaffResult = Annotated[
    Staff | AccountInactive | RoleNotAllowed | StatusForbids | _Any,
    strawberry.union("AddStaffResult", description="The role, or why nobody has it (新增员工结果)."),
]
EndStaffResult = Annotated[
    Staff | LastAdministrator | _Any,
    strawberry.union("EndStaffResult", description="The role that ended, or why it did not (员工离职结果)."),
]
OpenCloudStoreResult = Annotated[
    CloudStore | CloudStoreExists | ModeNotAllowed | StatusForbids | _Any,
    strawberry.union("OpenCloudStoreResult", description="The cloud store, or why it did not open (开通结果)."),
]
SetCloudStoreModeResult = Annotated[
    CloudStore | ModeNotAllowed | StatusForbids | _Any,
    strawberry.union("SetCloudStoreModeResult", description="The cloud store, or why it sells as before (切换结果)."),
]
DecorateCloudStoreResult = Annotated[
    CloudStore | StatusForbids | _Any,
    strawberry.union("DecorateCloudStoreResult", description="The cloud store, or why it looks as before (装修结果)."),
]
CloseCloudStoreResult = Annotated[
    _AnyOrganization | StatusForbids | _Any,
    strawberry.union("CloseCloudStoreResult", description="Whose cloud store closed, or why it did not (关店结果)."),
]


@strawberry.type
class Mutation:
    """The channel centre's acts."""

    invite_organization: InviteOrganizationResult = act(
        channel.invite_organization,
        InviteOrganizationInput,
        "An upstream takes on a new organisation below it, which trades at once (邀请入驻).",
        OWN,
    )
    apply_as_store: ApplyAsStoreResult = act(
        channel.apply_as_store,
        ApplyAsStoreInput,
        "A person whom the tenant knows registers her store under an upstream, which reviews it (门店自助入驻).",
        COUNTERPARTY,
    )
    review_organization: ReviewOrganizationResult = act(
        channel.review_organization,
        ReviewOrganizationInput,
        "The upstream that a store applied under admits it or rejects it (入驻审核).",
        OWN,
    )
    suspend_organization: ChangeStandingResult = act(
        channel.suspend_organization,
        ChangeStandingInput,
        "One above it in its chain, or the platform, shuts an organisation out (停用组织).",
        OWN,
    )
    resume_organization: ChangeStandingResult = act(
        channel.resume_organization,
        ChangeStandingInput,
        "One above it in its chain, or the platform, lets an organisation trade again (恢复组织).",
        OWN,
    )
    join_upstream: JoinUpstreamResult = act(
        channel.join_upstream,
        UpstreamInput,
        "One of two says that the one is to supply the other; once both have said so, it does (建立供货).",
        OWN,
    )
    leave_upstream: LeaveUpstreamResult = act(
        channel.leave_upstream,
        LeaveUpstreamInput,
        "One of two ends that the one supplies the other, or what was offered between them (解除供货).",
        OWN,
    )
    set_primary_upstream: SetPrimaryUpstreamResult = act(
        channel.set_primary_upstream,
        UpstreamInput,
        "An organisation says whom among its upstreams its chain follows (设置主供货商).",
        OWN,
    )
    create_site: CreateSiteResult = act(
        channel.create_site,
        CreateSiteInput,
        "Who runs a site opens another below it; the platform opens the main one (新建分站).",
        OWN,
    )
    create_territory: CreateTerritoryResult = act(
        channel.create_territory,
        CreateTerritoryInput,
        "One above it in its chain protects the trade of an organisation in an area (新建保护区域).",
        OWN,
    )
    set_territory_regions: SetTerritoryRegionsResult = act(
        channel.set_territory_regions,
        SetTerritoryRegionsInput,
        "One above its holder says what an area is made of from now on (调整保护区域).",
        OWN,
    )
    add_staff: AddStaffResult = act(
        channel.add_staff, AddStaffInput, "A person gets a role in an organisation, or has it again (新增员工).", OWN
    )
    end_staff: EndStaffResult = act(
        channel.end_staff, EndStaffInput, "A person's role in an organisation ends (员工离职).", OWN
    )
    open_cloud_store: OpenCloudStoreResult = act(
        channel.open_cloud_store,
        OpenCloudStoreInput,
        "An organisation opens its one cloud store, or opens it again (开通云店).",
        OWN,
    )
    set_cloud_store_mode: SetCloudStoreModeResult = act(
        channel.set_cloud_store_mode,
        SetCloudStoreModeInput,
        "A cloud store sells in another way from now on (切换云店模式).",
        OWN,
    )
    decorate_cloud_store: DecorateCloudStoreResult = act(
        channel.decorate_cloud_store,
        DecorateCloudStoreInput,
        "A cloud store has another front page from now on (店铺装修).",
        OWN,
    )
    close_cloud_store: CloseCloudStoreResult = act(
        channel.close_cloud_store, CloseCloudStoreInput, "A cloud store closes now (关闭云店).", OWN
    )
