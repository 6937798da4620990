"""What the channel's acts take."""

import re

import strawberry

from domain import channel as domain
from domain.access import NAME_CHARS, is_name
from domain.channel import MAX_REGIONS, MAX_SECTION_GOODS, MAX_SECTIONS
from domain.member import PHONE
from models.base import MAX_CODE_CHARS
from models.channel import MAX_BANNER_CHARS, MAX_NAME_CHARS, MAX_REASON_CHARS, MAX_URL_CHARS
from schema.acts import Checking, characters
from schema.enums import TIERS, CloudStoreMode, Role, SiteKind, Tier

_ORGANIZATION = "The organisation (组织标识)."
_UPSTREAM = "The organisation that supplies it (上游标识)."
_CLOUD_STORE = "The cloud store (云店标识)."
_REASON = f"Why, 1 to {MAX_REASON_CHARS} characters (原因)."
_CODE = characters(MAX_CODE_CHARS)
_NAME = characters(MAX_NAME_CHARS)
_LINE = characters(MAX_BANNER_CHARS)
_HTTPS = re.compile(r"https://[!-~]+")


# ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="Where an organisation stands (地址).")
class AddressInput:
    """An address."""

    region_code: str | None = strawberry.field(default=None, description=f"The region's code, {_CODE} (区划代码).")
    address: str | None = strawberry.field(default=None, description=f"Street and number, {_LINE} (地址).")
    city: str | None = strawberry.field(default=None, description=f"The city, {_NAME} (城市).")
    postal_code: str | None = strawberry.field(default=None, description=f"The postal code, {_CODE} (邮编).")

    def to_command(self, check: Checking) -> domain.Address:
        """The address."""
        return domain.Address(
            check.optional_code("regionCode", self.region_code),
            check.optional_text("address", self.address, MAX_BANNER_CHARS),
            check.optional_text("city", self.city, MAX_NAME_CHARS),
            check.optional_code("postalCode", self.postal_code),
        )


@strawberry.input(description="A person, by her login's subject or by her phone (人员).")
class PersonInput:
    """A person, whose account is made if it is not there."""

    display_name: str = strawberry.field(description=f"What her people call her, {_NAME} (称呼).")
    subject: str | None = strawberry.field(
        default=None, description="What the issuer of tokens knows her by. Left out: the address of her phone (登录名)."
    )
    phone: str | None = strawberry.field(
        default=None,
        description="Her phone with its country's code, like +8613800001234, instead of a subject; who logs in as her "
        "has to prove that it is hers (手机号).",
    )

    def to_command(self, check: Checking) -> domain.Person:
        """The person."""
        if (self.subject is None) == (self.phone is None):
            check.wrong("subject", "Either a subject or a phone is expected.")
        if self.subject is not None and not is_name(self.subject):
            check.wrong("subject", f"A printable text of 1 to {NAME_CHARS} characters is expected.")
        if self.subject is not None and self.subject.startswith(domain.PHONE_ADDRESS):
            check.wrong("subject", "The phone is expected by itself.")
        if self.phone is not None and not re.fullmatch(PHONE, self.phone):
            check.wrong("phone", "A number like +8613800001234 is expected.")
        name = check.text("displayName", self.display_name, MAX_NAME_CHARS)
        return domain.Person(name, self.subject, self.phone)


# ── organisations ─────────────────────────────────────────────────────────────────────────────────────────────────────
def check_invited(check: Checking, tier: Tier) -> None:
    """Say what is wrong about a tier that somebody is invited to."""
    if tier in domain.HEADS:
        check.wrong("tier", "Nobody invites a brand or a supplier.")


