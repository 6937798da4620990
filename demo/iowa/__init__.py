"""The first demo tenant: real wholesale data, and what that cannot hold generated from a fixed seed and marked as such.

Any other file of the same form can have a demo like it.
"""

from pathlib import Path
from typing import Final

from integrations.tenant import NewTenant

SAMPLE: Final = Path(__file__).parent.parent / "data" / "iowa_wholesale_2012_2015.csv.gz"
"""The wholesale invoice file that the demo imports; its README.md carries the attribution."""
SEED: Final = 20151130
"""The last day of the file."""
TENANT: Final = NewTenant(
    code="iowa", name="Iowa wholesale (demo)", currency="USD", time_zone="America/Chicago", hosts=()
)
