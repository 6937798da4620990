"""Payment providers, each behind `domain.ordering.payment.Provider`: how one is asked and how its notices are believed.

`calling` asks over HTTP, `signature` believes what is signed with a shared secret; an adapter puts a provider's own
words to them.

Source: docs/decisions/0031-payments.md
"""

from integrations.payment.calling import Calls
from integrations.payment.local import LocalProvider
from integrations.payment.signature import Signatures

__all__ = ["Calls", "LocalProvider", "Signatures"]
