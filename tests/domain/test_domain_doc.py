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

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
CITED = re.compile(r"Source: docs/domain\.md, (.+?)\.(?:\"\"\")?$", re.MULTILINE)
KINDS = {"all": frozenset(OrderKind), "trade": frozenset(OrderKind) - {OrderKind.CONSUMER}}


def rows_of(header: str) -> list[list[str]]:
    """Give the cells of the table that `header` opens, row by row, without its two head rows."""
    body = PAGE.split(header, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in body.strip().splitlines()[1:]]


def test_every_cited_section_is_on_the_page() -> None:
    titles = set(re.findall(r"^###? (.+)$", PAGE, re.MULTILINE))
    cited = {
        title
        for module in (ROOT / "domain").rglob("*.py")
        for title in re.findall(
            r"Source: docs/domain\.md, (.+?)\.(?:\"\"\")?$", module.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert cited - titles == set()
    assert {"Shelf", "One pool of stock", "Money", "Orders of every tier", "Who may do what"} <= cited


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


COLUMNS = {
    "organisation": Permission.ORGANIZATION,
    "cloud store": Permission.CLOUD_STORE,
    "catalogue": Permission.CATALOG,
    "price": Permission.PRICE,
    "stock": Permission.STOCK,
    "orders": Permission.ORDER,
    "shipping": Permission.FULFILMENT,
    "after-sales": Permission.AFTERSALE,
    "members": Permission.MEMBER,
    "campaigns": Permission.CAMPAIGN,
    "figures": Permission.REPORT,
}
STAFF_ROWS = {
    "manager of a store, operator of any other tier": (Role.MANAGER, Role.OPERATOR),
    "clerk": (Role.CLERK,),
    "salesperson": (Role.SALESPERSON,),
    "analyst": (Role.ANALYST,),
}


def test_the_page_shows_who_may_do_what() -> None:
    header = f"| | {' | '.join(COLUMNS)} |"
    assert set(COLUMNS.values()) == set(Permission)
    body = PAGE.split(header, 1)[1].split("\n\n", 1)[0].strip().splitlines()[1:]
    shown = {
        name.strip(): frozenset(one for one, cell in zip(COLUMNS.values(), cells, strict=True) if cell.strip() == "✓")
        for _, name, *cells, _ in (row.split("|") for row in body)
    }
    staff = {role: shown[name] for name, roles in STAFF_ROWS.items() for role in roles}
    partners = {PartnerKind(kind): shown[kinds] for kinds in shown.keys() - STAFF_ROWS for kind in kinds.split(", ")}
    assert (staff, partners) == (BY_ROLE, BY_PARTNER)
