"""graphql-http's audit of a real server. To audit another application, change the fixture `url`."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.flows.audit.node import run
from tests.flows.served import small


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with small() as served:
        yield f"{served.url}/graphql"


def test_every_must_should_and_may_is_kept(url: str) -> None:
    results = run("audit.mjs", url)
    assert [r for r in results if r["status"] != "ok"] == []
    assert Counter(r["name"].split()[0] for r in results) == {"MUST": 13, "SHOULD": 23, "MAY": 25}
