"""Look into the engine: `python -m engine explain document.graphql` prints the plan of a document as the Python it is.

The schema is named as `module:function`, by `--schema` or in `[tool.engine]` of the working directory's pyproject.toml.
"""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Annotated

import strawberry
import typer

from engine.documents import DocumentError, Documents
from engine.gate import Gate
from engine.limits import Limits
from engine.plan.plans import Plan, compiled
from engine.plan.tree import Unplannable

app = typer.Typer(add_completion=False, help="Look into the engine.")


@app.callback()
def main() -> None:
    """Look into the engine."""


@app.command()
def explain(
    document: Annotated[Path, typer.Argument(help="A file with a GraphQL document.", exists=True, dir_okay=False)],
    operation: Annotated[str | None, typer.Option(help="Which operation, where the document has several.")] = None,
    on: Annotated[list[str] | None, typer.Option(help="Variables of @skip and @include that are true.")] = None,
    schema: Annotated[str | None, typer.Option(help="module:function that gives the Strawberry schema.")] = None,
) -> None:
    """Print the plan of a document."""
    try:
        plan = plan_of(schema_named(schema), document.read_text(), operation, set(on or ()))
    except (DocumentError, Unplannable, OSError, ValueError) as error:
        typer.echo(f"No plan: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(plan.source.text)


def schema_named(name: str | None) -> strawberry.Schema:
    """The schema that a `module:function` gives. Raises: ValueError where there is none."""
    if name is None:
        name = tomllib.loads(Path("pyproject.toml").read_text()).get("tool", {}).get("engine", {}).get("schema", "")
    module, _, function = name.partition(":")
    if not module or not function:
        raise ValueError("say which schema: --schema module:function")
    try:
        build = getattr(import_module(module), function)
    except (ImportError, AttributeError, TypeError) as error:  # TypeError: a relative name
        raise ValueError(f"{name} cannot be found: {error}") from error
    if not callable(build):
        raise ValueError(f"{name} cannot be called")
    made = build()
    if not isinstance(made, strawberry.Schema):
        raise ValueError(f"{name} gives no Strawberry schema")
    return made


def plan_of(schema: strawberry.Schema, text: str, operation: str | None, on: set[str]) -> Plan:
    """The plan of an operation where the switches in `on` are true and the others false.

    Raises: DocumentError for a document that would be refused, Unplannable for one that plans do not run.
    """
    limits = Limits(request_seconds=0.0)  # nothing runs
    prepared = Documents(schema._schema, Gate(schema._schema, limits), limits, introspection=True).prepare(text)
    asked = prepared.operation(operation)
    switches = {name: name in on for name in asked.switches}
    return compiled(schema, prepared, asked, switches, limits.plan_fields)


if __name__ == "__main__":
    app()
