"""Every bound on what one client may send, ask or hold open, named in one place; and the price tag of a field.

Owns the numbers only. The gate, the document cache and the transport enforce them. Page sizes of single fields are
not here: a field names its own in its `FieldCost`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldCost:
    """What one field costs and how many children it yields; kept in `field.extensions["cost"]`.

    cost of a selection = weight + children × (costs of the selections below, and 1 for each object of a plain list);
    leaves cost `1 / Limits.leaves_per_unit` more, each as often as it is answered, and the sum is rounded up once

    `weight`: cost units of resolving the field once, beside its children.
    `slicing`: names of the arguments that say how many children there are: an Int (`first`) counts as its value, a
    list (`ids`) as its length. Several given: the largest counts.
    `default`: children when no slicing argument is given, or all are null.
    `assumed`: children of a field without slicing arguments; None means `Limits.list_size` for a list, 1 otherwise.
    `maximum`: the most children the field will ever return. A larger argument is the resolver's to refuse and is
    counted as this much; so is one that is not a number at all.

    Source: IBM GraphQL Cost Directives (@cost, @listSize).
    """

    weight: int
    slicing: tuple[str, ...] = ()
    default: int = 1
    assumed: int | None = None
    maximum: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a request, of its document, of a socket and of the caches. Frozen: tests make changed copies."""

    # ── a request ─────────────────────────────────────────────────────────────────────────────────────────────────
    body_bytes: int = 100_000
    """Bytes of a POST body or of a GET query string."""
    file_bytes: int = 4_000_000
    """Bytes of a POST body of who may send files: 500 rows of 8,000 bytes each."""
    variables_depth: int = 20
    """Nesting of JSON objects and arrays in a request, its own object included."""
    operation_name_chars: int = 200
    """Characters of `operationName`."""
    body_seconds: float = 10.0
    """Wall time in which a POST body has to arrive."""
    request_seconds: float
    """Wall time of one operation once its request has arrived, waiting for a connection included."""
    errors: int = 5
    """Errors shown for a document or variables that are refused."""
    message_chars: int = 500
    """Characters of one error message; graphql-core quotes the client's values in some."""
    logged_query_chars: int = 500
    """Characters of a document that a log line carries."""
    logged_faults: int = 10
    """Tracebacks logged for one result; the errors beyond share the last one's id."""

    # ── a document, before fragments are expanded ─────────────────────────────────────────────────────────────────
    tokens: int = 1_000
    """Lexical tokens. Validation is slower than linear, this bounds it."""
    comments: int = 100
    """Comments; the lexer keeps each one."""
    operations: int = 4
    """Operations in one document."""
    fragments: int = 30
    """Named fragments; validation compares them in pairs."""
    variables: int = 50
    """Variables declared by one operation."""
    nesting: int = 40
    """Selection sets inside each other along one path, those of fragments included."""

    # ── an operation, after fragments are expanded ────────────────────────────────────────────────────────────────
    depth: int = 12
    """Fields inside each other."""
    root_fields: int = 10
    """Fields of the root type."""
    selections: int = 400
    """Fields in all, each as often as fragments repeat it."""
    aliases: int = 30
    """Aliased fields, each as often as fragments repeat it."""
    directives: int = 50
    """Directives, each as often as fragments repeat it."""
    repeats: int = 4
    """Times one selection set may name one response key, type condition or fragment."""
    overlaps: int = 40
    """Repeated response keys in all; validation compares the subtrees of each pair."""
    cost: int = 5_000
    """Cost units: see `FieldCost`."""
    leaves_per_unit: int = 10
    """Leaves of the whole answer that together cost one unit."""
    list_size: int = 20
    """Children counted for a list that declares no `FieldCost`."""

    # ── introspection, beside the above ───────────────────────────────────────────────────────────────────────────
    introspection_depth: int = 16
    """Fields inside each other below `__schema` and `__type`, these included. The tools' standard query needs 15."""
    introspection_lists: int = 2
    """Lists of types, fields or values inside each other: `types → fields` is what the standard query does."""
    introspection_selections: int = 450
    """Fields below `__schema` and `__type` in all. The tools' standard query has 229."""
    schema_cost: int = 1_000
    """Cost units of `__schema`, whatever is selected below it."""
    type_cost: int = 100
    """Cost units of `__type`, whatever is selected below it."""

    # ── documents kept ────────────────────────────────────────────────────────────────────────────────────────────
    documents: int = 1_000
    """Prepared documents kept."""
    document_bytes: int = 64_000_000
    """Memory they may take, estimated from their text."""
    stored_documents: int = 5_000
    """Prepared documents kept of those that are stored."""
    stored_document_bytes: int = 256_000_000
    """Memory they may take."""
    remembered_chars: int = 10_000_000
    """Characters of texts remembered by their hash, where they are."""

    # ── plans kept ────────────────────────────────────────────────────────────────────────────────────────────────
    plan_at_once: bool = False
    """Whether an operation is compiled when it comes for the first time, not for the second."""
    plans: int = 2_000
    """Compiled plans kept, and operations known to have none or to have come once."""
    plan_bytes: int = 128_000_000
    """Memory they may take, estimated from their source."""
    operation_plans: int = 64
    """Of one operation: it has one for each answer to its `@skip` and `@include`, and for each payload."""
    stored_plans: int = 10_000
    """The same of stored documents."""
    stored_plan_bytes: int = 256_000_000
    """Memory they may take."""
    plan_fields: int = 3_000
    """Fields of one plan, fragments spread out over every type they may meet."""

    # ── websockets ────────────────────────────────────────────────────────────────────────────────────────────────
    sockets: int = 10_000
    """Open sockets of one process."""
    socket_operations: int = 50
    """Operations running on one socket."""
    socket_message_bytes: int = 100_000
    """Bytes of one message from a client."""
    socket_init_seconds: float = 5.0
    """From the handshake to `connection_init`."""
    socket_send_seconds: float = 20.0
    """A client that takes no byte for so long is disconnected."""
    operation_id_chars: int = 100
    """Characters of the id that a client gives to an operation on its socket."""

    # ── probes ────────────────────────────────────────────────────────────────────────────────────────────────────
    probe_seconds: float = 2.0
    """The readiness probe."""
