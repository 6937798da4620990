"""How much data there is, and the ids of what is asked about: the server made them from numbers, and so can Python."""

from dataclasses import asdict, dataclass
from hashlib import md5
from uuid import UUID


@dataclass(frozen=True)
class Size:
    """How many of each. The first `wide` stores have long shelves, the next `middle` medium ones."""

    stores: int
    distributors: int
    agents: int
    skus: int
    listings: int
    wide: int
    middle: int
    members: int
    campaigns: int
    wide_length: int = 110
    middle_length: int = 24

    @property
    def settings(self) -> dict[str, str]:
        """The sizes as settings of the server, for scaled.sql."""
        return {f"bench.{name}": str(value) for name, value in asdict(self).items()}


FULL = Size(
    stores=5_000, distributors=100, agents=10, skus=2_000, listings=100_000, wide=200, middle=2_000, members=100_000,
    campaigns=1_000,
)  # fmt: skip
TINY = Size(
    stores=40, distributors=4, agents=2, skus=200, listings=600, wide=2, middle=8, members=120, campaigns=60
)  # fmt: skip


def key(kind: str, number: int) -> UUID:
    """The id of a row, as `pg_temp.key` in scaled.sql makes it."""
    return UUID(md5(f"{kind}:{number}".encode(), usedforsecurity=False).hexdigest())


TENANT = key("tenant", 0)
CODE = "bench"
