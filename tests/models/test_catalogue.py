"""The database as the migrations leave it: the wall between tenants, read from PostgreSQL's own catalogue.

Every rule is a question whose answer names the offenders. One test asks them all of a migrated database; another breaks
each rule in a transaction that is rolled back and sees the question name the break.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from loaders.catalog.search import FOUND
from models import Base
from models.database import Login
from models.session import set_tenant
from models.wall import (
    APP_ROLE,
    APPEND_ONLY_TABLES,
    DUE_TABLES,
    KEPT_TABLES,
    OPEN_TABLES,
    POLICY,
    SHARED_TABLES,
    UNKEYED_TABLES,
    WORKER_ROLE,
)
from tests.given import pool_of

BOOKKEEPING = "alembic_version"

Question = Callable[[Any], Awaitable[list[str]]]

TENANTS_TABLES = """
WITH RECURSIVE own AS (
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relname NOT IN ('region', 'tenant', 'tenant_host', 'alembic_version')
)
"""


def asked(query: str, *apart: str) -> Question:
    async def ask(connection: Any) -> list[str]:
        return sorted(row[0] for row in await connection.fetch(TENANTS_TABLES + query) if row[0] not in apart)

    return ask


async def as_kept(connection: Any, policy: str) -> str:
    """A policy's condition as PostgreSQL keeps it."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"CREATE TABLE tried (tenant_id uuid); CREATE POLICY tried ON tried USING ({policy})")
    kept: str = await connection.fetchval("SELECT qual FROM pg_policies WHERE policyname = 'tried'")
    await transaction.rollback()
    return kept


async def wrong_policies(connection: Any) -> list[str]:
    walled = await as_kept(connection, POLICY)
    rows = await connection.fetch(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies"
    )
    found = {tuple(row) for row in rows}
    wanted = {
        (table, "tenant", "PERMISSIVE", "{public}", "ALL", walled, walled)
        for table in Base.metadata.tables
        if table not in SHARED_TABLES and table not in OPEN_TABLES
    } | {(table, "due", "PERMISSIVE", f"{{{WORKER_ROLE}}}", "SELECT", "true", None) for table in DUE_TABLES}
    return sorted({f"{policy[0]}.{policy[1]}" for policy in found ^ wanted})


GRANTS = """
SELECT c.relname, a.grantee::regrole::text, a.privilege_type
FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
UNION ALL
SELECT c.relname || '.' || t.attname, a.grantee::regrole::text, a.privilege_type
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
UNION ALL
SELECT 'public', r.rolname, 'CREATE' FROM pg_roles r
WHERE r.rolname IN ('millrace_app', 'millrace_worker') AND has_schema_privilege(r.oid, 'public', 'CREATE')
"""


async def wrong_grants(connection: Any) -> list[str]:
    found = {tuple(row) for row in await connection.fetch(GRANTS)}
    wanted = {(table, APP_ROLE, "SELECT") for table in Base.metadata.tables}
    for table in Base.metadata.tables:
        if table not in SHARED_TABLES:
            wanted |= {(table, APP_ROLE, "INSERT")}
            if table not in APPEND_ONLY_TABLES:
                wanted |= {(table, APP_ROLE, "UPDATE")}
                wanted |= set() if table in KEPT_TABLES else {(table, APP_ROLE, "DELETE")}
    wanted |= {
        (f"{table}.{column}", WORKER_ROLE, "SELECT") for table in DUE_TABLES for column in ("tenant_id", "id", "due_at")
    }
    return sorted(f"{on} {role} {right}" for on, role, right in found ^ wanted)