@strawberry.input(description="A new organisation below another (邀请入驻).")
class InviteOrganizationInput:
    """An invitation."""

    upstream_id: strawberry.ID = strawberry.field(description="Who invites, and will supply it (上游标识).")
    tier: Tier = strawberry.field(description="Its tier, no brand and no supplier (层级).")
    code: str = strawberry.field(description=f"The number the trade will know it by, {_CODE} (编号).")
    name: str = strawberry.field(description=f"Its name, {_NAME} (名称).")
    administrator: PersonInput = strawberry.field(description="Who administers it from its first day (管理员).")
    where: AddressInput | None = strawberry.field(default=None, description="Where it stands (地址).")

    def to_command(self, check: Checking) -> domain.InviteOrganization:
        """Who is invited."""
        check_invited(check, self.tier)
        return domain.InviteOrganization(
            upstream=check.id("upstreamId", self.upstream_id, *TIERS),
            tier=self.tier,
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            administrator=self.administrator.to_command(check.at("administrator")),
            where=domain.Address() if self.where is None else self.where.to_command(check.at("where")),
        )


@strawberry.input(description="A store that registers itself (门店自助入驻).")
class ApplyAsStoreInput:
    """An application."""

    upstream_id: strawberry.ID = strawberry.field(description="Under whom (上游标识).")
    code: str = strawberry.field(description=f"The number the trade will know it by, {_CODE} (编号).")
    name: str = strawberry.field(description=f"Its name, {_NAME} (名称).")
    where: AddressInput | None = strawberry.field(default=None, description="Where it stands (地址).")

    def to_command(self, check: Checking) -> domain.ApplyAsStore:
        """Who applies."""
        return domain.ApplyAsStore(
            upstream=check.id("upstreamId", self.upstream_id, "brand", "subsidiary", "agent", "distributor"),
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            where=domain.Address() if self.where is None else self.where.to_command(check.at("where")),
        )


@strawberry.input(description="A decision on a store that applied (入驻审核).")
class ReviewOrganizationInput:
    """A decision."""

    organization_id: strawberry.ID = strawberry.field(description="The store (门店标识).")
    approve: bool = strawberry.field(description="Whether it is admitted (通过).")
    reason: str | None = strawberry.field(
        default=None, description=f"Why, 1 to {MAX_REASON_CHARS} characters; a rejection needs one (原因)."
    )

    def to_command(self, check: Checking) -> domain.ReviewOrganization:
        """What is decided."""
        if self.reason is None and not self.approve:
            check.wrong("reason", "A rejection needs a reason.")
        return domain.ReviewOrganization(
            check.id("organizationId", self.organization_id, "store"),
            self.approve,
            check.optional_text("reason", self.reason, MAX_REASON_CHARS, lines=True),
        )


@strawberry.input(description="An organisation that is shut out, or trades again, and why (停用或恢复).")
class ChangeStandingInput:
    """A change of standing."""

    organization_id: strawberry.ID = strawberry.field(description=_ORGANIZATION)
    reason: str = strawberry.field(description=_REASON)

    def to_command(self, check: Checking) -> domain.ChangeStanding:
        """Whose standing changes."""
        organization = check.id("organizationId", self.organization_id, *TIERS)
        return domain.ChangeStanding(organization, check.text("reason", self.reason, MAX_REASON_CHARS, lines=True))


# ── edges ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="An organisation and one that supplies it (供货关系).")
class UpstreamInput:
    """Two organisations."""

    organization_id: strawberry.ID = strawberry.field(description=_ORGANIZATION)
    upstream_id: strawberry.ID = strawberry.field(description=_UPSTREAM)

    def to_command(self, check: Checking) -> domain.JoinUpstream:
        """Both."""
        if self.organization_id == self.upstream_id:
            check.wrong("upstreamId", "Another organisation is expected.")
        organization = check.id("organizationId", self.organization_id, *TIERS)
        return domain.JoinUpstream(organization, check.id("upstreamId", self.upstream_id, *TIERS))


@strawberry.input(description="An organisation and one that supplies it no longer (解除供货).")
class LeaveUpstreamInput:
    """Two organisations, and the next primary one."""

    organization_id: strawberry.ID = strawberry.field(description=_ORGANIZATION)
    upstream_id: strawberry.ID = strawberry.field(description=_UPSTREAM)
    primary_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Whom its chain follows then; needed where the primary one goes and several stay (主供货标识).",
    )

    def to_command(self, check: Checking) -> domain.LeaveUpstream:
        """Who leaves whom."""
        return domain.LeaveUpstream(
            check.id("organizationId", self.organization_id, *TIERS),
            check.id("upstreamId", self.upstream_id, *TIERS),
            check.optional_id("primaryId", self.primary_id, *TIERS),
        )


