"""Every statement compiled, held to the rules of reading: one shape, plain types, no clock, no gap.

What the statements answer is tested beside the loaders; here only how they are written and which index serves.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ARRAY, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

import loaders
from loaders.paging import Paged
from models import Base
from models.catalog import Listing, Sku
from models.channel import CloudStore
from models.database import Database
from models.reading import STATEMENTS, TENANT, Read, Row, compiled_of, ids, read
from tests.models.legs import Leg, legs_of

ROOT = Path(__file__).parents[2]
SHARED = {"region", "tenant", "tenant_host"}
LARGE = {"listing", "stock", "organization_closure", "price", "order_header", "order_line"}
OF_MEMBERS = {"customer", "membership", "coupon", "member_balance", "member_growth", "binding", "binding_hop", "touch"}

GOODS = {
    "AttributeRow",
    "CategoryEntry",
    "CategoryRow",
    "DefinitionEntry",
    "DefinitionRow",
    "PackUnitRow",
    "ProductEntry",
    "ProductRow",
    "SkuOfRow",
    "SkuRow",
}
SHELVES = {"CandidateRow", "CloudStoreRow", "DecorationRow", "ForSaleRow", "FoundSkuRow", "SectionRow", "SourceRow"}
DOORS = {
    "BrandRow",
    "OrganizationEntry",
    "OrganizationRow",
    "PrimaryUpstreamRow",
    "SiteEntry",
    "SiteRow",
    "HeldTerritoryRow",
    "TerritoryRow",
}
PLATFORM = {"EntryRow", "RegionRow", "TenantRow"}
ENTRANCE = {"AccountRow", "CustomerRow", "PartnerRow", "StaffRow", "StoredTextRow"}
REACH = {
    "AimRow",
    "AimedRow",
    "AnswerRow",
    "CampaignOfferRow",
    "FoundRow",
    "GoodsRow",
    "MentionRow",
    "PlaceRow",
    "RevisionRow",
    "TargetTierRow",
    "TerritoryOfRow",
}
"""What decides whom campaigns reach, shown to nobody as it is; what that lets them see, and what its coupons take off;
and what an owner's own conditions name."""
WITHIN = {"HeldRow"}
"""The lines of a hold, asked of nothing but a hold that the viewer was shown."""
OPEN = GOODS | SHELVES | DOORS | PLATFORM | ENTRANCE | REACH | WITHIN
"""Rows that anyone in the tenant may be shown, or that say who looks. A row that is not here is somebody's own."""

MODULES = [
    importlib.import_module(module.name) for module in pkgutil.walk_packages(loaders.__path__, prefix="loaders.")
]
READS: list[Read[Any]] = list(STATEMENTS)
NAMES = [f"{place}-{made.row.__name__}" for place, made in enumerate(READS)]


def facts_of(made: Read[Any]) -> Iterator[Leg]:
    for leg in legs_of(made.text):
        yield from leg.walk()


def unfiltered(made: Read[Any]) -> list[str]:
    """The tables of tenants, by the name a leg calls them, whose rows are not certainly the tenant's."""
    own = f"${made.names.index(TENANT.key) + 1}::UUID" if TENANT.key in made.names else ""
    return [
        alias
        for leg in facts_of(made)
        for alias, table in leg.tables.items()
        if table not in SHARED and (f"{alias}.tenant_id", "=", own) not in leg.certain
    ]


def astray(made: Read[Any]) -> list[str]:
    """What shows that a subquery has lost its outer rows: a name taken again inside, or the parents unnested twice."""

    def within(leg: Leg, above: set[str], unnested: bool) -> list[str]:
        again = sorted(above & leg.tables.keys())
        if leg.unnests > (0 if unnested else 1):
            again.append("unnest")
        below = above | leg.tables.keys()
        for inner in leg.inside:
            again += within(inner, below, unnested or leg.unnests > 0)
        return again

    return [name for leg in legs_of(made.text) for name in within(leg, set(), False)]


CLOCK = re.compile(
    r"\b(now|current_timestamp|current_date|current_time|localtimestamp|localtime|clock_timestamp"
    r"|statement_timestamp|transaction_timestamp|timeofday|random|gen_random_uuid)\b",
    re.IGNORECASE,
)


def connections() -> list[Paged[Any]]:
    """Those of all modules, also where a table of them holds one for each shape."""
    named = [item for module in MODULES for item in vars(module).values()]
    shaped = [inner for item in named if isinstance(item, dict) for inner in item.values()]
    return [item for item in (*named, *shaped) if isinstance(item, Paged)]


