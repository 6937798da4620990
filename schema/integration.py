"""The integration centre's types: other systems' names for our aggregates."""

import strawberry

from schema.base import OWN, attribute


@strawberry.type(description="What another system calls one of our aggregates (外部编号).")
class ExternalReference:
    """A name in another system."""

    system: str = attribute("The other system (外部系统).", OWN)
    value: str = attribute("Its name for the aggregate (外部编号).", OWN)
