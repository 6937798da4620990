"""One test at two sizes: quick with `make test`, full with `make prove`."""

import os

FULL = os.environ.get("MILLRACE_PROVE") == "1"
"""Whether this run is `make prove`."""


def size(quick: int, full: int) -> int:
    """How many: examples, rows, buyers."""
    return full if FULL else quick