async def strange_tables(connection: Any) -> list[str]:
    found = {row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    return sorted(found ^ {*Base.metadata.tables, BOOKKEEPING})


QUESTIONS: dict[str, Question] = {
    "tables are those of the models": strange_tables,
    "tenant_id is a uuid that is never null": asked("""
        SELECT relname FROM own WHERE NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = own.oid AND a.attname = 'tenant_id' AND a.attnotnull
              AND a.atttypid = 'uuid'::regtype)"""),
    "the primary key starts with tenant_id": asked("""
        SELECT relname FROM own WHERE NOT EXISTS (
            SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = own.oid AND i.indisprimary AND a.attname = 'tenant_id')"""),
    "every unique index starts with tenant_id": asked("""
        SELECT x.relname FROM own JOIN pg_index i ON i.indrelid = own.oid JOIN pg_class x ON x.oid = i.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum = i.indkey[0]
        WHERE (i.indisunique OR i.indisexclusion) AND a.attname IS DISTINCT FROM 'tenant_id'"""),
    "a foreign key carries tenant_id on both sides": asked("""
        SELECT k.conname FROM own JOIN pg_constraint k ON k.conrelid = own.oid AND k.contype = 'f'
        WHERE k.confrelid IN (SELECT oid FROM own) AND NOT EXISTS (
            SELECT FROM unnest(k.conkey, k.confkey) AS pair(here, there)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
            JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.there
            WHERE a.attname = 'tenant_id' AND b.attname = 'tenant_id' AND cardinality(k.conkey) > 1)"""),
    "tenant_id points at a tenant, itself or with what it is part of, or the wall alone holds it": asked(
        """
        , certain AS (  -- foreign keys that no row escapes by a null
            SELECT k.conrelid, k.confrelid FROM own JOIN pg_constraint k ON k.conrelid = own.oid AND k.contype = 'f'
            WHERE NOT EXISTS (SELECT FROM pg_attribute a
                              WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull)
              AND EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'tenant_id')
        ), pointing AS (
            SELECT 'tenant'::regclass::oid AS oid
            UNION SELECT c.conrelid FROM certain c JOIN pointing p ON p.oid = c.confrelid
        )
        SELECT relname FROM own WHERE oid NOT IN (SELECT oid FROM pointing)""",
        *UNKEYED_TABLES,
    ),
    "no shared table points at a tenant's": asked("""
        SELECT k.conname FROM pg_constraint k JOIN own ON own.oid = k.confrelid
        WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM own)"""),
    "no key is set to null, and none follows an update": asked("""
        SELECT k.conname FROM pg_constraint k
        WHERE k.contype = 'f' AND (k.confdeltype IN ('n', 'd') OR k.confupdtype <> 'a')"""),
    "no triggers but those of foreign keys": asked("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal"),
    "no functions": asked("SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"),
    "row security is on, for the owner too": asked("""
        SELECT relname FROM own
        WHERE NOT (relrowsecurity AND relforcerowsecurity) AND relname NOT IN ('sku_search')"""),
    "policies are exactly these": wrong_policies,
    "no policy asks another table": asked("""
        SELECT polname::text FROM pg_policy
        WHERE polqual::text LIKE '%SUBLINK%' OR polwithcheck::text LIKE '%SUBLINK%'"""),
    "grants are exactly these": wrong_grants,
    "no column counts by a sequence of its own": asked("""
        SELECT relname || '.' || attname FROM own JOIN pg_attribute a ON a.attrelid = own.oid
        JOIN pg_attrdef d ON d.adrelid = own.oid AND d.adnum = a.attnum
        WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval%'"""),
    "identities are bigint": asked("""
        SELECT relname || '.' || attname FROM own JOIN pg_attribute a ON a.attrelid = own.oid
        WHERE a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype"""),
    "no rules": asked("""
        SELECT r.rulename::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN'"""),
    "views read as who asks, and none is stored": asked("""
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
          AND (c.relkind = 'm' OR c.relkind = 'v'
               AND NOT 'security_invoker=true' = ANY (coalesce(c.reloptions, '{}')))"""),
    "no enums": asked("SELECT typname::text FROM pg_type WHERE typtype = 'e'"),
    "columns are of few types": asked("""
        SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
          AND NOT a.attisdropped AND c.relname <> 'alembic_version'
          AND a.atttypid NOT IN ('uuid'::regtype, 'text'::regtype, 'bigint'::regtype, 'boolean'::regtype,
                                 'date'::regtype, 'timestamptz'::regtype, 'text[]'::regtype, 'uuid[]'::regtype)
          AND NOT (c.relname || '.' || a.attname IN ('order_line.configuration', 'outbox_event.facts',
                   'audit_entry.details') AND a.atttypid = 'jsonb'::regtype)"""),
    "the serving roles have no powers": asked("""
        SELECT r.rolname::text FROM pg_roles r WHERE r.rolname IN ('millrace_app', 'millrace_worker') AND (
            r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolinherit
            OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
            OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))"""),
}

NOTE = "CREATE TABLE note (tenant_id uuid NOT NULL REFERENCES tenant, id uuid, PRIMARY KEY (tenant_id, id))"
WALL = "ALTER TABLE note ENABLE ROW LEVEL SECURITY; ALTER TABLE note FORCE ROW LEVEL SECURITY"

BREAKS: list[tuple[str, str, list[str]]] = [
    ("tables are those of the models", NOTE, ["note"]),
    ("tables are those of the models", "DROP TABLE reservation_line", ["reservation_line"]),
    ("tenant_id is a uuid that is never null", "CREATE TABLE note (tenant_id text PRIMARY KEY)", ["note"]),
    ("tenant_id is a uuid that is never null", "CREATE TABLE note (tenant_id uuid)", ["note"]),
    ("the primary key starts with tenant_id", "CREATE TABLE note (tenant_id uuid, id uuid PRIMARY KEY)", ["note"]),
    (
        "the primary key starts with tenant_id",
        "CREATE TABLE note (tenant_id uuid, id uuid, PRIMARY KEY (id, tenant_id))",
        ["note"],
    ),
    ("every unique index starts with tenant_id", "ALTER TABLE sku ADD CONSTRAINT by_code UNIQUE (code)", ["by_code"]),
    ("every unique index starts with tenant_id", "CREATE UNIQUE INDEX low ON sku (lower(code), tenant_id)", ["low"]),
    (
        "a foreign key carries tenant_id on both sides",
        "ALTER TABLE sku ADD UNIQUE (id); ALTER TABLE lot ADD CONSTRAINT one FOREIGN KEY (sku_id) REFERENCES sku (id)",
        ["one"],
    ),
    (
        "a foreign key carries tenant_id on both sides",
        "ALTER TABLE lot ADD CONSTRAINT crossed FOREIGN KEY (sku_id, tenant_id) REFERENCES sku (tenant_id, id)",
        ["crossed"],
    ),
    (
        "tenant_id points at a tenant, itself or with what it is part of, or the wall alone holds it",
        "ALTER TABLE reservation DROP CONSTRAINT fk_reservation_tenant_id_cloud_store_id",
        ["reservation"],
    ),
    (
        "tenant_id points at a tenant, itself or with what it is part of, or the wall alone holds it",
        "ALTER TABLE reservation ALTER cloud_store_id DROP NOT NULL",
        ["reservation"],
    ),
    (
        "no shared table points at a tenant's",
        "ALTER TABLE tenant ADD owner_id uuid,"
        " ADD CONSTRAINT owner FOREIGN KEY (id, owner_id) REFERENCES organization (tenant_id, id)",
        ["owner"],
    ),
    (
        "no key is set to null, and none follows an update",
        "ALTER TABLE product ADD CONSTRAINT gone FOREIGN KEY (tenant_id, category_id)"
        " REFERENCES category (tenant_id, id) ON DELETE SET NULL",
        ["gone"],
    ),
    (
        "no key is set to null, and none follows an update",
        "ALTER TABLE product ADD CONSTRAINT follows FOREIGN KEY (tenant_id, category_id)"
        " REFERENCES category (tenant_id, id) ON UPDATE CASCADE",
        ["follows"],
    ),
    (
        "no triggers but those of foreign keys",
        "CREATE TRIGGER quiet BEFORE UPDATE ON sku FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        ["quiet"],
    ),
    ("no functions", "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1", ["peek"]),
    ("row security is on, for the owner too", "ALTER TABLE sku NO FORCE ROW LEVEL SECURITY", ["sku"]),
    ("row security is on, for the owner too", "ALTER TABLE sku DISABLE ROW LEVEL SECURITY", ["sku"]),
    ("policies are exactly these", "CREATE POLICY open ON sku USING (true)", ["sku.open"]),
    ("policies are exactly these", "DROP POLICY tenant ON lot", ["lot.tenant"]),
    ("policies are exactly these", "ALTER POLICY due ON reservation TO public", ["reservation.due"]),
    ("policies are exactly these", "ALTER POLICY tenant ON lot WITH CHECK (true)", ["lot.tenant"]),
    (
        "no policy asks another table",
        "CREATE POLICY asks ON sku USING (EXISTS (SELECT FROM tenant t WHERE t.id = tenant_id))",
        ["asks"],
    ),
    (
        "grants are exactly these",
        "GRANT UPDATE ON stock_movement TO millrace_app",
        ["stock_movement millrace_app UPDATE"],
    ),
    (
        "grants are exactly these",
        "GRANT DELETE ON payment TO millrace_app",
        ["payment millrace_app DELETE"],
    ),
    ("grants are exactly these", "GRANT INSERT ON tenant TO millrace_app", ["tenant millrace_app INSERT"]),
    ("grants are exactly these", "REVOKE DELETE ON sku FROM millrace_app", ["sku millrace_app DELETE"]),
    (
        "grants are exactly these",
        "GRANT SELECT (state) ON reservation TO millrace_worker",
        ["reservation.state millrace_worker SELECT"],
    ),
    ("grants are exactly these", "GRANT SELECT ON account TO PUBLIC", ["account - SELECT"]),
    (
        "grants are exactly these",
        "GRANT CREATE ON SCHEMA public TO millrace_app",
        ["public millrace_app CREATE"],
    ),
    ("no column counts by a sequence of its own", "ALTER TABLE sku ADD n bigserial", ["sku.n"]),
    ("identities are bigint", "ALTER TABLE sku ADD n int GENERATED ALWAYS AS IDENTITY", ["sku.n"]),
    ("no rules", "CREATE RULE keep AS ON DELETE TO sku DO INSTEAD NOTHING", ["keep"]),
    ("views read as who asks, and none is stored", "CREATE VIEW seen AS SELECT * FROM sku", ["seen"]),
    ("views read as who asks, and none is stored", "CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one", ["kept"]),
    ("no enums", "CREATE TYPE mood AS ENUM ('good')", ["mood"]),
    ("columns are of few types", "ALTER TABLE sku ADD weight numeric", ["sku.weight"]),
    ("columns are of few types", "ALTER TABLE sku ADD extra jsonb", ["sku.extra"]),
    ("columns are of few types", "ALTER TABLE tenant ADD n int", ["tenant.n"]),
    ("the serving roles have no powers", "ALTER ROLE millrace_worker BYPASSRLS", ["millrace_worker"]),
    ("the serving roles have no powers", "ALTER TABLE sku OWNER TO millrace_app", ["millrace_app"]),
]


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


def as_superuser(dsn: str) -> str:
    """The same database for the cluster's superuser: only she may grant powers to a role."""
    _, rest = dsn.split("@", 1)
    return f"postgresql://postgres@{rest}"


async def test_every_rule_holds_of_a_migrated_database(owner_dsn: str) -> None:
    async with connected(owner_dsn) as connection:
        offenders = {rule: await ask(connection) for rule, ask in QUESTIONS.items()}
        tables = await asked("SELECT relname FROM own")(connection)
    assert {rule: names for rule, names in offenders.items() if names} == {}
    assert len(tables) == len(Base.metadata.tables) - len(SHARED_TABLES)


@pytest.mark.parametrize("rule", QUESTIONS)
async def test_a_broken_rule_is_named(rule: str, owner_dsn: str) -> None:
    broken = [(change, offenders) for name, change, offenders in BREAKS if name == rule]
    assert broken
    async with connected(as_superuser(owner_dsn)) as connection:
        for change, offenders in broken:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(change)
            named = await QUESTIONS[rule](connection)
            await transaction.rollback()
            assert (change, named) == (change, offenders)


SKU_OF = """
WITH t AS (INSERT INTO tenant (id, code, name) VALUES ($1, right($1::uuid::text, 2), 'T')),
o AS (INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'BRAND', '1', 'B')),
p AS (INSERT INTO product (tenant_id, id, brand_id, code, name) VALUES ($1, $2, $2, '1', 'P')),
s AS (INSERT INTO sku (tenant_id, id, product_id, code, name) VALUES ($1, $2, $2, '1', 'S'))
INSERT INTO sku_search (tenant_id, sku_id, tokens) VALUES ($1, $2, '{可乐,cola}')
"""


async def test_the_table_without_row_security_gives_ids_of_the_asked_tenant(owner_dsn: str) -> None:
    """Two tenants share their words. The serving role can read both; what is searched is the asked tenant's alone."""
    tenants = [UUID(int=number) for number in (11, 12, 13)]
    async with connected(owner_dsn) as connection:
        for tenant, sku in zip(tenants[:2], (UUID(int=21), UUID(int=22)), strict=True):
            async with connection.transaction():
                await connection.execute(set_tenant(tenant))
                await connection.execute(SKU_OF, tenant, sku)
        columns = "SELECT attname::text FROM pg_attribute WHERE attrelid = 'sku_search'::regclass AND attnum > 0"
        assert {row[0] for row in await connection.fetch(columns)} == {"tenant_id", "sku_id", "tokens"}
        await connection.execute(f"SET ROLE {APP_ROLE}")
        assert await connection.fetchval("SELECT count(*) FROM sku_search") == 2
    database, found = pool_of(Login(owner_dsn, APP_ROLE)), []
    for tenant in tenants:
        session = database.read(tenant)
        found.append([*map(tuple, await session.fetch(FOUND, needed=["可乐"], marks=[], weights=[], start=7))])
        await session.close()
    await database.close()
    assert found == [[(UUID(int=21), 7)], [(UUID(int=22), 7)], []]
