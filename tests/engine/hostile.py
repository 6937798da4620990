"""Documents written to hurt: each is small on the wire and dear to whoever walks, validates or runs it naively."""

from collections.abc import Callable

_FIELD = "brand{id}"


def laugh(levels: int) -> str:
    """Fragments that spread the next one twice: 2^levels fields."""
    chain = " ".join(f"fragment F{i} on Brand{{...F{i + 1} ...F{i + 1}}}" for i in range(levels))
    return f"{{brand{{...F0}}}} {chain} fragment F{levels} on Brand{{id}}"


def laugh_nested(levels: int) -> str:
    chain = " ".join(
        f"fragment F{i} on Brand{{a:rivals{{...F{i + 1}}} b:rivals{{...F{i + 1}}}}}" for i in range(levels)
    )
    return f"{{brand{{...F0}}}} {chain} fragment F{levels} on Brand{{id}}"


def laugh_variables(levels: int) -> str:
    inner = "products(first:$n){edges{node{brand{...F%d}}}}"
    chain = " ".join(f"fragment F{i} on Brand{{a:{inner % (i + 1)} b:{inner % (i + 1)}}}" for i in range(levels))
    return f"query($n:Int){{brand{{...F0}}}} {chain} fragment F{levels} on Brand{{id}}"


def deep(levels: int) -> str:
    return "{brand" + "{rivals" * levels + "{id}" + "}" * levels + "}"


def deep_fragments(levels: int) -> str:
    chain = " ".join(f"fragment F{i} on Brand{{rivals{{...F{i + 1}}}}}" for i in range(levels))
    return f"{{brand{{...F0}}}} {chain} fragment F{levels} on Brand{{id}}"


def deep_inline(levels: int) -> str:
    return "{brand" + "{...on Brand" * levels + "{id}" + "}" * levels + "}"


def wide(count: int) -> str:
    return "{brand{" + "id " * count + "}}"


def wide_aliases(count: int) -> str:
    return "{brand{" + " ".join(f"a{i}:id" for i in range(count)) + "}}"


def roots(count: int) -> str:
    return "{" + " ".join(f"a{i}:{_FIELD}" for i in range(count)) + "}"


def same_object(count: int) -> str:
    return "{" + "brand{rivals{id name}} " * count + "}"


def same_tree(levels: int) -> str:
    tree = "id"
    for _ in range(levels):
        tree = f"rivals{{{tree}}} rivals{{{tree}}}"
    return f"{{brand{{{tree}}}}}"


def cross_fragments(count: int) -> str:
    spreads = " ".join(f"...G{i}" for i in range(count))
    return f"{{brand{{{spreads}}}}} " + " ".join(f"fragment G{i} on Brand{{rivals{{id name}}}}" for i in range(count))


def many_inline(count: int) -> str:
    return "{brand{" + "...on Brand{id} " * count + "}}"


def many_inline_plain(count: int) -> str:
    return "{brand{" + "...{id} " * count + "}}"


def spreads(count: int) -> str:
    return "{brand{" + "...F " * count + "}} fragment F on Brand{id}"


def directives(count: int) -> str:
    return "{brand " + "@include(if:true) " * count + "{id}}"


def unknown_directives(count: int) -> str:
    return "{brand " + "@a " * count + "{id}}"


def variable_directives(count: int) -> str:
    return "query($a:Int " + "@a " * count + "){brand{id}}"


def operations(count: int) -> str:
    return " ".join(f"query Q{i}{{brand{{id}}}}" for i in range(count))


def variables(count: int) -> str:
    return "query(" + " ".join(f"$v{i}:Int" for i in range(count)) + "){brand{id}}"


def unused_fragments(count: int) -> str:
    return "{brand{id}} " + " ".join(f"fragment F{i} on Brand{{id}}" for i in range(count))


def circle(length: int) -> str:
    chain = " ".join(f"fragment F{i} on Brand{{...F{(i + 1) % length}}}" for i in range(length))
    return f"{{brand{{...F0}}}} {chain}"


def dear(levels: int) -> str:
    return "{brand" + "{products(first:100){edges{node{brand" * levels + "{id}" + "}}}}" * levels + "}"


def dear_lists(levels: int) -> str:
    return "{brand" + "{rivals" * levels + "{id tags}" + "}" * levels + "}"


def big_number() -> str:
    return "{brand{products(first:" + "9" * 5000 + "){edges{node{id brand{id brand:rivals{rivals{rivals{id}}}}}}}}}"


