"""What a serving process tells the garbage collector, in a process of its own: this one has told it already."""

import json
import subprocess
import sys

import boot

SETTLED = """
import gc, json, weakref

gc.disable()
from transport import settle_memory

class Knot:
    def __init__(self):
        self.itself = self

left = weakref.ref(Knot())
before = gc.get_freeze_count()
settle_memory()
print(json.dumps({
    "before": before,
    "frozen": gc.get_freeze_count(),
    "seen": len(gc.get_objects()),
    "threshold": gc.get_threshold(),
    "enabled": gc.isenabled(),
    "gone": left() is None,
}))
"""
"""Settles a process whose collector is off, as a worker's is while it makes the application."""


def test_what_is_there_is_frozen_and_the_collector_looks_seldom() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETTLED], cwd=boot.PROJECT, capture_output=True, text=True, timeout=100, check=True
    )
    told = json.loads(done.stdout)
    assert told["before"] == 0
    assert told["frozen"] > 0
    assert told["seen"] < told["frozen"] / 100
    assert told["threshold"][:2] == [20_000, 20]  # the third is not told by newer Pythons
    assert told["enabled"]
    assert told["gone"]  # what is left over before is not kept for ever
