"""The house's own rules, as tests: rooms and names, sizes, docstrings, reasons, and words that must not be here."""

import ast
import os
import re
import subprocess
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("schema", "resolvers", "loaders", "models", "domain")
CENTRES = {
    "channel",
    "member",
    "attribution",
    "catalog",
    "inventory",
    "ordering",
    "fulfilment",
    "campaign",
    "settlement",
    "procurement",
    "integration",
}
FOUNDATIONS = {
    "schema": {"__init__", "acts", "base", "enums", "federation", "node", "reference"},
    "resolvers": {"__init__", "acts", "context", "entrance", "paging"},
    "loaders": {"__init__", "base", "paging", "rounds", "tenants"},
    "models": {
        "__init__",
        "acts",
        "base",
        "database",
        "due",
        "failing",
        "fused",
        "lending",
        "outbox",
        "reading",
        "session",
        "wall",
        "straight",
        "writing",
    },
    "domain": {"__init__", "access", "base", "money", "permissions", "search", "wording"},
}
"""The files of each role that belong to no centre."""
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
FORBIDDEN_NAMES = re.compile(r"\b(utils?|helpers?|common|managers?|services?)\b")


def walked(root: Path, *patterns: str) -> list[Path]:
    """Files of an unpacked project: whatever is there and not ignored by a plain name in its .gitignore."""
    ignored = {line.rstrip("/") for line in (root / ".gitignore").read_text().split()} | {".git"}
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not any(fnmatch(name, other) for other in ignored))
        paths = (Path(folder, name) for name in sorted(files))
        found += [path for path in paths if any(fnmatch(path.relative_to(root).as_posix(), one) for one in patterns)]
    return found


def tracked(*patterns: str) -> list[Path]:
    """Files of the project: what git knows or would take; without a checkout, what is there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    if not (ROOT / ".git").exists():  # another repository may be around it
        return walked(ROOT, *patterns)
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


PYTHON = tracked("*.py")
CODE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] not in {"tests", "alembic"}]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_test() -> None:
    assert len(CODE) > 50
    assert len(PYTHON) > len(CODE)


def test_an_unpacked_project_is_walked(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\n*.egg-info/\n")
    wanted = ["Makefile", "a.py", ".ci/run", "b/c.py"]
    for name in (*wanted, "b/d.md", "b/Makefile", ".venv/e.py", "x.egg-info/f.py", ".git/g.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = walked(tmp_path, "*.py", "Makefile", ".ci/run")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == wanted


@pytest.mark.parametrize("role", ROLES)
def test_every_room_holds_centres_and_foundations_only(role: str) -> None:
    found = {
        path.relative_to(ROOT / role).parts[0].removesuffix(".py")
        for path in CODE
        if path.relative_to(ROOT).parts[0] == role
    }
    assert found - CENTRES - FOUNDATIONS[role] == set()


def test_no_file_is_too_long() -> None:
    long = {
        name_of(path): lines
        for path in PYTHON
        if "alembic/versions" not in name_of(path) and (lines := len(path.read_text().splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in PYTHON
        if "alembic/versions" not in name_of(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_file_bears_a_name_that_says_nothing() -> None:
    bad = [
        name_of(path) for path in PYTHON if FORBIDDEN_NAMES.search(name_of(path).replace("_", " ").replace("/", " "))
    ]
    assert bad == []


def test_every_module_opens_with_what_it_owns() -> None:
    silent = [name_of(path) for path in CODE if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_alembic_is_no_package() -> None:
    # An __init__.py there would hide the library of the same name.
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_only_the_command_line_imports_the_composition_root() -> None:
    importers = {
        (name_of(path), name)
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name in {"app", "boot", "cli", "worker"}
    }
    assert importers == {
        ("app.py", "boot"),
        ("cli.py", "app"),
        ("cli.py", "boot"),
        ("cli.py", "worker"),
        ("worker.py", "boot"),
    }


def test_only_the_entrance_knows_the_wire() -> None:
    knowing = {
        name_of(path)
        for path in CODE
        if path.relative_to(ROOT).parts[0] in ROLES and re.search(r"^(from|import) transport", path.read_text(), re.M)
    }
    assert knowing == {"resolvers/entrance.py"}


def test_resolvers_and_schema_hold_no_sql() -> None:
    speaking = [
        name_of(path)
        for path in CODE
        if path.relative_to(ROOT).parts[0] in {"schema", "resolvers"}
        and re.search(r"^(from|import) (sqlalchemy|asyncpg)", path.read_text(), re.M)
    ]
    assert speaking == []


def test_every_silenced_check_gives_its_reason() -> None:
    # The comment that silences a check goes on to say why: `# type: ignore[code]  # because …`.
    silent = [
        f"{name_of(path)}:{number}"
        for path in PYTHON
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"# (type: ignore|noqa)", line) and not re.search(r"# (type: ignore|noqa)\S*.* (#|-|–) ?\w", line)
    ]
    assert [entry for entry in silent if not entry.startswith("tests/test_house.py")] == []


MAY_SKIP = {"tests/flows/test_graphiql_page.py": 1}
"""Where a test may be left out, and says so by its name: what needs a browser, on a machine that has none."""


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|pytest\.skip\(|mark\.(skip|xfail)")
    left = [
        f"{name_of(path)}:{number}"
        for path in PYTHON
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert Counter(entry.partition(":")[0] for entry in left) == MAY_SKIP


def test_the_repository_names_no_place_of_one_machine() -> None:
    places = re.compile(r"\.\./shared|(?<![\w.])/(work|farm|root)/|pypi\.org/simple|registry\.npmjs")
    found = [
        f"{name_of(path)}:{number}"
        for path in tracked("*.py", "*.md", "*.toml", "*.txt", "*.json", "*.mjs", "*.graphql", "Makefile", ".ci/run")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if places.search(line)
    ]
    assert found == []


def test_every_target_of_make_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.M))
    assert targets == explained
    assert {
        "serve",
        "test",
        "prove",
        "check",
        "bench",
        "sdl",
        "migrate",
        "token",
        "stored-only",
        "bench-peers",
    } <= targets


MONEY_AND_STOCK = (
    *("domain/money.py", "domain/settlement.py", "domain/inventory", "domain/ordering", "domain/catalog"),
    *("models/settlement.py", "models/inventory", "models/ordering", "models/catalog"),
    *("resolvers/inventory", "resolvers/ordering", "resolvers/catalog"),
    *("loaders/inventory", "loaders/ordering", "loaders/catalog"),
)


def broken(text: str) -> list[tuple[int, str]]:
    """Where a module counts with broken numbers: a float written out, a division that makes one, or a call for one."""
    return [
        (node.lineno, "float" if not isinstance(node, ast.BinOp | ast.AugAssign) else "/")
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


def test_no_broken_number_is_near_money_or_stock() -> None:
    files = [path for path in tracked("*.py") if name_of(path).startswith(MONEY_AND_STOCK)]
    assert len(files) > 50
    assert [(name_of(path), *each) for path in files for each in broken(path.read_text())] == []
    told = sorted(broken("a = 1 / 2\nb = 0.5\nc = float(1)\na /= 2\nd = 7 // 2"))
    assert told == [(1, "/"), (2, "float"), (3, "float"), (4, "/")]
