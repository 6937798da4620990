"""The act on attributes: what saves them, and what came of each row."""

from typing import Annotated

import strawberry

from domain import catalog as domain
from domain.catalog import MAX_DEFINED
from resolvers import catalog
from schema.acts import (
    Checking,
    InvalidInput,
    KeyReused,
    LimitReached,
    NotAllowed,
    Refusal,
    act,
    each_row,
    fact,
    refusal,
    saved,
)
from schema.base import PLATFORM
from schema.catalog.goods import MAX_NAME_CHARS
from schema.catalog.reading import Attribute
from schema.enums import AttributeKind


@refusal(domain.AttributeInUse, "Skus have values of the attribute, which keeps its type (属性已被使用).")
class AttributeInUse(Refusal):
    """With the kind that it keeps."""

    attribute: str = fact("attribute", "The attribute's code (属性编码).")
    kind: AttributeKind = fact("kind", "The type of its values (值类型).")


@strawberry.input(description="An attribute as it is to be (属性定义).")
class AttributeDefinitionInput:
    """A row."""

    code: str = strawberry.field(description="Its code, by which it is found (编码).")
    name: str = strawberry.field(description="Its name (名称).")
    kind: AttributeKind = strawberry.field(description="The type of its values, for good once skus have any (值类型).")
    unit: str | None = strawberry.field(default=None, description="The unit of its values (单位).")
    category: str | None = strawberry.field(
        default=None,
        description="The code of the category whose goods have it, and those below it. Left out: all goods (类目编码).",
    )

    def to_command(self, check: Checking) -> domain.AttributeLine:
        """The row."""
        return domain.AttributeLine(
            check.code("code", self.code),
            check.text("name", self.name, MAX_NAME_CHARS),
            self.kind,
            check.optional_code("unit", self.unit),
            check.optional_code("category", self.category),
        )


@strawberry.input(description="Attributes to be saved (保存属性定义).")
class SaveAttributesInput:
    """A file of them."""

    rows: list[AttributeDefinitionInput] = strawberry.field(description="The attributes, 1 to 500 (属性定义).")

    def to_command(self, check: Checking) -> domain.SaveAttributes:
        """The rows."""
        return domain.SaveAttributes(check.rows("rows", self.rows))


AttributeResult = Annotated[
    Attribute | AttributeInUse | LimitReached | InvalidInput | NotAllowed,
    strawberry.union("AttributeResult", description="An attribute that was saved, or why its row was not (属性结果)."),
]


@saved("What came of the attributes of a file (属性保存结果).")
class SavedAttributes:
    """Row by row."""

    rows: list[AttributeResult] = each_row("What came of each row, in their order (逐行结果).")


SaveAttributesResult = Annotated[
    SavedAttributes | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SaveAttributesResult", description="What came of the file, or why nothing was read (保存结果)."),
]


@strawberry.type
class DefiningMutation:
    """The act on attributes."""

    save_attributes: SaveAttributesResult = act(
        catalog.save_attributes,
        SaveAttributesInput,
        f"Attributes are saved by code, row by row: good rows are kept; at most {MAX_DEFINED} in all (保存属性定义).",
        PLATFORM,
    )
