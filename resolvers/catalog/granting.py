"""The catalog centre's acts on what may be sold: assortments that are granted, skus that are put on a shelf."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.base import InvalidInput, NotAllowed, Problem, Sheet
from domain.catalog import (
    AssortmentLine,
    AuthorizeAssortment,
    GiveAssortment,
    GivenLine,
    ListingLine,
    ListSkus,
    NotAuthorizedSku,
    RevokeAuthorization,
    Unlist,
    Window,
    best,
    skus_once,
)
from domain.channel import CloudStoreMode
from domain.permissions import Permission
from loaders.catalog import AssortmentById, ConsumerPrices, SkuById
from loaders.channel import CloudStoreById, CloudStoreRow
from models.catalog import (
    Grant,
    Rebanded,
    grantees,
    lock_assortment,
    lock_given,
    lock_grants_of,
    lock_shelf_prices,
    take_grant,
    write_grants,
    write_items,
    write_listings,
)
from models.catalog import unlist as take_off
from models.channel import stay_below, stays_below
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import Done, act, acting_for, bulk, let_on, outcomes
from resolvers.catalog.pricing import Rights, from_now, lay, rights, window
from resolvers.context import Context


# ── assortments ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def authorize_assortment(ctx: Context, key: str, command: AuthorizeAssortment) -> Any:
    """An upstream lets who is below it sell the skus of an assortment, within bands of consumer prices."""

    async def effect(tx: Transaction) -> Outcome:
        grantor = await acting_for(ctx, tx, command.grantor, Permission.CATALOG)
        if not await stays_below(tx, grantor.id, command.grantee):
            raise NotAllowed
        assortment = await lock_assortment(tx, grantor.id, command.code, command.name)
        # Before the chain above and all bands: see `lock_grants`.
        before = await lock_grants_of(tx, assortment, [command.grantee])
        grant = _time(tx, before.get(command.grantee), command)
        sheet: Sheet[AssortmentLine] = Sheet(command.rows)
        allowed = await rights(ctx, tx, grantor.id, (row.sku for _, row in sheet.left))
        skus_once(sheet, allowed.known)
        for place, row in sheet.left:
            if not row.is_removed and not allowed.may_sell(row.sku):
                sheet.refuse(place, NotAuthorizedSku(row.sku))
        others = [one for one in await grantees(tx, assortment) if one != command.grantee]
        changed = await write_items(tx, assortment, [row for _, row in sheet.left])
        await write_grants(tx, assortment, {command.grantee: grant})
        made, hears = Made("assortment", assortment), frozenset({grantor.id, command.grantee})
        await tx.tell(Event("AssortmentAuthorized", made, hears, {"validFrom": _said(grant.valid_from)}))
        if changed and others:  # it is another for them, too
            await tx.tell(Event("AssortmentChanged", made, frozenset(others), {"skus": len(changed)}))
        saved = {place: row.sku for place, row in sheet.left}
        return outcomes(sheet, saved, assortment, _remembered(command, grant, changed))

    return await bulk(ctx, "authorizeAssortment", key, command, "sku", effect, about="assortment")


def _remembered(command: AuthorizeAssortment, grant: Grant, changed: Sequence[Rebanded]) -> dict[str, Any]:
    """What the audit keeps of an authorisation: for whom, for how long, and each band before and after."""
    return {
        "grantee": command.grantee.hex,
        "from": _said(grant.valid_from),
        "until": _said(grant.valid_until),
        "bands": [{"sku": one.sku_id.hex, "was": one.was, "band": one.band} for one in changed],
    }


def _time(tx: Transaction, before: Grant | None, said: AuthorizeAssortment | GivenLine) -> Grant:
    """For how long it is given: what is not named stays as it is, unless it is over. Raises: InvalidInput."""
    until = said.valid_until
    if before is not None and until is None and (before.valid_until is None or before.valid_until > tx.now):
        until = before.valid_until
    time = window(tx.now, said.valid_from, until)
    if before is not None and said.valid_from is None and Window(*before, 0).holds_at(tx.now):
        return Grant(before.valid_from, time.end)
    return Grant(time.start, time.end)


async def give_assortment(ctx: Context, key: str, command: GiveAssortment) -> Any:
    """An upstream gives an assortment, as it is, to many that are below it, row by row."""

    async def effect(tx: Transaction) -> Outcome:
        assortment = await ctx.load(AssortmentById).one(command.assortment)
        if assortment is None:
            raise NotAllowed
        grantor = await acting_for(ctx, tx, assortment.grantor_id, Permission.CATALOG)
        sheet: Sheet[GivenLine] = Sheet(command.rows)
        below = await stay_below(tx, grantor.id, [row.grantee for _, row in sheet.left])
        seen: set[UUID] = set()
        for place, row in sheet.left:
            if row.grantee not in below:
                sheet.refuse(place, NotAllowed())
            elif row.grantee in seen:
                sheet.wrong(place, "granteeId", "An earlier row has the same organisation.")
            seen.add(row.grantee)
        await lock_given(tx, assortment.id)
        before = await lock_grants_of(tx, assortment.id, below)
        grants = _times(tx, sheet, before)
        given = {id: grant for id, grant in grants.items() if before.get(id) != grant}
        if given:
            await write_grants(tx, assortment.id, given)
            await tx.tell(*_given(Made("assortment", assortment.id), grantor.id, given))
        facts = {id.hex: [_said(grant.valid_from), _said(grant.valid_until)] for id, grant in given.items()}
        saved = {place: row.grantee for place, row in sheet.left}
        return outcomes(sheet, saved, assortment.id, {"given": facts})

    return await bulk(ctx, "giveAssortment", key, command, "store", effect, about="assortment")


def _times(tx: Transaction, sheet: Sheet[GivenLine], before: Mapping[UUID, Grant]) -> dict[UUID, Grant]:
    """For how long each of the rows is given; those that say what cannot be meant are refused."""
    found: dict[UUID, Grant] = {}
    for place, row in sheet.left:
        try:
            found[row.grantee] = _time(tx, before.get(row.grantee), row)
        except InvalidInput as wrong:
            for problem in wrong.problems:
                sheet.wrong(place, str(problem.path[-1]), problem.message)
    return found


def _given(assortment: Made, grantor: UUID, given: Mapping[UUID, Grant]) -> Iterator[Event]:
    """What grantor and grantees hear: together those for whom it begins at one moment."""
    starts: dict[datetime, list[UUID]] = {}
    for id, grant in given.items():
        starts.setdefault(grant.valid_from, []).append(id)
    for start, whom in starts.items():
        yield Event("AssortmentAuthorized", assortment, frozenset({grantor, *whom}), {"validFrom": _said(start)})


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


async def revoke_authorization(ctx: Context, key: str, command: RevokeAuthorization) -> Any:
    """What an assortment lets an organisation sell ends; what has not begun never does, what is over stays as it is."""

    async def effect(tx: Transaction) -> Done:
        at = from_now(tx.now, command.at, "at")
        assortment = await ctx.load(AssortmentById).one(command.assortment)
        if assortment is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.CATALOG, assortment.grantor_id)
        before = (await lock_grants_of(tx, assortment.id, [command.grantee])).get(command.grantee)
        if before is None:
            raise NotAllowed
        made, details = Made("assortment", assortment.id), {"grantee": command.grantee.hex, "at": at.isoformat()}
        if before.valid_until is not None and before.valid_until <= at:
            return Done(made, details)
        if before.valid_from < at:
            await write_grants(tx, assortment.id, {command.grantee: Grant(before.valid_from, at)})
        else:
            await take_grant(tx, assortment.id, command.grantee)
        hears = frozenset({assortment.grantor_id, command.grantee})
        await tx.tell(Event("AuthorizationRevoked", made, hears, {"at": at.isoformat()}))
        return Done(made, details)

    return await act(ctx, "revokeAuthorization", key, command, effect)


# ── shelves ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def _own_store(ctx: Context, tx: Transaction, cloud_store: UUID) -> CloudStoreRow:
    """A cloud store whose shelf the viewer keeps. Raises: NotAllowed for any other."""
    store: CloudStoreRow | None = await ctx.load(CloudStoreById).one(cloud_store)
    if store is None:
        raise NotAllowed
    let_on(ctx, tx, Permission.CATALOG, store.organization_id)
    return store


async def list_skus(ctx: Context, key: str, command: ListSkus) -> Any:
    """Skus are put on the shelf of a cloud store, with their prices for shoppers, row by row."""

    async def effect(tx: Transaction) -> Outcome:
        store = await _own_store(ctx, tx, command.cloud_store)
        seller = store.organization_id
        sheet: Sheet[ListingLine] = Sheet(command.rows)
        if any(row.unit_fen is not None for _, row in sheet.left):
            let_on(ctx, tx, Permission.PRICE, seller)
        skus = [row.sku for _, row in sheet.left]
        allowed = await rights(ctx, tx, seller, skus)
        skus_once(sheet, allowed.known)
        for place, row in sheet.left:
            if not allowed.may_list(row.sku, row.origin):
                sheet.refuse(place, NotAuthorizedSku(row.sku))
        await _check_prices(ctx, sheet, store, allowed)
        prices = {(row.sku, 1): Window(tx.now, None, row.unit_fen) for _, row in sheet.left if row.unit_fen is not None}
        laid = await lay(tx, (await lock_shelf_prices(tx, seller)).id, prices) if prices else []
        listings, changed = await write_listings(tx, store.id, [row for _, row in sheet.left])
        hears = frozenset({seller})
        await tx.tell(*(Event("SkuListed", Made("listing", id), hears, {}) for id in changed))
        of = {listings[UUID(hex=each["sku"])]: {"price": each} for each in laid}
        return outcomes(sheet, {place: listings[row.sku] for place, row in sheet.left}, of=of)

    return await bulk(ctx, "listSkus", key, command, "listing", effect)


async def _check_prices(ctx: Context, sheet: Sheet[ListingLine], store: CloudStoreRow, allowed: Rights) -> None:
    """Refuse rows whose price, the one that is set or the one that stands, is none or not allowed."""
    seller, now = store.organization_id, ctx.reading.now
    trades = store.mode == CloudStoreMode.B2B_ORDERING
    standing = await ctx.load(ConsumerPrices).each((seller, row.sku) for _, row in sheet.left if not trades)
    for place, row in sheet.left:
        if trades:
            if row.unit_fen is not None:
                sheet.wrong(place, "price", "At an ordering mall the price lists of trade say what it costs.")
            continue
        price = row.unit_fen
        if price is None:
            found = best(standing[seller, row.sku], 1, now)
            price = None if found is None else found.unit_fen
        if price is None:
            sheet.wrong(place, "price", "It has no price yet: one is expected.")
        elif refused := allowed.out_of_range(row.sku, price):
            sheet.refuse(place, refused)


async def unlist(ctx: Context, key: str, command: Unlist) -> Any:
    """Skus are taken off the shelf of a cloud store; what does not stand there stays so."""

    async def effect(tx: Transaction) -> Done:
        store = await _own_store(ctx, tx, command.cloud_store)
        known = await ctx.load(SkuById).many(command.skus)
        unknown = [
            Problem(("input", "skuIds", place), "There is no such sku.")
            for place, row in enumerate(known)
            if row is None
        ]
        if unknown:
            raise InvalidInput(unknown)
        taken = await take_off(tx, store.id, command.skus)
        hears = frozenset({store.organization_id})
        await tx.tell(*(Event("SkuUnlisted", Made("listing", id), hears, {}) for id in taken))
        return Done(Made("cloudstore", store.id), {"listings": len(taken)})

    return await act(ctx, "unlist", key, command, effect)