# ── sites, territories, staff ─────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A new site (新建分站).")
class CreateSiteInput:
    """A site."""

    organization_id: strawberry.ID = strawberry.field(description="Who will run it (运营组织标识).")
    kind: SiteKind = strawberry.field(description="Its kind (类型).")
    code: str = strawberry.field(description=f"Its code, {_CODE} (编码).")
    name: str = strawberry.field(description=f"Its name, {_NAME} (名称).")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The site above it; all but the main one have one (上级分站标识)."
    )
    region_code: str | None = strawberry.field(
        default=None, description=f"The region it serves, {_CODE}; a city site has one (服务区划代码)."
    )

    def to_command(self, check: Checking) -> domain.CreateSite:
        """The site."""
        if (self.kind == SiteKind.MAIN) != (self.parent_id is None):
            check.wrong("parentId", "All sites but the main one stand below another.")
        if self.kind == SiteKind.CITY and self.region_code is None:
            check.wrong("regionCode", "A city site serves a region.")
        return domain.CreateSite(
            organization=check.id("organizationId", self.organization_id, *TIERS),
            kind=self.kind,
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            parent=check.optional_id("parentId", self.parent_id, "site"),
            region=check.optional_code("regionCode", self.region_code),
        )


@strawberry.input(description="A new protected area (新建保护区域).")
class CreateTerritoryInput:
    """A territory."""

    organization_id: strawberry.ID = strawberry.field(description="Whose trade it protects (受保护组织标识).")
    name: str = strawberry.field(description=f"Its name, {_NAME} (名称).")
    region_codes: list[str] = strawberry.field(
        description=f"The regions it is made of, 1 to {MAX_REGIONS} codes (区划代码)."
    )

    def to_command(self, check: Checking) -> domain.CreateTerritory:
        """The territory."""
        return domain.CreateTerritory(
            check.id("organizationId", self.organization_id, *TIERS),
            check.text("name", self.name, MAX_NAME_CHARS),
            check.codes("regionCodes", self.region_codes, MAX_REGIONS, least=1),
        )


@strawberry.input(description="What a protected area is made of from now on (调整保护区域).")
class SetTerritoryRegionsInput:
    """A territory's regions."""

    territory_id: strawberry.ID = strawberry.field(description="The territory (区域标识).")
    region_codes: list[str] = strawberry.field(
        description=f"All its regions, 0 to {MAX_REGIONS} codes; without any it protects nothing (区划代码)."
    )

    def to_command(self, check: Checking) -> domain.SetTerritoryRegions:
        """The regions."""
        territory = check.id("territoryId", self.territory_id, "territory")
        regions = check.codes("regionCodes", self.region_codes, MAX_REGIONS)
        return domain.SetTerritoryRegions(territory, regions)


@strawberry.input(description="A role for a person (新增员工).")
class AddStaffInput:
    """A role."""

    organization_id: strawberry.ID = strawberry.field(description=_ORGANIZATION)
    person: PersonInput = strawberry.field(description="Who (人员).")
    role: Role = strawberry.field(description="What she will do there (岗位).")

    def to_command(self, check: Checking) -> domain.AddStaff:
        """Who gets which role."""
        organization = check.id("organizationId", self.organization_id, *TIERS)
        return domain.AddStaff(organization, self.person.to_command(check.at("person")), self.role)


@strawberry.input(description="A role that ends (员工离职).")
class EndStaffInput:
    """A role."""

    staff_id: strawberry.ID = strawberry.field(description="The role of the person (员工标识).")

    def to_command(self, check: Checking) -> domain.EndStaff:
        """Which role ends."""
        return domain.EndStaff(check.id("staffId", self.staff_id, "staff"))


