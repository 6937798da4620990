"""Mutations: graphql-core runs the root fields one after the other, plans run what is asked of their answers.

A root field acts once, whatever becomes of its payload: a plan that falls back leaves the payload, and nothing else, to
graphql-core, on a fresh read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from engine.outcomes import Outcomes
from engine.plan.plans import NoPlan, Plan
from engine.plan.run import Run, Shows
from engine.plan.tree import Fallback


class Payloads(StrawberryGraphQLCoreExecutionContext):
    """An executor whose root fields' values are completed on plans. `equip` it before it runs."""

    def equip(
        self,
        plan_of: Callable[[str], Plan | NoPlan],
        shows: Shows,
        renew: Callable[[], Awaitable[Any]],
        outcomes: Outcomes,
    ) -> None:
        """What it needs beside graphql-core's own: plans by response key, and as `engine.executor.Planned` has them."""
        self._plan_of, self._shows, self._renew, self._outcomes = plan_of, shows, renew, outcomes
        self._tried: set[str] = set()

    def complete_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Path, result: Any, position_context: Any
    ) -> Any:
        """Complete a value; that of a root field on its plan."""
        complete = super().complete_value
        if path.prev is not None or path.key in self._tried or result is None or isinstance(result, Exception):
            return complete(return_type, field_details_list, info, path, result, position_context)
        self._tried.add(str(path.key))
        plan = self._plan_of(str(path.key))
        if isinstance(plan, NoPlan):
            self._outcomes.referred(plan.reason)
            return complete(return_type, field_details_list, info, path, result, position_context)
        return self._planned(
            plan,
            str(path.key),
            result,
            lambda: complete(return_type, field_details_list, info, path, result, position_context),
        )

    async def _planned(self, plan: Plan, key: str, value: Any, otherwise: Callable[[], Any]) -> Any:
        run = Run(self.schema, self.context_value, self.variable_values, self._shows)
        try:
            answer, errors = await plan.answer(run, value)
        except Fallback as fallback:
            self._outcomes.fell_back(fallback, self._shows, key)
        else:
            for one in errors:
                self.collected_errors.add(one, _path(one))
            self._outcomes.planned()
            return answer[key]
        self.context_value = await self._renew()
        completed = otherwise()
        return await completed if self.is_awaitable(completed) else completed


def _path(error: GraphQLError) -> Path | None:
    path = None
    for key in error.path or ():
        path = Path(path, key, None)
    return path
