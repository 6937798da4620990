"""The ids of what the tenant is made of, by the codes it is named by. Owns the derivation only."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from demo.qingquan.network import Network
from domain.inventory import NO_LOT_CODE
from integrations.keys import Keys
from models.base import NO_LOT_ID


@dataclass(frozen=True)
class Ids:
    """The ids of one network's tenant."""

    keys: Keys
    network: Network
    _known: dict[tuple[str, str], UUID] = field(default_factory=dict, init=False, repr=False, compare=False)

    def _of_tier(self, kind: str, code: str) -> UUID:
        found = self._known.get((kind, code))
        if found is None:
            found = self._known[kind, code] = self.keys.of(kind, self.network.organizations[code].tier, code)
        return found

    def organization(self, code: str) -> UUID:
        """An organisation."""
        return self._of_tier("organization", code)

    def cloud_store(self, code: str) -> UUID:
        """The cloud store of an organisation."""
        return self._of_tier("cloud_store", code)

    def sku(self, code: str) -> UUID:
        """A sku."""
        return self.keys.of("sku", code)

    def product(self, code: str) -> UUID:
        """A product."""
        return self.keys.of("product", code)

    def category(self, code: str) -> UUID:
        """A category."""
        return self.keys.of("category", code)

    def site(self, code: str | None) -> UUID | None:
        """A site; None is none."""
        return None if code is None else self.keys.of("site", code)

    def territory(self, owner: str) -> UUID:
        """The territory of an organisation."""
        return self.keys.of("territory", owner)

    def account(self, subject: str) -> UUID:
        """An account."""
        return self.keys.of("account", subject)

    def staff(self, subject: str) -> UUID:
        """A member of staff."""
        return self.keys.of("staff", subject)

    def listing(self, seller: str, sku: str) -> UUID:
        """A listing."""
        return self.keys.of("listing", self.network.organizations[seller].tier, seller, sku)

    def location(self, holder: str, number: int) -> UUID:
        """A location; an organisation's first one bears no number."""
        more = (number,) if number > 1 else ()
        return self.keys.of("location", self.network.organizations[holder].tier, holder, *more)

    def paper(self, location: UUID) -> UUID:
        """The paper of a location's opening stock."""
        return self.keys.of("stockdocument", location.hex)

    def lot(self, sku: str, code: str) -> UUID:
        """A lot; the reserved one where goods are kept without."""
        return NO_LOT_ID if code == NO_LOT_CODE else self.keys.of("lot", sku, code)
