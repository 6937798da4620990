"""Serve ours with a login that bypasses row security, for the comparison with servers that go without.

The product refuses such a role and has no switch for it; so the check is taken out here, around its own command, and
nothing else is.
"""

from unittest.mock import patch

from cli import cli
from models.database import Database


async def unchecked(_: Database) -> None:
    """Any role will do."""


with patch.object(Database, "check_role", unchecked):
    cli(["serve"])
