"""Documents by their text: parsed, weighed, validated once, and kept.

Owns the cache and the order of the checks: tokens, then the gate, then validation, because validation is the dear one
(3 ms for an ordinary storefront document, many times that for a crafted one at the token limit). Does not execute and
does not know who asks.

A text that is refused is not kept. Hostile texts never come twice, an honest client's broken one costs what any new
document costs, and remembering failures would let strangers decide what the cache holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    ObjectValueNode,
    OperationDefinitionNode,
    ValidationContext,
    VariableDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from engine.faults import shortened
from engine.gate import Gate, LimitError, Operation
from engine.limits import Limits
from engine.shelf import Shelf

_BYTES_PER_CHAR = 200
"""Memory of a parsed document per character of its text; measured 100 (formatted) to 215 (dense)."""

_ABORTED = re.compile(
    r"Document (contains more than \d+ (?P<limit>tokens|comments)|is nested too deeply)\. Parsing aborted\."
)
"""How graphql-core words its own limits; matched in full, since other syntax errors quote the client's text."""


class DocumentError(Exception):
    """The document is refused. `errors` are coded, safe to show, and no more than `Limits.errors`."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(e.message for e in self.errors))


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A document that may run. `text` is what the client sent, `operations` are in document order.

    `stored`: whether it is one of those that are known to come again.
    """

    text: str
    document: DocumentNode
    operations: tuple[Operation, ...]
    stored: bool = False

    def operation(self, name: str | None) -> Operation:
        """The operation called `name`; without a name, the only one.

        Raises: `DocumentError` coded OPERATION_RESOLUTION_FAILURE.
        """
        if name is None:
            if len(self.operations) == 1:
                return self.operations[0]
            raise DocumentError([_unresolved("The document holds several operations: say which by operationName.")])
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise DocumentError([_unresolved("The document holds no operation of that name.")])


class Documents:
    """Bounded caches in front of parser, gate and validation: one for stored documents, one for what anybody sends."""

    def __init__(
        self,
        schema: GraphQLSchema,
        gate: Gate,
        limits: Limits,
        *,
        introspection: bool,
        gone: Callable[[Prepared], None] | None = None,
    ) -> None:
        """`introspection`: whether `__schema` and `__type` may be asked; without it errors suggest no names either.

        `gone` is told of documents that are no longer kept.
        """
        self._schema = schema
        self._gate = gate
        self._limits = limits
        self._introspection = introspection
        self._rules = (*specified_rules, *_input_rules(schema))
        self._sent = Shelf[str, Prepared](limits.documents, limits.document_bytes, _weight, gone=gone)
        self._stored = Shelf[str, Prepared](limits.stored_documents, limits.stored_document_bytes, _weight, gone=gone)
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._sent) + len(self._stored)

    @property
    def bytes(self) -> int:
        """Estimated memory of what is kept."""
        return self._sent.weight + self._stored.weight

    def prepare(self, text: str, *, stored: bool = False) -> Prepared:
        """The document of `text`, from the cache or made now. `stored`: whether it is a stored one, which others that
        are sent do not put out.

        Raises: `DocumentError` coded GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, QUERY_TOO_COMPLEX or
        INTROSPECTION_DISABLED.
        """
        shelf = self._stored if stored else self._sent
        prepared = shelf.get(text)
        if prepared is not None:
            self.hits += 1
            return prepared
        self.misses += 1
        prepared = self._make(text, stored)
        shelf.put(text, prepared)
        return prepared

    def _make(self, text: str, stored: bool) -> Prepared:
        document = self._parse(text)
        try:
            operations = self._gate.analyse(document).operations
        except GraphQLError as error:
            raise DocumentError([error]) from None
        if not self._introspection and any(operation.introspects for operation in operations):
            raise DocumentError([GraphQLError("Introspection is off.", extensions={"code": "INTROSPECTION_DISABLED"})])
        self._validate(document)
        return Prepared(text, document, operations, stored)

    def _parse(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_lexical_tokens=self._limits.tokens, max_comments=self._limits.comments)
        except GraphQLSyntaxError as error:
            aborted = _ABORTED.fullmatch(error.description)
            if aborted is None:
                raise DocumentError([self._coded(error, "GRAPHQL_PARSE_FAILED")]) from None
            limit = aborted["limit"] or "nesting"
            refusal = LimitError(limit, None, getattr(self._limits, limit))
            raise DocumentError([refusal]) from None

    def _validate(self, document: DocumentNode) -> None:
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=self._limits.errors,
            hide_suggestions=not self._introspection,
        )
        if errors:
            shown = errors[: self._limits.errors]
            raise DocumentError([self._coded(e, "GRAPHQL_VALIDATION_FAILED") for e in shown])

    def _coded(self, error: GraphQLError, code: str) -> GraphQLError:
        return GraphQLError(
            shortened(error.message, self._limits.message_chars),
            nodes=error.nodes,
            source=error.source,
            positions=error.positions,
            extensions={"code": code},
        )


def _weight(prepared: Prepared) -> int:
    return len(prepared.text) * _BYTES_PER_CHAR


def _unresolved(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})


class _OneOfRule(OneOfInputValidationRule):
    """Strawberry's rule, which fails with KeyError or AttributeError on a variable in a fragment that comes before the
    operation, and on one that is not declared: here all operations' variables are known from the start.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.variable_definitions: dict[str, VariableDefinitionNode] = {
            variable.variable.name.value: variable
            for definition in context.document.definitions
            if isinstance(definition, OperationDefinitionNode)
            for variable in definition.variable_definitions or ()
        }

    def enter_operation_definition(self, node: ExecutableDefinitionNode, *_args: Any) -> None:
        """Keep what the constructor gathered."""

    def enter_object_value(self, node: ObjectValueNode, *args: Any) -> None:
        """Leave undeclared variables to the rule that names them."""
        try:
            super().enter_object_value(node, *args)
        except KeyError:
            return


def _input_rules(schema: GraphQLSchema) -> tuple[type[MaybeNullValidationRule] | type[_OneOfRule], ...]:
    """Strawberry's own rules, only if the schema has inputs that they are about: each costs a visit of every node."""
    definitions = [
        kind.extensions.get("strawberry-definition")
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLInputObjectType)
    ]
    one_of = any(getattr(d, "is_one_of", False) for d in definitions)
    return (MaybeNullValidationRule, _OneOfRule) if one_of else (MaybeNullValidationRule,)
