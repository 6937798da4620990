"""The demo tenant: real wholesale data, and what that cannot hold generated from a fixed seed and marked as such."""

from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).parent / "data" / "iowa_wholesale_2012_2015.csv.gz"
"""The wholesale invoice file that the demo imports; its README.md carries the attribution."""
