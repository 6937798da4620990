"""What Prometheus sees: requests, their time and statements, refusals, the document cache, sockets, the pool.

Owns a registry of its own, so that two applications in one process do not count for each other. Label values come from
closed lists: what a client sends never becomes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from engine.documents import Documents
from engine.executor import Planned
from transport.siblings import Siblings

KINDS = frozenset({"query", "mutation", "subscription", "event", "none"})
"""Values of the label `type`; `event` is one event of a subscription, `none` a request that named no operation."""

CODES = frozenset(
    {
        "OK",
        "BAD_CURSOR",
        "BAD_ID",
        "BAD_PAGE_SIZE",
        "BAD_REQUEST",
        "BAD_USER_INPUT",
        "FORBIDDEN",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL_ERROR",
        "INTROSPECTION_DISABLED",
        "METHOD_NOT_ALLOWED",
        "NOT_ACCEPTABLE",
        "NOT_FOUND",
        "OPERATION_RESOLUTION_FAILURE",
        "PAYLOAD_TOO_LARGE",
        "PERSISTED_QUERY_NOT_FOUND",
        "QUERY_TOO_COMPLEX",
        "STORED_DOCUMENTS_ONLY",
        "TENANT_REQUIRED",
        "TIMEOUT",
        "TOO_MANY_OPERATIONS",
        "UNAUTHENTICATED",
        "UNAVAILABLE",
        "UNSUPPORTED_MEDIA_TYPE",
    }
)
"""Values of the label `code`; any other is counted as OTHER."""

NOTICE_OUTCOMES = frozenset({"taken", "not_for_us", "not_genuine", "malformed", "refused", "unavailable", "failed"})
"""Values of the label `outcome` of what payment providers tell."""

Graphs: TypeAlias = dict[str, tuple[Documents, Planned]]
"""What is shown of each graph, by where it is served."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_STATEMENTS = (0, 1, 2, 4, 6, 8, 10, 12, 16, 24, 48)


class Metrics:
    """The counters of one application and the endpoint that shows them, with those of `siblings` if there are any."""

    def __init__(self, siblings: Siblings | None = None) -> None:
        self._siblings = siblings
        self.registry = CollectorRegistry()
        requests = Counter(
            "millrace_requests",
            "Operations by type and the code of their first error.",
            ["type", "code"],
            registry=self.registry,
        )
        seconds = Histogram(
            "millrace_request_seconds", "Time to answer.", ["type"], buckets=_SECONDS, registry=self.registry
        )
        statements = Histogram(
            "millrace_request_statements",
            "SQL statements of an operation.",
            ["type"],
            buckets=_STATEMENTS,
            registry=self.registry,
        )
        # A metric looks up its child anew at each call, under a lock; there are few, so they are kept.
        self._requests = cache(requests.labels)
        self._seconds, self._statements = cache(seconds.labels), cache(statements.labels)
        self._refusals = Counter(
            "millrace_gate_refusals", "Documents refused by the limit they broke.", ["limit"], registry=self.registry
        )
        self._notices = Counter(
            "millrace_payment_notices",
            "What payment providers told, by what became of it.",
            ["provider", "outcome"],
            registry=self.registry,
        )
        self.sockets = Gauge("millrace_sockets", "Open websockets.", registry=self.registry)
        self._graphs: Graphs = {}

    def answered(self, kind: str, code: str, seconds: float, statements: int | None) -> None:
        """Count one answer. `statements` is None if the operation never reached a resolver."""
        kind = kind if kind in KINDS else "none"
        self._requests(kind, code if code in CODES else "OTHER").inc()
        self._seconds(kind).observe(seconds)
        if statements is not None:
            self._statements(kind).observe(statements)

    def refused(self, limit: str) -> None:
        """Count a refusal by the gate; `limit` is a field of `Limits` by name."""
        self._refusals.labels(limit).inc()

    def noticed(self, provider: str, outcome: str) -> None:
        """Count a notice of one of our providers; `outcome` is one of NOTICE_OUTCOMES."""
        self._notices.labels(provider, outcome).inc()

    def watch(self, path: str, documents: Documents, executor: Planned) -> None:
        """Show what the graph at `path` keeps, and how operations ran on it, read when Prometheus asks."""
        if not self._graphs:
            self.registry.register(_DocumentCache(self._graphs))
            self.registry.register(_Plans(self._graphs))
        self._graphs[path] = documents, executor

    def watch_pool(self, connections: Callable[[], Mapping[str, float]]) -> None:
        """Show the pool's connections by state, read when Prometheus asks: {"idle": 3, "busy": 1}."""
        self.registry.register(_Pool(connections))

    def page(self) -> bytes:
        """This process's own figures in the text format."""
        return generate_latest(self.registry)

    async def endpoint(self, _request: Request) -> Response:
        """GET /metrics in the text format."""
        page = self.page() if self._siblings is None else await self._siblings.whole()
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")


class _DocumentCache(Collector):
    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Called by the registry."""
        lookups = CounterMetricFamily(
            "millrace_documents_lookups", "Document cache lookups.", labels=["graph", "outcome"]
        )
        kept = GaugeMetricFamily("millrace_documents_kept", "Documents kept.", labels=["graph"])
        weight = GaugeMetricFamily("millrace_documents_bytes", "Their estimated memory.", labels=["graph"])
        for path, (documents, _) in self._graphs.items():
            lookups.add_metric([path, "hit"], documents.hits)
            lookups.add_metric([path, "miss"], documents.misses)
            kept.add_metric([path], len(documents))
            weight.add_metric([path], documents.bytes)
        return lookups, kept, weight


class _Plans(Collector):
    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Called by the registry."""
        runs = CounterMetricFamily(
            "millrace_executions",
            "Operations by how they ran: on a plan, on the reference executor or on it after all, and why.",
            labels=["graph", "how", "reason"],
        )
        compiled = CounterMetricFamily("millrace_plans_compiled", "Plans compiled.", labels=["graph"])
        kept = GaugeMetricFamily("millrace_plans_kept", "Plans kept, and why others have none.", labels=["graph"])
        weight = GaugeMetricFamily("millrace_plans_bytes", "Their estimated memory.", labels=["graph"])
        for path, (_, executor) in self._graphs.items():
            for outcome, count in sorted(executor.outcomes.items()):
                how, _, reason = outcome.partition(":")
                runs.add_metric([path, how, reason], count)
            compiled.add_metric([path], executor.plans.compiled)
            kept.add_metric([path], len(executor.plans))
            weight.add_metric([path], executor.plans.bytes)
        return runs, compiled, kept, weight


class _Pool(Collector):
    def __init__(self, connections: Callable[[], Mapping[str, float]]) -> None:
        self._connections = connections

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Called by the registry."""
        gauge = GaugeMetricFamily("millrace_pool_connections", "Database connections by state.", labels=["state"])
        for state, count in self._connections().items():
            gauge.add_metric([state], count)
        yield gauge
