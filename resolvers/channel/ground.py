"""What the channel's acts stand on: the organisations they speak of, who answers for them, regions that are there."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.access import ActorClass
from domain.base import InvalidInput, NotAllowed, Problem
from domain.channel import Tier, above_in_chain
from domain.permissions import Permission
from loaders.channel import RegionByCode
from models.channel import Link, Standing, chain_of, lock
from models.writing import Made, Transaction
from resolvers.context import Context, Viewer

Path = tuple[str | int, ...]


async def standing(tx: Transaction, organization: UUID) -> Standing:
    """An organisation, locked until the act ends. Raises: NotAllowed if it is not there."""
    found = (await lock(tx, [organization])).get(organization)
    if found is None:
        raise NotAllowed
    return found


def made(organization: Standing) -> Made:
    """An organisation as what an act has made or changed."""
    return Made(organization.tier.lower(), organization.id)


def is_platform(viewer: Viewer) -> bool:
    """Whether it is the platform itself that acts."""
    return viewer.actor_class is ActorClass.PLATFORM_ADMIN


def let_on_any(ctx: Context, tx: Transaction, organizations: Sequence[UUID]) -> None:
    """Let on who may set up one of the organisations; the platform acts on behalf of the first, and the audit says so.

    Raises: NotAllowed.
    """
    if is_platform(ctx.viewer):
        if organizations:
            tx.acts_for(organizations[0])
        return
    own = ctx.viewer.organization_id
    if own is None or own not in organizations:
        raise NotAllowed
    ctx.viewer.must(Permission.ORGANIZATION, own)


async def answering_for(tx: Transaction, organization: UUID) -> tuple[UUID, ...]:
    """Who answers for an organisation: those above it in its chain. Raises: NotAllowed if it is not there."""
    return above_of(await _chain(tx, organization))


async def protecting(tx: Transaction, organization: UUID) -> tuple[UUID, ...]:
    """Who gives an organisation its areas: who answers for it, and a brand, for which nobody does, itself.

    Raises: NotAllowed if it is not there.
    """
    chain = await _chain(tx, organization)
    return above_of(chain) or tuple(link.id for link in chain[:1] if link.tier is Tier.BRAND)


async def _chain(tx: Transaction, organization: UUID) -> list[Link]:
    chain = await chain_of(tx, organization)
    if not chain:
        raise NotAllowed
    return chain


def above_of(chain: Sequence[Link]) -> tuple[UUID, ...]:
    """Who stands above the organisation of a chain, the nearest first."""
    return above_in_chain([link.id for link in chain], {link.id: link.tier for link in chain})


def each_region(codes: Sequence[str]) -> dict[Path, str | None]:
    """The regions of an area by their places in the input, for `known_regions`."""
    return {("input", "regionCodes", place): code for place, code in enumerate(codes)}


async def known_regions(ctx: Context, wanted: Mapping[Path, str | None]) -> None:
    """Refuse codes of regions that are not there. Raises: InvalidInput with the path of each."""
    codes = {path: code for path, code in wanted.items() if code is not None}
    known = await ctx.load(RegionByCode).each(codes.values())
    refuse_unknown({path: known[code] is None for path, code in codes.items()}, "region")


def refuse_unknown(missing: Mapping[Path, bool], what: str) -> None:
    """Refuse an input that names what is not there. Raises: InvalidInput with the path of each."""
    problems = [Problem(path, f"There is no such {what}.") for path, is_missing in missing.items() if is_missing]
    if problems:
        raise InvalidInput(problems)
