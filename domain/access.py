"""Who asks, and who may read: the kinds of actor and the audiences of the graph's fields.

Owns the two lists and the one table that joins them. Which *rows* an actor may see is not decided here: that is a
condition of the loaders' statements with the viewer's ids as parameters.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorClass(StrEnum):
    """What kind of actor speaks. One account may hold several; a token chooses one.

    Source: docs/domain.md, Rules that hold everywhere.
    """

    NOBODY = "NOBODY"
    CONSUMER = "CONSUMER"
    STORE_CLERK = "STORE_CLERK"
    STORE_MANAGER = "STORE_MANAGER"
    DISTRIBUTOR_SALESPERSON = "DISTRIBUTOR_SALESPERSON"
    DISTRIBUTOR_OPERATOR = "DISTRIBUTOR_OPERATOR"
    BRAND_OPERATOR = "BRAND_OPERATOR"
    BRAND_ANALYST = "BRAND_ANALYST"
    PARTNER = "PARTNER"
    PLATFORM_ADMIN = "PLATFORM_ADMIN"


_EVERYONE = frozenset(ActorClass)
_BUSINESS = _EVERYONE - {ActorClass.NOBODY, ActorClass.CONSUMER}
_STORE = frozenset({ActorClass.STORE_CLERK, ActorClass.STORE_MANAGER})


class Audience(StrEnum):
    """For whom a field of the graph is. Every field declares exactly one; a field without one is closed to all.

    PUBLIC        shelf data and what is written on a shop's door
    OWN           the viewer's own organisation
    COUNTERPARTY  both sides of a trade: buyer and seller of an order, grantor and grantee of an assortment
    UPSTREAM      aggregates about one's own goods below oneself; never a single order, never another tier's price
    PLATFORM      the operator of the platform
    """

    PUBLIC = "PUBLIC"
    OWN = "OWN"
    COUNTERPARTY = "COUNTERPARTY"
    UPSTREAM = "UPSTREAM"
    PLATFORM = "PLATFORM"

    @property
    def admits(self) -> frozenset[ActorClass]:
        """The kinds of actor that may ever read a field of this audience."""
        return _ADMITS[self]


_ADMITS: dict[Audience, frozenset[ActorClass]] = {
    Audience.PUBLIC: _EVERYONE,
    Audience.OWN: _BUSINESS,
    # A shopper is the buyer of her own orders.
    Audience.COUNTERPARTY: _BUSINESS | {ActorClass.CONSUMER},
    Audience.UPSTREAM: _BUSINESS - _STORE,
    Audience.PLATFORM: frozenset({ActorClass.PLATFORM_ADMIN}),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows of its tenant a viewer may see: the parameters of every private statement.

    `organizations`: the organisations it speaks for (none for shoppers and nobody). `customer`: the shopper herself.
    `everything`: the platform's own operator.
    """

    organizations: tuple[UUID, ...] = ()
    customer: UUID | None = None
    everything: bool = False


NOBODY = Scope()
