"""The page that code cites: every cited section exists, and the tables it shares with the code are the same."""

import re
from pathlib import Path

from domain.campaign import Dimension, ReachReason
from domain.catalog import PriceReason
from domain.channel import ALLOWED_EDGES, CloudStoreMode, EdgeKind, Role, Tier
from domain.integration import PartnerKind
from domain.member import RightReason
from domain.ordering import ORDER_KINDS_OF_MODE, TRANSITIONS, OrderActor, OrderKind, OrderState
from domain.permissions import BY_PARTNER, BY_ROLE, Permission

HEADS = (
    "| organisation | cloud store | catalogue | price | stock | orders | shipping | after-sales | members | campaigns "
)
HEADS += "| figures |\n"
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
KINDS = {"all": frozenset(OrderKind), "trade": frozenset(OrderKind) - {OrderKind.CONSUMER}}


def rows_of(header: str) -> list[list[str]]:
    """Give the cells of the table that `header` opens, row by row, without its two head rows."""
    body = PAGE.split(header, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in body.strip().splitlines()[1:]]


def test_every_cited_section_is_on_the_page() -> None:
    titles = set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
    cited = {
        title
        for module in (ROOT / "domain").rglob("*.py")
        for title in re.findall(r"Source: docs/domain\.md, (.+?)\.$", module.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert cited - titles == set()
    assert {"Shelf", "One pool of stock", "Money", "Orders of every tier"} <= cited


def test_the_page_lists_its_sections_in_order() -> None:
    listed = re.findall(r"^- \[(.+)\]\(#", PAGE, re.MULTILINE)
    assert listed == re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert len(listed) == 14


def test_the_page_shows_the_table_of_transitions() -> None:
    shown = [
        (
            OrderState(source),
            OrderState(target),
            frozenset(OrderActor(actor) for actor in actors.split(", ")),
            KINDS[kinds] if kinds in KINDS else frozenset({OrderKind(kinds)}),
            occasion,
        )
        for source, target, actors, kinds, occasion in rows_of("| from | to | who may | kinds | when |")
    ]
    assert shown == [tuple(row) for row in TRANSITIONS]


def test_the_page_shows_the_reasons_of_a_price() -> None:
    assert [PriceReason(reason) for reason, _ in rows_of("| reason | meaning |")] == list(PriceReason)


def test_the_page_shows_the_reasons_of_a_right() -> None:
    shown = rows_of("| right's reason | what is wrong |")
    assert [RightReason(reason) for reason, _ in shown] == list(RightReason)


def test_the_page_shows_the_dimensions_and_the_reasons_of_a_reach() -> None:
    shown = [Dimension(dimension) for dimension, _ in rows_of("| dimension | a condition holds where |")]
    assert shown == list(Dimension)
    reasons = [ReachReason(reason) for reason, _ in rows_of("| reason | a campaign does not reach because |")]
    assert reasons == list(ReachReason)


def test_the_page_shows_which_tiers_supply_which() -> None:
    shown = {
        Tier(source): {Tier(target) for target in targets.split(", ")}
        for kind, source, targets in rows_of("| edge | from | to |")
        if kind == EdgeKind.SUPPLIES
    }
    assert {**shown, Tier.STORE: set()} == ALLOWED_EDGES[EdgeKind.SUPPLIES]


def test_the_page_shows_which_kinds_of_order_a_mode_takes() -> None:
    shown = {
        CloudStoreMode(mode): {OrderKind(kind) for kind in kinds.split(", ")}
        for mode, _, kinds, *_ in rows_of("| mode | sells to | order kinds | fulfilment | own rules |")
    }
    assert shown == ORDER_KINDS_OF_MODE


def test_the_page_shows_who_may_do_what() -> None:
    names = [name.replace("-", "").upper() for name in HEADS.strip("| \n").split(" | ")]
    said = {
        "ORDERS": "ORDER",
        "SHIPPING": "FULFILMENT",
        "AFTERSALES": "AFTERSALE",
        "ORGANISATION": "ORGANIZATION",
        "CLOUD STORE": "CLOUD_STORE",
        "CATALOGUE": "CATALOG",
        "MEMBERS": "MEMBER",
        "CAMPAIGNS": "CAMPAIGN",
        "FIGURES": "REPORT",
    }
    columns = [Permission(said.get(name, name)) for name in names]
    assert set(columns) == set(Permission)
    shown = {
        who: frozenset(column for column, cell in zip(columns, cells, strict=True) if cell == "✓")
        for row in PAGE.split(HEADS, 1)[1].split("\n\n", 1)[0].strip().splitlines()[1:]
        for who, *cells in [[cell.strip() for cell in row.split("|")[1:-1]]]
    }
    by_role = {
        role.value.lower(): rights for role, rights in BY_ROLE.items() if role not in (Role.MANAGER, Role.OPERATOR)
    }
    assert (
        shown.pop("manager of a store, operator of any other tier") == BY_ROLE[Role.MANAGER] == BY_ROLE[Role.OPERATOR]
    )
    assert shown.pop("ERP, DMS") == BY_PARTNER[PartnerKind.ERP] == BY_PARTNER[PartnerKind.DMS]
    assert shown == by_role | {kind: BY_PARTNER[PartnerKind(kind)] for kind in ("WMS", "TMS")}