# ── cloud stores ──────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A cloud store that opens (开通云店).")
class OpenCloudStoreInput:
    """A cloud store."""

    organization_id: strawberry.ID = strawberry.field(description=_ORGANIZATION)
    mode: CloudStoreMode = strawberry.field(description="How it sells (云店模式).")
    name: str = strawberry.field(description=f"Its name, {_NAME} (名称).")
    site_id: strawberry.ID | None = strawberry.field(
        default=None, description="The site it belongs to, if to any (分站标识)."
    )

    def to_command(self, check: Checking) -> domain.OpenCloudStore:
        """The cloud store."""
        return domain.OpenCloudStore(
            check.id("organizationId", self.organization_id, *TIERS),
            self.mode,
            check.text("name", self.name, MAX_NAME_CHARS),
            check.optional_id("siteId", self.site_id, "site"),
        )


@strawberry.input(description="How a cloud store sells from now on (切换云店模式).")
class SetCloudStoreModeInput:
    """A mode."""

    cloud_store_id: strawberry.ID = strawberry.field(description=_CLOUD_STORE)
    mode: CloudStoreMode = strawberry.field(description="How it sells (云店模式).")

    def to_command(self, check: Checking) -> domain.SetCloudStoreMode:
        """The mode."""
        return domain.SetCloudStoreMode(check.id("cloudStoreId", self.cloud_store_id, "cloudstore"), self.mode)


@strawberry.input(description="A part of a cloud store's front page (首页版块).")
class SectionInput:
    """A section."""

    title: str = strawberry.field(description=f"What it is called, {_NAME} (标题).")
    sku_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description=f"The skus it shows, at most {MAX_SECTION_GOODS} (SKU 库存项标识)."
    )
    category_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description=f"The categories it shows, at most {MAX_SECTION_GOODS} (类目标识)."
    )

    def to_command(self, check: Checking) -> domain.Section:
        """The section."""
        return domain.Section(
            check.text("title", self.title, MAX_NAME_CHARS),
            check.ids("skuIds", self.sku_ids, MAX_SECTION_GOODS, "sku"),
            check.ids("categoryIds", self.category_ids, MAX_SECTION_GOODS, "category"),
        )


@strawberry.input(description="The whole front page of a cloud store (店铺装修).")
class DecorateCloudStoreInput:
    """A front page; what is left out is taken away."""

    cloud_store_id: strawberry.ID = strawberry.field(description=_CLOUD_STORE)
    banner_url: str | None = strawberry.field(
        default=None,
        description=f"Where the banner's picture is, an address that begins with https://, at most "
        f"{MAX_URL_CHARS} characters "
        "(横幅图片).",
    )
    banner_text: str | None = strawberry.field(default=None, description=f"What the banner says, {_LINE} (横幅文字).")
    sections: list[SectionInput] = strawberry.field(
        default_factory=list, description=f"Its sections in order, at most {MAX_SECTIONS} (首页版块)."
    )

    def to_command(self, check: Checking) -> domain.DecorateCloudStore:
        """The front page."""
        url = check.optional_text("bannerUrl", self.banner_url, MAX_URL_CHARS)
        if url is not None and not _HTTPS.fullmatch(url):
            check.wrong("bannerUrl", "An address that begins with https:// is expected.")
        return domain.DecorateCloudStore(
            check.id("cloudStoreId", self.cloud_store_id, "cloudstore"),
            url,
            check.optional_text("bannerText", self.banner_text, MAX_BANNER_CHARS),
            tuple(check.each("sections", self.sections, MAX_SECTIONS, 0)),
        )


@strawberry.input(description="A cloud store that closes, and why (关闭云店).")
class CloseCloudStoreInput:
    """A cloud store."""

    cloud_store_id: strawberry.ID = strawberry.field(description=_CLOUD_STORE)
    reason: str = strawberry.field(description=_REASON)

    def to_command(self, check: Checking) -> domain.CloseCloudStore:
        """Which one closes."""
        store = check.id("cloudStoreId", self.cloud_store_id, "cloudstore")
        return domain.CloseCloudStore(store, check.text("reason", self.reason, MAX_REASON_CHARS, lines=True))
