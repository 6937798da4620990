"""The wall between tenants as it stands: which tables are behind it, who may do what with them, roles, distribution.

A migration grants and walls in its own words, so that what it once did never changes; `tests/models/test_catalogue.py`
holds the migrated database to what is said here. Row security knows tenants only: which rows of its tenant a viewer may
see is a condition of the loaders' statements. It owns no table.
"""

from collections.abc import Sequence

APP_ROLE = "millrace_app"
WORKER_ROLE = "millrace_worker"

SHARED_TABLES = ("tenant", "tenant_host", "region")
"""Tables of the whole platform: no tenant column, no row security; the app role only reads them."""

APPEND_ONLY_TABLES = (
    "audit_entry",
    "journal",
    "order_delivery",
    "posting",
    "refund_line",
    "reservation_line",
    "shipment",
    "shipment_line",
    "stock_document",
    "stock_movement",
    "stored_document",
    "touch",
)
"""Rows that are never changed nor taken away: the app role may only add to them."""

KEPT_TABLES = (
    "feed_head",
    "ledger_account",
    "order_allocation",
    "order_header",
    "order_line",
    "outbox_event",
    "payment",
    "payment_notice",
    "pool_contribution_sku",
    "refund",
    "reservation",
    "stock",
)
"""Rows of goods, orders, money and events that change and are never taken away: the app role may not delete them."""

OPEN_TABLES = ("sku_search",)
"""Tenants' tables without row security, which would keep their indexes from being used: words and ids, nothing else."""

UNKEYED_TABLES = ("audit_entry", "idempotency_key", "outbox_event")
"""Tables without a foreign key to the tenant, for they are written with every hold: row security alone holds every row
of them to it.
"""

DUE_TABLES = ("order_header", "outbox_event", "payment", "refund", "reservation")
"""Where the worker looks for what is due, in all tenants, by (tenant_id, id, due_at) and nothing else."""

POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
"""The policy of every tenant's table. With nothing set there is no tenant, and so no row."""

TAKE_ON = f"""DO $$
DECLARE
    set_is_a_right boolean := current_setting('server_version_num')::int >= 160000;
    terms text := CASE WHEN set_is_a_right THEN ' WITH SET TRUE' ELSE '' END;
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['{APP_ROLE}', '{WORKER_ROLE}'] LOOP
        IF NOT pg_has_role(current_user, role, CASE WHEN set_is_a_right THEN 'SET' ELSE 'MEMBER' END) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role) || terms;
        END IF;
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE insufficient_privilege USING MESSAGE = format(
        'the owner may not act as the serving roles; let a superuser run: GRANT %I, %I TO %I%s',
        '{APP_ROLE}', '{WORKER_ROLE}', current_user, terms);
END $$"""
"""Let the owner act as both roles: the import writes as the app, and so does a server without a login of its own.

Since PostgreSQL 16 who makes a role is a member of it, may grant it, also to herself, and until then not take it on.
"""


def roles() -> list[str]:
    """Create the two roles where they are missing and let the owner take them on.

    Roles belong to the cluster, so others may have made them first.
    """
    return [
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$"""
        for role in (APP_ROLE, WORKER_ROLE)
    ] + [TAKE_ON]


def distribute(shared: Sequence[str], tables: Sequence[str]) -> list[str]:
    """On Citus, spread the tables by tenant; elsewhere nothing. Runs after the tables and before the foreign keys."""
    calls = [f"PERFORM create_reference_table('{table}');" for table in shared]
    calls += [f"PERFORM create_distributed_table('{table}', 'tenant_id');" for table in tables]
    return [
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN "
        + " ".join(calls)
        + " END IF; END $$"
    ]
