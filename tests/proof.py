"""One test at two sizes: quick with `make test`, full with `make prove`."""

import os
from collections.abc import Callable

FULL = os.environ.get("MILLRACE_PROVE") == "1"
"""Whether this run is `make prove`."""
MEASURED = "measured"
"""The property of a test whose value the run prints at its end."""


def size(quick: int, full: int) -> int:
    """How many: examples, rows, buyers."""
    return full if FULL else quick


def keeps_to(limit: float, seconds: float, what: str, record_property: Callable[[str, object], None]) -> None:
    """Have `make prove` say how long something took, and hold it to its limit there.

    Time on a clock proves nothing on a machine that does other things too, so no other run asks.
    """
    record_property(MEASURED, f"{what}: {seconds:.1f} s (at most {limit:.0f} s)")
    assert not FULL or seconds < limit
