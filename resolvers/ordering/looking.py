"""What payment providers told that somebody has to look at, for the seller and the platform; and who has looked."""

from collections.abc import Sequence
from typing import Any

from domain.access import ActorClass
from domain.base import NotAllowed
from domain.ordering import CloseNotice
from domain.permissions import Permission
from loaders.channel import OrganizationRow
from loaders.ordering import OPEN_NOTICES, OPEN_NOTICES_OF, PaymentById, RefundById
from loaders.paging import Page
from models.ordering import close_notice as close
from models.ordering import lock_noticed
from models.writing import Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect


async def open_notices(
    roots: Sequence[object], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """All of the tenant that are open, the newest first."""
    return await connect(ctx, OPEN_NOTICES, [ctx.viewer.tenant_id] * len(roots), first, after)


async def open_notices_of(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Those about each organisation's own sales that are open, the newest first; None for others."""
    return await connect(ctx, OPEN_NOTICES_OF, own_keys(ctx, rows, "id"), first, after)


payment_of = named("payment_id", PaymentById)
"""The payment that each row names, where it is known."""
refund_of = named("refund_id", RefundById)
"""The refund that each row names, where it is known."""


async def close_notice(ctx: Context, key: str, command: CloseNotice) -> Any:
    """Somebody has looked: the seller whose order it is about, or the platform, which alone sees what nobody knows."""

    async def effect(tx: Transaction) -> Done:
        noticed = await lock_noticed(tx, command.notice)
        if noticed is None:
            raise NotAllowed
        facts = {"note": command.note}
        if noticed.order is not None:
            let_on(ctx, tx, Permission.AFTERSALE, noticed.order.seller_id)
            facts["order"] = noticed.order.id.hex
        elif ctx.viewer.actor_class is not ActorClass.PLATFORM_ADMIN:
            raise NotAllowed
        await close(tx, noticed.id, command.note)
        return Done(Made("paymentnotice", noticed.id), facts)

    return await act(ctx, "closeNotice", key, command, effect)