def rewritten(made: Read[Any], text: str) -> Read[Any]:
    return Read(made.row, text, made.names)


def test_all_modules_are_looked_at() -> None:
    files = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in (ROOT / "loaders").rglob("*.py")
    }
    assert {module.__name__ for module in MODULES} == files - {"loaders"}
    assert {table for made in READS for leg in facts_of(made) for table in leg.tables.values()} <= {
        *Base.metadata.tables
    }


@pytest.mark.parametrize("made", READS, ids=NAMES)
def test_every_leg_keeps_to_the_tenant(made: Read[Any]) -> None:
    assert unfiltered(made) == []


@pytest.mark.parametrize("made", READS, ids=NAMES)
def test_a_leg_without_its_tenant_is_noticed(made: Read[Any]) -> None:
    filters = list(re.finditer(r'("?\w+"?)\.tenant_id = \$\d+::UUID', made.text))
    assert len(filters) == sum(table not in SHARED for leg in facts_of(made) for table in leg.tables.values())
    for one in filters:
        without = made.text[: one.start()] + "true" + made.text[one.end() :]
        assert unfiltered(rewritten(made, without)) == [one[1]]
        doubtful = f"{made.text[: one.start()]}{one[0]} OR true{made.text[one.end() :]}"
        assert one[1] in unfiltered(rewritten(made, doubtful))


def test_what_is_not_open_to_all_asks_who_looks() -> None:
    pages = {connection.count: connection.page for connection in connections()}
    open_to_all = {pages.get(made, made).row.__name__ for made in READS if "viewer_organizations" not in made.names}
    assert open_to_all == OPEN
    # The rows of trade prices look like those of shelf prices; they are between two parties.
    assert all("viewer_organizations" in made.names for made in READS if "buyers" in made.names)
    asked = {"viewer_everything", "viewer_organizations", "viewer_customer"}
    for count, page in pages.items():
        assert asked.intersection(count.names) == asked.intersection(page.names)


class SkuIdRow(Row):
    """For statements that are wrong on purpose."""

    id: Any


@pytest.fixture
def _apart() -> Iterator[None]:
    """What the test compiles does not stay among the statements of the loaders."""
    kept = dict(STATEMENTS)
    yield
    STATEMENTS.clear()
    STATEMENTS.update(kept)


@pytest.mark.usefixtures("_apart")
def test_statements_that_leave_the_tenant_out_are_noticed() -> None:
    bare = select(Sku.id)
    joined = bare.join(Listing, (Listing.tenant_id == TENANT) & (Listing.sku_id == Sku.id))
    by_parent = joined.where(Sku.tenant_id == Listing.tenant_id)
    outer = bare.outerjoin(Listing, (Sku.tenant_id == TENANT) & (Listing.tenant_id == TENANT))
    other = bare.where(Sku.tenant_id == ids("ids").any_())
    inside = bare.where(Sku.tenant_id == TENANT, Sku.id.in_(select(Listing.sku_id)))
    arms = bare.where(Sku.tenant_id == TENANT).union_all(bare).subquery()
    wrong: list[Any] = [bare, joined, by_parent, outer, other, inside, select(arms.c.id)]
    assert [unfiltered(read(SkuIdRow, statement)) for statement in wrong] == [
        ["sku"],
        ["sku"],
        ["sku"],
        ["sku"],
        ["sku"],
        ["listing"],
        ["sku"],
    ]
    assert unfiltered(read(SkuIdRow, joined.where(Sku.tenant_id == TENANT))) == []


@pytest.mark.parametrize("made", READS, ids=NAMES)
def test_no_subquery_has_lost_its_outer_rows(made: Read[Any]) -> None:
    assert astray(made) == []


@pytest.mark.usefixtures("_apart")
def test_a_subquery_that_lost_its_outer_rows_is_noticed() -> None:
    store = select(CloudStore.id).where(CloudStore.tenant_id == TENANT, CloudStore.id == Listing.cloud_store_id)
    lost = select(Listing.id).where(
        Listing.tenant_id == TENANT,
        store.where(Listing.tenant_id == TENANT).correlate(None).exists(),
    )
    assert astray(read(SkuIdRow, lost)) == ["listing"]
    page = READS[NAMES.index(next(name for name in NAMES if name.endswith("ListingEntry")))]
    twice = page.text.replace("FROM listing JOIN", "FROM unnest($1::UUID[]) AS wanted(parent, place), listing JOIN")
    assert astray(rewritten(page, twice)) == ["unnest"]


