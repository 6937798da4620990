"""Acts that open places for goods: locations and pools."""

from typing import Annotated

import strawberry

from domain import inventory as domain
from domain.inventory import MAX_LOCATIONS, MAX_POOLS
from models.channel import MAX_NAME_CHARS
from resolvers import inventory
from schema.acts import Checking, CodeTaken, InvalidInput, KeyReused, LimitReached, NotAllowed, act
from schema.base import OWN
from schema.enums import TIERS, LocationKind
from schema.inventory.reading import Location, Pool

E7 = 10_000_000
NORTH, EAST = 90, 180
"""The most degrees of latitude and of longitude, either way."""


@strawberry.input(description="A place on the globe (坐标).")
class GeoPointInput:
    """Kept as whole ten-millionths of a degree."""

    latitude: float = strawberry.field(description="Degrees north, from -90 to 90 (纬度).")
    longitude: float = strawberry.field(description="Degrees east, from -180 to 180 (经度).")

    def to_command(self, check: Checking) -> domain.GeoPoint:
        """The place."""
        return domain.GeoPoint(
            self._e7(check, "latitude", self.latitude, NORTH), self._e7(check, "longitude", self.longitude, EAST)
        )

    @staticmethod
    def _e7(check: Checking, name: str, degrees: float, most: int) -> int:
        if not -most <= degrees <= most:
            check.wrong(name, f"A number from -{most} to {most} is expected.")
            return 0
        return round(degrees * E7)


@strawberry.input(description="A new place where goods lie (新建库位).")
class CreateLocationInput:
    """A location."""

    kind: LocationKind = strawberry.field(description="What kind of place it is (库位类型).")
    code: str = strawberry.field(description="Its code, the organisation's own (编码).")
    name: str = strawberry.field(description="Its name (名称).")
    region_code: str | None = strawberry.field(default=None, description="The region it stands in (区划代码).")
    point: GeoPointInput | None = strawberry.field(
        default=None, description="Where it is, for orders that are sourced by distance (坐标)."
    )
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who runs it. Left out: the viewer's own organisation (运营组织标识)."
    )

    def to_command(self, check: Checking) -> domain.CreateLocation:
        """The location."""
        return domain.CreateLocation(
            kind=self.kind,
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            region=check.optional_code("regionCode", self.region_code),
            point=None if self.point is None else self.point.to_command(check.at("point")),
            organization=check.optional_id("organizationId", self.organization_id, *TIERS),
        )


@strawberry.input(description="A new pool of stock (新建一盘货).")
class CreatePoolInput:
    """A pool."""

    code: str = strawberry.field(description="Its code, the organisation's own (编码).")
    name: str = strawberry.field(description="Its name (名称).")
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who keeps it. Left out: the viewer's own organisation (所属组织标识)."
    )

    def to_command(self, check: Checking) -> domain.CreatePool:
        """The pool."""
        return domain.CreatePool(
            check.code("code", self.code),
            check.text("name", self.name, MAX_NAME_CHARS),
            check.optional_id("organizationId", self.organization_id, *TIERS),
        )


CreateLocationResult = Annotated[
    Location | CodeTaken | LimitReached | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CreateLocationResult", description="The location, or why there is none (新建库位结果)."),
]
CreatePoolResult = Annotated[
    Pool | CodeTaken | LimitReached | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CreatePoolResult", description="The pool, or why there is none (新建一盘货结果)."),
]


@strawberry.type
class OpeningMutation:
    """Acts that open places for goods."""

    create_location: CreateLocationResult = act(
        inventory.create_location,
        CreateLocationInput,
        f"An organisation opens a place where goods lie; it runs at most {MAX_LOCATIONS} (新建库位).",
        OWN,
    )
    create_pool: CreatePoolResult = act(
        inventory.create_pool,
        CreatePoolInput,
        f"An organisation opens a pool of stock; it keeps at most {MAX_POOLS} (新建一盘货).",
        OWN,
    )