def introspect_deep(levels: int) -> str:
    return "{__schema{types{fields{type" + "{ofType" * levels + "{name}" + "}" * levels + "}}}}"


def introspect_wide(levels: int) -> str:
    return '{__type(name:"Brand")' + "{fields{type" * levels + "{name}" + "}}" * levels + "}"


def introspect_often(count: int) -> str:
    return "{" + " ".join(f"a{i}:__schema{{types{{name}}}}" for i in range(count)) + "}"


def introspect_circle() -> str:
    return "{__schema{types{...T}}} fragment T on __Type{fields{type{...T}}}"


def introspect_laugh(levels: int) -> str:
    chain = " ".join(f"fragment F{i} on __Type{{...F{i + 1} ...F{i + 1}}}" for i in range(levels))
    return f"{{__schema{{types{{...F0}}}}}} {chain} fragment F{levels} on __Type{{name}}"


def many_tokens(count: int) -> str:
    return "{" + "a " * count + "}"


def many_comments(count: int) -> str:
    return "{a " + "#\n" * count + "}"


def deep_list(levels: int) -> str:
    return "{echo(text:" + "[" * levels + "1" + "]" * levels + ")}"


def deep_object(levels: int) -> str:
    return "{echo(text:" + "{a:" * levels + "1" + "}" * levels + ")}"


def deep_type(levels: int) -> str:
    return "query($a:" + "[" * levels + "Int" + "]" * levels + "){brand{id}}"


def unknown_fields(count: int) -> str:
    return "{brand{" + " ".join(f"zz{i}{{x}}" for i in range(count)) + "}}"


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "laugh-25": (lambda: laugh(25), "selections"),
    "laugh-200": (lambda: laugh(200), "tokens"),
    "laugh-variables-3": (lambda: laugh_variables(3), "depth"),
    "laugh-nested-10": (lambda: laugh_nested(10), "selections"),
    "laugh-nested-29": (lambda: laugh_nested(29), "nesting"),
    "laugh-variables-9": (lambda: laugh_variables(9), "nesting"),
    "deep-13": (lambda: deep(13), "depth"),
    "deep-38": (lambda: deep(38), "depth"),
    "deep-300": (lambda: deep(300), "nesting"),
    "deep-fragments-29": (lambda: deep_fragments(29), "nesting"),
    "deep-inline-200": (lambda: deep_inline(200), "nesting"),
    "deep-inline-30": (lambda: deep_inline(30), "repeats"),
    "wide-900": (lambda: wide(900), "repeats"),
    "aliases-300": (lambda: wide_aliases(300), "aliases"),
    "roots-11": (lambda: roots(11), "root_fields"),
    "roots-150": (lambda: roots(150), "aliases"),
    "same-object-100": (lambda: same_object(100), "repeats"),
    "same-tree-7": (lambda: same_tree(7), "overlaps"),
    "cross-fragments-31": (lambda: cross_fragments(31), "fragments"),
    "inline-150": (lambda: many_inline(150), "repeats"),
    "inline-plain-200": (lambda: many_inline_plain(200), "repeats"),
    "spreads-400": (lambda: spreads(400), "repeats"),
    "directives-140": (lambda: directives(140), "directives"),
    "unknown-directives-400": (lambda: unknown_directives(400), "directives"),
    "variable-directives-400": (lambda: variable_directives(400), "directives"),
    "operations-5": (lambda: operations(5), "operations"),
    "operations-100": (lambda: operations(100), "operations"),
    "variables-51": (lambda: variables(51), "variables"),
    "unused-fragments-100": (lambda: unused_fragments(100), "fragments"),
    "dear-2": (lambda: dear(2), "cost"),
    "dear-lists-4": (lambda: dear_lists(4), "cost"),
    "big-number": (big_number, "cost"),
    "introspect-deep-20": (lambda: introspect_deep(20), "introspection_depth"),
    "introspect-wide-7": (lambda: introspect_wide(7), "introspection_lists"),
    "introspect-often-6": (lambda: introspect_often(6), "cost"),
    "introspect-laugh-20": (lambda: introspect_laugh(20), "introspection_selections"),
    "tokens-20000": (lambda: many_tokens(20_000), "tokens"),
    "comments-20000": (lambda: many_comments(20_000), "comments"),
    "deep-list-450": (lambda: deep_list(450), "nesting"),
    "deep-type-450": (lambda: deep_type(450), "nesting"),
}
"""Name → (the document, the limit that stops it)."""

CIRCLES = {"circle-1": lambda: circle(1), "circle-25": lambda: circle(25), "introspect-circle": introspect_circle}
