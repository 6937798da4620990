"""Acts that take on brands and suppliers, and that say which tags organisations bear."""

from typing import Annotated

import strawberry

from domain import channel as domain
from domain.channel import HEADS, MAX_HEADS, MAX_TAGS
from models.channel import MAX_NAME_CHARS
from resolvers import channel
from schema.acts import (
    Checking,
    CodeTaken,
    InvalidInput,
    KeyReused,
    LimitReached,
    NotAllowed,
    act,
    each_row,
    saved,
)
from schema.base import OWN, PLATFORM
from schema.channel.acting import AccountInactive
from schema.channel.inputs import AddressInput, PersonInput
from schema.channel.reading import Agent, Brand, Distributor, Store, Subsidiary, Supplier
from schema.enums import TIERS, Tier


@strawberry.input(description="A brand or a supplier that the platform takes on (新建品牌商或供应商).")
class CreateOrganizationInput:
    """An organisation that nobody invites."""

    tier: Tier = strawberry.field(description="BRAND or SUPPLIER: upstreams invite the others (层级).")
    code: str = strawberry.field(description="The number the trade will know it by (编号).")
    name: str = strawberry.field(description="Its name (名称).")
    administrator: PersonInput | None = strawberry.field(
        default=None,
        description="Who administers a brand from its first day; for a supplier nobody logs in yet (管理员).",
    )
    where: AddressInput | None = strawberry.field(default=None, description="Where it stands (地址).")

    def to_command(self, check: Checking) -> domain.CreateOrganization:
        """Who is taken on."""
        if self.tier not in HEADS:
            check.wrong("tier", "BRAND or SUPPLIER is expected.")
        elif (self.tier == domain.Tier.BRAND) != (self.administrator is not None):
            check.wrong("administrator", "It is expected for a brand, and for nothing else.")
        return domain.CreateOrganization(
            tier=self.tier,
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            administrator=None
            if self.administrator is None
            else self.administrator.to_command(check.at("administrator")),
            where=domain.Address() if self.where is None else self.where.to_command(check.at("where")),
        )


@strawberry.input(description="An organisation with all its tags (组织标签).")
class TagInput:
    """A row."""

    organization_id: strawberry.ID = strawberry.field(description="The organisation (组织标识).")
    tags: list[str] = strawberry.field(
        description=f"All its tags, at most {MAX_TAGS}, without commas; those left out are taken away (标签)."
    )

    def to_command(self, check: Checking) -> domain.TagLine:
        """The row."""
        tags = check.codes("tags", self.tags, MAX_TAGS)
        for place, tag in enumerate(tags):
            if "," in tag:
                check.at("tags").wrong(str(place), "A text without commas is expected.")
        organization = check.id("organizationId", self.organization_id, *TIERS)
        return domain.TagLine(organization, tuple(dict.fromkeys(tags)))


@strawberry.input(description="Tags to be set (设置组织标签).")
class SetTagsInput:
    """A file of them."""

    rows: list[TagInput] = strawberry.field(description="The organisations, 1 to 500 (组织标签).")

    def to_command(self, check: Checking) -> domain.SetTags:
        """The rows."""
        return domain.SetTags(check.rows("rows", self.rows))


CreateOrganizationResult = Annotated[
    Brand | Supplier | AccountInactive | CodeTaken | LimitReached | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CreateOrganizationResult", description="Who was taken on, or why nobody was (新建结果)."),
]
TagResult = Annotated[
    Brand | Subsidiary | Agent | Distributor | Store | Supplier | InvalidInput | NotAllowed,
    strawberry.union("TagResult", description="The organisation that bears the tags, or why not (标签结果)."),
]


@saved("What came of the organisations of a file (标签设置结果).")
class SavedTags:
    """Row by row."""

    rows: list[TagResult] = each_row("What came of each row, in their order (逐行结果).")


SetTagsResult = Annotated[
    SavedTags | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SetTagsResult", description="What came of the file, or why nothing was read (设置结果)."),
]


@strawberry.type
class FoundingMutation:
    """Acts that found the channel."""

    create_organization: CreateOrganizationResult = act(
        channel.create_organization,
        CreateOrganizationInput,
        f"The platform takes on a brand or a supplier; a tenant has at most {MAX_HEADS} of each (新建品牌商或供应商).",
        PLATFORM,
    )
    set_tags: SetTagsResult = act(
        channel.set_tags,
        SetTagsInput,
        "One above them in their chain, or the platform, says which tags organisations bear (设置组织标签).",
        OWN,
    )
