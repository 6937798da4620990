"""Finding anything again by its global id: Relay's `node` and `nodes`."""

import strawberry

from engine.limits import FieldCost
from resolvers import integration
from schema.base import PUBLIC, Argument, Node, edge, parse_id

_KINDS = tuple(integration.NODE_LOADERS)


def _keys(ids: list[str]) -> list[object]:
    return [parse_id(text, *_KINDS) for text in ids]


@strawberry.type
class Query:
    """The root fields that serve every centre."""

    node: Node | None = edge(
        integration.node,
        "Anything by its id; null if there is no such thing, or not for the viewer (按标识查找).",
        PUBLIC,
        arguments={
            "id": Argument(strawberry.ID, "A global id (全局标识).", parse=lambda text: parse_id(text, *_KINDS))
        },
    )
    nodes: list[Node | None] = edge(
        integration.nodes,
        "Many by their ids, in the order of the ids, null where there is nothing for the viewer (批量查找).",
        PUBLIC,
        cost=FieldCost(weight=1, slicing=("ids",), default=0, maximum=integration.MAX_NODES),
        arguments={
            "ids": Argument(list[strawberry.ID], f"At most {integration.MAX_NODES} ids (全局标识).", parse=_keys)
        },
    )
