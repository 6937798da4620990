"""What an import says when it is done: the rows of the file, the rules that applied, the rows it made."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations.wholesale.importing import Imported
from integrations.wholesale.ledger import MEANING


def show(console: Console, imported: Imported) -> None:
    """Print the report. Nothing of the file vanished: read = kept + refused."""
    report, tenant = imported.report, imported.tenant
    console.print(
        f"\nTenant [bold]{tenant.code}[/]: {report.rows_read:,} rows read, {report.rows_kept:,} kept,"
        f" {report.rows_refused:,} refused."
    )
    rules = Table("rule", "rows", "things", "meaning", "first", title="Irregular rows", title_justify="left")
    rules.columns[0].no_wrap = True
    rules.columns[1].justify = rules.columns[2].justify = "right"
    for finding in report.findings:
        first = Text(finding.examples[0] if finding.examples else "")  # the file's own words: no mark-up of ours
        rules.add_row(finding.rule.name, f"{finding.rows:,}", f"{finding.subjects:,}", MEANING[finding.rule], first)
    console.print(rules)
    if imported.regions:
        console.print(
            f"Regions that the file calls otherwise than the platform, which keeps its names: {len(imported.regions):,}"
            f" (first: {imported.regions[0]}).",
            highlight=False,
        )
    show_rows(console, imported.rows)
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in imported.seconds.items())
    console.print(f"Time: {steps}", highlight=False)


def show_rows(console: Console, rows: Mapping[str, int]) -> None:
    """Print how many rows each table got, most first."""
    written = ", ".join(f"{name} {count:,}" for name, count in sorted(rows.items(), key=lambda row: -row[1]))
    console.print(f"Rows written: {sum(rows.values()):,} ({written})", highlight=False)
