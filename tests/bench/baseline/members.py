"""The types about shoppers and their rights."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from domain.member import CouponState, RightKind, RightReason, RightScope
from models.member import Coupon as CouponModel
from models.member import MemberTier as MemberTierModel
from models.member import RightTerms
from tests.bench.baseline.goods import Info, Organization, global_id, key
from tests.bench.baseline.rights import Here


@strawberry.type
class Right:
    """The terms of a right."""

    id: strawberry.ID
    kind: RightKind
    code: str
    name: str
    scope: RightScope
    valid_from: datetime
    valid_until: datetime | None
    issuer_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: RightTerms) -> Self:
        return cls(
            id=global_id("right", row.id),
            kind=RightKind(row.kind),
            code=row.code,
            name=row.name,
            scope=RightScope(row.scope),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            issuer_id=row.issuer_id,
        )

    @strawberry.field
    async def issuer(self, info: Info) -> Organization:
        return Organization.of(await info.context.loaders.organizations.load(self.issuer_id))


@strawberry.type
class MemberTier:
    """A level of a programme."""

    level: int
    code: str
    name: str

    @classmethod
    def of(cls, row: MemberTierModel | None) -> Self | None:
        return None if row is None else cls(level=row.level, code=row.code, name=row.name)


@strawberry.type
class Coupon:
    """A coupon."""

    id: strawberry.ID
    code: str
    state: CouponState
    valid_until: datetime

    @classmethod
    def of(cls, row: CouponModel | None) -> Self | None:
        if row is None:
            return None
        state = CouponState(row.state)
        return cls(id=global_id("coupon", row.id), code=row.code, state=state, valid_until=row.valid_until)


@strawberry.type
class RightHere:
    """A right, and what it is worth in a store."""

    right: Right
    usable: bool
    reason: RightReason | None
    balance: int | None
    worth_fen: int | None
    growth: int | None
    tier: MemberTier | None
    coupon: Coupon | None

    @classmethod
    def of(cls, here: Here) -> Self:
        verdict = here.verdict
        return cls(
            right=Right.of(here.terms),
            usable=verdict.usable,
            reason=verdict.reason,
            balance=here.balance,
            worth_fen=verdict.worth_fen,
            growth=here.growth,
            tier=MemberTier.of(here.tier),
            coupon=Coupon.of(here.coupon),
        )


@strawberry.type
class Customer:
    """A shopper."""

    id: strawberry.ID
    display_name: str

    @strawberry.field
    async def rights(self, info: Info, at: strawberry.ID) -> list[RightHere]:
        return [RightHere.of(here) for here in await info.context.rights.load((key(self.id), key(at)))]
