"""The act by which an upstream takes on many organisations at once."""

from typing import Annotated

import strawberry

from domain import channel as domain
from models.channel import MAX_NAME_CHARS
from resolvers import channel
from schema.acts import (
    Checking,
    CodeTaken,
    InvalidInput,
    KeyReused,
    NotAllowed,
    act,
    each_row,
    saved,
)
from schema.base import OWN
from schema.channel.acting import AccountInactive, EdgeNotAllowed, StatusForbids, SupplyTooDeep
from schema.channel.inputs import AddressInput, PersonInput, check_invited
from schema.channel.reading import Agent, Distributor, Store, Subsidiary
from schema.enums import TIERS, Tier


@strawberry.input(description="A new organisation below another (邀请入驻明细).")
class InvitedOrganizationInput:
    """A row."""

    tier: Tier = strawberry.field(description="Its tier, no brand and no supplier (层级).")
    code: str = strawberry.field(description="The number the trade will know it by (编号).")
    name: str = strawberry.field(description="Its name (名称).")
    administrator: PersonInput = strawberry.field(description="Who administers it from its first day (管理员).")
    where: AddressInput | None = strawberry.field(default=None, description="Where it stands (地址).")

    def to_command(self, check: Checking) -> domain.InvitedLine:
        """Who is invited."""
        check_invited(check, self.tier)
        return domain.InvitedLine(
            tier=self.tier,
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            administrator=self.administrator.to_command(check.at("administrator")),
            where=domain.Address() if self.where is None else self.where.to_command(check.at("where")),
        )


@strawberry.input(description="New organisations below another (批量邀请入驻).")
class InviteOrganizationsInput:
    """A file of them."""

    rows: list[InvitedOrganizationInput] = strawberry.field(description="Who is invited, 1 to 500 (邀请入驻明细).")
    upstream_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Who invites, and will supply them. Left out: the viewer's own organisation (上游标识).",
    )

    def to_command(self, check: Checking) -> domain.InviteOrganizations:
        """The rows."""
        return domain.InviteOrganizations(
            check.optional_id("upstreamId", self.upstream_id, *TIERS), check.rows("rows", self.rows)
        )


InvitedResult = Annotated[
    Subsidiary | Agent | Distributor | Store | AccountInactive | CodeTaken | EdgeNotAllowed | InvalidInput | NotAllowed,
    strawberry.union("InvitedResult", description="Who was invited, or why not (邀请结果)."),
]


@saved("What came of the organisations of a file (批量邀请结果).")
class InvitedOrganizations:
    """Row by row."""

    rows: list[InvitedResult] = each_row("What came of each row, in their order (逐行结果).")


InviteOrganizationsResult = Annotated[
    InvitedOrganizations | StatusForbids | SupplyTooDeep | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("InviteOrganizationsResult", description="What came of the file, or why nobody was (邀请结果)."),
]


@strawberry.type
class InvitingMutation:
    """The act that takes on many."""

    invite_organizations: InviteOrganizationsResult = act(
        channel.invite_organizations,
        InviteOrganizationsInput,
        "An upstream takes on new organisations below it, row by row: good rows are kept (批量邀请入驻).",
        OWN,
    )