def test_statements_have_one_shape_and_need_no_processing() -> None:
    dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # untyped upstream
    for made, statement in STATEMENTS.items():
        compiled = compiled_of(made.row, statement)
        assert not compiled.post_compile_params
        assert "POSTCOMPILE" not in made.text
        assert re.search(r"\bIN\s*\(", made.text) is None
        for entry in compiled._result_columns:
            # The driver gives arrays as lists; of their items the same holds as of other values.
            kind: Any = entry.type.item_type if isinstance(entry.type, ARRAY) else entry.type
            assert kind.dialect_impl(dialect).result_processor(dialect, None) is None


def test_no_statement_asks_the_clock_or_the_dice() -> None:
    assert [made.row.__name__ for made in READS if CLOCK.search(made.text)] == []
    assert CLOCK.search("SELECT 1 WHERE valid_from <= now()") is not None


PLAIN = {"uuid", "text", "int8", "bool", "date", "timestamptz", "uuid[]", "text[]", "int8[]", "timestamptz[]"}
"""What crosses the wire. A text parameter is announced as varchar, which PostgreSQL reads as text at no cost."""


async def test_the_database_takes_and_gives_plain_types_only(owner_dsn: str) -> None:
    connection = await asyncpg.connect(owner_dsn)
    strange: list[tuple[str, str]] = []
    for made in READS:
        prepared = await connection.prepare(made.text)
        taken = {kind.name for kind in prepared.get_parameters()} - PLAIN - {"varchar"}
        given = {column.type.name for column in prepared.get_attributes()} - PLAIN
        strange += [(made.row.__name__, name) for name in sorted(taken | given)]
        assert tuple(column.name for column in prepared.get_attributes()) == made.row.columns
    await connection.close()
    assert strange == []


def clocks_in(source: str) -> list[int]:
    """The lines of a module where SQL could ask the database's clock: `func.now` and its like, or text that says it."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "func":
            said = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\b[A-Z]{4,}\b", node.value):
            said = " ".join(re.findall(r"\w+\(\)|\bCURRENT_\w+\b", node.value)).replace("()", "")
        else:
            continue
        if CLOCK.search(said):
            lines.append(node.lineno)
    return lines


def test_no_module_writes_with_the_database_s_clock() -> None:
    folders = ("models", "loaders", "resolvers", "integrations", "demo", "alembic/versions")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert {
        str(path.relative_to(ROOT)): clocks_in(path.read_text()) for path in files if clocks_in(path.read_text())
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        "insert(Sku).on_conflict_do_update(index_elements=['id'], set_={'seen_at': func.now()})",
        "text('INSERT INTO sku VALUES (1) ON CONFLICT (id) DO UPDATE SET seen_at = now()')",
        "text('UPDATE sku SET seen_at = CURRENT_TIMESTAMP')",
        "mapped_column(server_default=func.current_timestamp())",
    ],
)
def test_a_clock_in_a_write_is_noticed(source: str) -> None:
    assert clocks_in(source) == [1]


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan:
        yield plan
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


async def test_large_tables_are_read_by_index_under_row_security(app: Database) -> None:
    pages = {made for connection in connections() for made in (connection.page, connection.count)}
    checkout = await app.checkout()
    driver: Any = checkout.driver
    await driver.execute("BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan")
    tenant = await driver.fetchval("SELECT id FROM tenant WHERE code = 'iowa'")
    await driver.execute(f"SET LOCAL app.tenant_id = '{tenant}'")
    whole: list[tuple[str, str]] = []
    seen: set[str] = set()
    for place, made in enumerate(READS):
        await driver.execute(f"PREPARE read_{place} AS {made.text}")
        nothing = f"({', '.join(['NULL'] * len(made.names))})" if made.names else ""
        # SQLAlchemy has taught the connection to read JSON.
        (plan,) = await driver.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE read_{place}{nothing}")
        found = list(scans(plan["Plan"]))
        whole += [
            (made.row.__name__, scan["Relation Name"])
            for scan in found
            if scan["Node Type"] == "Seq Scan" and scan["Relation Name"] in LARGE | OF_MEMBERS
        ]
        if made in pages:
            seen |= {scan["Relation Name"] for scan in found}
        await driver.execute(f"DEALLOCATE read_{place}")
    await driver.execute("ROLLBACK")
    checkout.give_back()
    assert whole == []
    assert seen >= LARGE
