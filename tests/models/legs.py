"""The legs of a compiled statement: each SELECT with its own FROM, read from the text that is sent.

It understands the SQL that SQLAlchemy writes for the reads of this project and nothing more. What it finds are the
tables of each leg, under which name, and the conditions that must be true of every row the leg gives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Token = str
Group = list["Token | Group"]

_TOKEN = re.compile(
    r"""\s*( \$\d+ (?: :: (?:TIMESTAMP\ WITH\ TIME\ ZONE|\w+) (?:\[\])? )?
           | '(?:[^']|'')*' | [()] | , | "?\w+"?(?:\."?\w+"?)* | [^\s\w(),'"$]+ )""",
    re.VERBOSE,
)
_CLAUSES = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT")


@dataclass
class Leg:
    """One SELECT: its tables by the name it calls them, what it unnests, what holds of its rows, the legs inside."""

    tables: dict[str, str] = field(default_factory=dict)
    unnests: int = 0
    certain: list[tuple[str, ...]] = field(default_factory=list)
    inside: list["Leg"] = field(default_factory=list)

    def walk(self) -> Iterator["Leg"]:
        """This leg and all inside it."""
        yield self
        for leg in self.inside:
            yield from leg.walk()


def legs_of(sql: str) -> list[Leg]:
    """The outermost legs of a statement: those of its WITH first, then its one SELECT or the arms of its UNION."""
    tokens, place = [], 0
    while sql[place:].strip():
        found = _TOKEN.match(sql, place)
        if found is None:
            raise ValueError(f"not understood: {sql[place : place + 40]!r}")
        tokens.append(found[1])
        place = found.end()
    group, rest = _nested(tokens, 0)
    if rest != len(tokens):
        raise ValueError("a parenthesis too many")
    return _legs(group)


def _nested(tokens: list[Token], place: int) -> tuple[Group, int]:
    group: Group = []
    while place < len(tokens) and tokens[place] != ")":
        if tokens[place] == "(":
            inner, place = _nested(tokens, place + 1)
            group.append(inner)
        else:
            group.append(tokens[place])
        place += 1
    return group, place


def _split(group: Group, *words: str) -> list[Group]:
    parts: list[Group] = [[]]
    for item in group:
        if item in words:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def _legs(group: Group) -> list[Leg]:
    if not group or group[0] != "WITH":
        return _arms(group)
    start = group.index("SELECT")
    # A recursive WITH also lists its columns, between its name and AS.
    head = [item for item in group[:start] if not isinstance(item, list) or "SELECT" in item]
    named = {head[place - 1] for place, item in enumerate(head) if item == "AS"}
    inner = [leg for item in head if isinstance(item, list) for leg in _legs(item)]
    legs = inner + _arms(group[start:])
    for leg in (each for outer in legs for each in outer.walk()):
        # A name of the WITH is no table: its own leg is among these.
        leg.tables = {name: table for name, table in leg.tables.items() if table not in named}
    return legs


def _arms(group: Group) -> list[Leg]:
    arms = _split([item for item in group if item != "ALL"], "UNION")
    return [_leg(arm) for arm in arms]


def _leg(group: Group) -> Leg:
    leg, clauses, name = Leg(), dict[str, Group](), ""
    for item in group:
        if isinstance(item, str) and item in _CLAUSES:
            name = item
            clauses[name] = []
        else:
            clauses[name].append(item)
    _from(leg, clauses.get("FROM", []))
    leg.certain += _certain(clauses.get("WHERE", []))
    _inside(leg, group)
    return leg


def _inside(leg: Leg, group: Group) -> None:
    for item in group:
        if isinstance(item, list):
            if item and item[0] in ("SELECT", "WITH"):
                leg.inside += _legs(item)
            else:
                _inside(leg, item)


def _from(leg: Leg, clause: Group) -> None:
    for listed in _split(clause, ",") if clause else []:  # a SELECT of values alone names none
        joins = _split(listed, "JOIN")
        for place, joined in enumerate(joins):
            outer = place > 0 and "LEFT" in joins[place - 1]  # that word stands at the end of the part before
            source, *condition = _split([item for item in joined if item not in ("LEFT", "OUTER", "LATERAL")], "ON")
            name = _source(leg, source)
            for facts in condition:
                # The condition of an outer join says nothing of the rows on its other side.
                leg.certain += [fact for fact in _certain(facts) if not outer or fact[0].startswith(f"{name}.")]


def _source(leg: Leg, source: Group) -> str:
    first, words = source[0], [item for item in source if isinstance(item, str)]
    alias = words[words.index("AS") + 1] if "AS" in words else words[0]
    if first == "unnest":
        leg.unnests += 1
    elif isinstance(first, str):
        if alias in leg.tables:
            raise ValueError(f"{alias} twice in one leg")
        leg.tables[alias] = first.strip('"')
    return alias


def _certain(condition: Group) -> list[tuple[str, ...]]:
    """The conditions joined by AND at the top; where an OR stands among them, none is certain."""
    if "OR" in condition:
        return []
    facts = _split(condition, "AND")
    return [tuple(str(item) for item in fact) for fact in facts if all(isinstance(item, str) for item in fact)]
