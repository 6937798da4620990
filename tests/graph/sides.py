"""One schema run both ways: on a plan and on the reference executor."""

from contextlib import AsyncExitStack
from zlib import crc32

import strawberry
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from engine.documents import DocumentError, Documents
from engine.faults import Mask
from engine.gate import Gate
from engine.limits import Limits
from engine.plan.plans import compiled
from engine.plan.run import Run
from engine.plan.tree import Fallback, Unplannable
from engine.reference import Reference, Result
from resolvers.entrance import Opened
from tests.engine.plans import unchecked, written
from tests.given import DEFAULTS
from tests.graph.client import GraphClient
from tests.graph.generated import Written
from transport.desk import fault_code
from transport.door import RequestFacts

LIMITS = Limits(request_seconds=DEFAULTS.request_timeout_s)
MASK = Mask(LIMITS, fault_code, lambda: "id")


class Sides:
    """A schema's two executors."""

    def __init__(self, built: strawberry.Schema) -> None:
        self.built, self.core = built, built._schema
        self.gate = Gate(self.core, LIMITS)
        self.documents = Documents(self.core, self.gate, LIMITS, introspection=True)
        self.reference = Reference(built, LIMITS, MASK, suggestions=True)

    def refusal_of(self, text: str) -> str | None:
        """The code under which a document is refused; None if it is not."""
        try:
            self.documents.prepare(text)
        except DocumentError as error:
            return str((error.errors[0].extensions or {}).get("code"))
        return None

    async def outcome_of(self, opened: Opened, document: Written) -> tuple[str, Result]:
        """How a document ran, and the reference's answer: `planned`, or why its plan gave up.

        Fails if the plan's answer is not the reference's. Raises: DocumentError, LimitError as the gate does.
        """
        prepared, operation = unchecked(document.text, self.gate)
        refusal = self.gate.too_dear(operation, document.variables)
        refusal = refusal or self.gate.forbidden(operation, opened.actor_class)
        if refusal is not None:
            raise DocumentError([refusal])
        reference = await self.reference.run(prepared, operation, document.variables, await opened.renew())
        declared = operation.definition.variable_definitions or ()
        try:
            variables = get_variable_values(self.core, declared, document.variables)
            assert isinstance(variables, VariableValues)
            switches = {name: variables.coerced[name] for name in operation.switches}
            plan = compiled(self.built, prepared, operation, switches, LIMITS.plan_fields)
            # What a plan has learnt of its types is there the second time: one in four is asked so.
            for _ in range(2 if crc32(document.text.encode()) % 4 == 0 else 1):
                run = Run(self.core, await opened.renew(), variables, MASK.shows)
                answer = await plan.function(run, None)
                errors = run.errors(answer)
        except Unplannable as error:
            return f"unplannable: {error.reason}", reference
        except Fallback as error:
            return f"fallback: {error.reason}", reference
        finally:
            await opened.close()  # gives the connection back, until it is renewed
        planned = Result(answer, MASK.executed(errors, document.text))
        assert written(planned).decode() == written(reference).decode()
        return "planned", reference


async def opened_by(client: GraphClient, stack: AsyncExitStack, who: str | None, tenant: str = "iowa") -> Opened:
    token = None if who is None else f"Bearer {await client.token(who, tenant)}"
    facts = RequestFacts(authorization=token, host=None, tenant=tenant, request_id="test")
    opened = await stack.enter_async_context(client.entrance.open(facts))
    await opened.close()
    return opened
