"""Serve ours without its plans: graphql-core runs every document, over the same edges and statements.

The product has no switch for it; so its limits are made to hold no field that a plan could have, and nothing else is
changed.
"""

from dataclasses import replace
from unittest.mock import patch

import app
from cli import cli
from engine.limits import Limits
from settings import Settings

limits_of = app.limits_of


def planless(settings: Settings) -> Limits:
    """The product's limits, under which no operation has a plan."""
    return replace(limits_of(settings), plan_fields=0)


with patch.object(app, "limits_of", planless):
    cli(["serve"])
