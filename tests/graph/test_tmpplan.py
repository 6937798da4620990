from tests.graph.cases import CONNECTIONS, DEEP, ROOTS

CASES = {**ROOTS, **DEEP, **CONNECTIONS}
import json

from tests.graph.client import GraphClient
from tests.graph.documents import IOWA


async def test_cases(graph: GraphClient):
    ex = graph._desk._graph.executor
    bad = []
    for name, case in CASES.items() if isinstance(CASES, dict) else [(i, c) for i, c in enumerate(CASES)]:
        text = case.text(IOWA)
        a = await graph.ask(text, by=case.by)
        ex.outcomes.clear()
        b0 = await graph.ask(text, by=case.by)
        out1 = dict(ex.outcomes)
        b = b0
        same = json.dumps(a.data) == json.dumps(b.data) and a.errors == b.errors
        if not same or "planned" not in out1 or len(a.statements) != len(b.statements):
            bad.append((name, same, out1, len(a.statements), len(b.statements)))
    for x in bad:
        print(x)
    print(len(CASES))
    assert not bad
