"""What `python -m engine explain` prints: the plan of a document as Python, or why there is none."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import boot
from engine.__main__ import app

STOREFRONT = "graphiql/queries/10-storefront.graphql"


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, run in the project: its pyproject.toml says which schema."""
    monkeypatch.chdir(boot.PROJECT)

    def explained(*words: str | Path) -> Result:
        done = CliRunner().invoke(app, ["explain", *map(str, words)], env={"NO_COLOR": "1", "COLUMNS": "200"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return explained


def written(folder: Path, text: str) -> Path:
    file = folder / "document.graphql"
    file.write_text(text)
    return file


def test_a_document_is_printed_as_the_python_it_becomes(explain: Callable[..., Result]) -> None:
    done = explain(STOREFRONT)
    assert (done.exit_code, done.stderr) == (0, "")
    (function,) = ast.parse(done.stdout).body
    assert isinstance(function, ast.AsyncFunctionDef)
    comments = [line.strip() for line in done.stdout.splitlines() if line.lstrip().startswith("#")]
    assert comments[:3] == ["# ── level 1", "# store", "# ── level 2"]
    assert "# store.shelf" in comments


def test_a_switch_is_true_where_it_is_named_and_false_elsewhere(explain: Callable[..., Result], tmp_path: Path) -> None:
    text = "query($a: Boolean!, $b: Boolean!){tenant{name @include(if: $a) code @include(if: $b)}}"
    document = written(tmp_path, text)
    for on, (there, gone) in (("a", ("'name'", "'code'")), ("b", ("'code'", "'name'"))):
        done = explain(document, "--on", on)
        assert (done.exit_code, there in done.stdout, gone in done.stdout) == (0, True, False)


def test_one_of_several_operations_is_named(explain: Callable[..., Result], tmp_path: Path) -> None:
    document = written(tmp_path, "query A {tenant{name}} query B {viewer{actorClass}}")
    done = explain(document, "--operation", "B")
    assert (done.exit_code, "'actorClass'" in done.stdout, "'name'" in done.stdout) == (0, True, False)
    unnamed = explain(document)
    assert (unnamed.exit_code, unnamed.stdout) == (1, "")
    assert unnamed.stderr.startswith("No plan: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{nothing}", "Cannot query field 'nothing' on type 'Query'."),
        ("{", "Syntax Error"),
        ("{" + " ".join(f"a{n}: tenant{{name}}" for n in range(31)) + "}", "The document is too complex: aliases"),
    ],
)
def test_what_would_be_refused_has_no_plan(
    explain: Callable[..., Result], tmp_path: Path, text: str, words: str
) -> None:
    done = explain(written(tmp_path, text))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"No plan: {words}")


def test_a_file_that_is_not_there_is_a_wrong_argument(explain: Callable[..., Result], tmp_path: Path) -> None:
    done = explain(tmp_path / "never.graphql")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "does not exist" in done.stderr


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("", "say which schema"),
        ("schema", "say which schema"),
        ("os:getcwd", "os:getcwd gives no Strawberry schema"),
        ("os:name", "os:name cannot be called"),
        ("nowhere:build", "nowhere:build cannot be found"),
        (".nowhere:build", ".nowhere:build cannot be found"),
        ("schema:nothing", "schema:nothing cannot be found"),
    ],
)
def test_a_schema_that_is_none_is_told_in_words(explain: Callable[..., Result], schema: str, words: str) -> None:
    done = explain(STOREFRONT, "--schema", schema)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("No plan: ")
    assert words in done.stderr


def test_a_project_that_names_no_schema_is_told(
    explain: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    monkeypatch.chdir(tmp_path)
    done = explain(boot.PROJECT / STOREFRONT)
    assert (done.exit_code, done.stdout, done.stderr) == (
        1,
        "",
        "No plan: say which schema: --schema module:function\n",
    )
