"""The executor: an operation on its plan where there is one, on the reference executor where there is none.

Owns the choice and the way back: whatever a plan does not answer exactly as graphql-core would, it does not answer, and
the reference executor runs the operation from the start, on a fresh read. A time limit is no reason: a cancelled plan
is a cancelled request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import strawberry
from graphql import OperationType
from graphql.execution.values import VariableValues

from engine.documents import Prepared
from engine.faults import Mask
from engine.gate import Operation
from engine.limits import Limits
from engine.outcomes import Outcomes
from engine.payloads import Payloads
from engine.plan.plans import NoPlan, Plan, Plans
from engine.plan.run import Run
from engine.plan.tree import Fallback
from engine.plan.variables import Coercion
from engine.reference import Reference, Result, Variables

Renew = Callable[[], Awaitable[Any]]
"""Gives a context like the one before, with a read of its own, and ends that one's."""


class Planned:
    """Executes prepared documents over one Strawberry schema, on plans where it can; `outcomes` counts how."""

    def __init__(self, schema: strawberry.Schema, limits: Limits, mask: Mask, reference: Reference) -> None:
        self._core = schema._schema
        self._limits, self._mask, self._reference = limits, mask, reference
        self.plans = Plans(schema, limits)
        self.outcomes = Outcomes()

    async def run(
        self, prepared: Prepared, operation: Operation, variables: Variables, context: Any, renew: Renew
    ) -> Result:
        """Run a query or a mutation of `prepared` with the client's raw `variables`.

        `renew` is asked for another context if what was begun has to be begun again. Raises what `renew` raises.
        """
        if operation.definition.operation is OperationType.MUTATION:
            equip = partial(self._equip, prepared, operation, renew)
            return await self._reference.run(prepared, operation, variables, context, Payloads, equip)
        found = self._plan(prepared, operation, variables)
        if isinstance(found, NoPlan):
            self.outcomes.referred(found.reason)
            return await self._reference.run(prepared, operation, variables, context)
        plan, coerced = found
        run = Run(self._core, context, coerced, self._mask.shows)
        try:
            answer, errors = await plan.answer(run)
        except Fallback as fallback:
            self.outcomes.fell_back(fallback, self._mask.shows, prepared.text[: self._limits.logged_query_chars])
        else:
            self.outcomes.planned()
            return Result(answer, self._mask.executed(errors, prepared.text) if errors else [])
        return await self._reference.run(prepared, operation, variables, await renew())

    def _equip(self, prepared: Prepared, operation: Operation, renew: Renew, executor: Payloads) -> None:
        """Give the executor of a mutation its plans."""

        def plan_of(key: str) -> Plan | NoPlan:
            return self.plans.of(prepared, operation, executor.variable_values.coerced, key)

        executor.equip(plan_of, self._mask.shows, renew, self.outcomes)

    def _plan(
        self, prepared: Prepared, operation: Operation, variables: Variables
    ) -> tuple[Plan, VariableValues] | NoPlan:
        coercion = operation.kept.get(Coercion)
        if coercion is None:
            coercion = operation.kept[Coercion] = Coercion(self._core, operation.definition, self._limits.errors)
        coerced = coercion.of(variables)
        if isinstance(coerced, list):
            return NoPlan("variables")  # refused in the reference's words
        plan = self.plans.of(prepared, operation, coerced.coerced)
        return plan if isinstance(plan, NoPlan) else (plan, coerced)
