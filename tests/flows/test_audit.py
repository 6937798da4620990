"""graphql-http's audit of the real application, served as `make serve` serves it."""

from collections import Counter

from tests.flows.audit.node import run
from tests.flows.conftest import Real


def test_every_must_should_and_may_is_kept(real: Real) -> None:
    results = run("audit.mjs", real.graphql)
    assert [r for r in results if r["status"] != "ok"] == []
    assert Counter(r["name"].split()[0] for r in results) == {"MUST": 13, "SHOULD": 23, "MAY": 25}
