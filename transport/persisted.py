"""Persisted documents: which one a request means by its hash, and who may send a text of her own.

Owns what is remembered of documents that were sent with their hash. What is stored the door knows; parsing, judging and
keeping are `engine.documents`'.
"""

from __future__ import annotations

from graphql import GraphQLError

from engine.documents import DocumentError, Documents, Prepared
from engine.limits import Limits
from engine.shelf import Shelf
from transport.door import OpenRequest
from transport.parameters import Ask, sha256_of


class Persisted:
    """Finds a request's document.

    `remembers`: whether texts that come with their hash are found by it later. `behind_gateway`: whether texts are a
    gateway's, which writes its own from what clients send it: what those may send it alone can tell.
    """

    def __init__(
        self, documents: Documents, limits: Limits, *, remembers: bool = False, behind_gateway: bool = False
    ) -> None:
        self._documents, self._remembers, self._behind_gateway = documents, remembers, behind_gateway
        self._sent = Shelf[str, str](limits.documents, limits.remembered_chars, len)

    async def prepared(self, ask: Ask, opened: OpenRequest) -> Prepared:
        """The document, ready to run.

        Raises: DocumentError as `Documents.prepare` does, and coded STORED_DOCUMENTS_ONLY for a text that is not stored
            if the client may send no other, PERSISTED_QUERY_NOT_FOUND for a hash that nothing is known by.
        """
        digest = ask.digest
        stored_only = opened.stored_only and not self._behind_gateway
        if digest is None and ask.query is not None and stored_only:
            digest = sha256_of(ask.query)
        # A gateway's own documents are hardly ever stored ones: what it has sent is not asked for.
        known = self._behind_gateway and (ask.query is not None or self._sent.get(digest or "") is not None)
        stored = None if digest is None or known else await opened.document(digest)
        if stored is not None:
            return self._documents.prepare(stored, stored=True)
        if stored_only:
            raise refusal("This client may send stored documents only.", "STORED_DOCUMENTS_ONLY")
        if ask.query is None:
            return self._documents.prepare(self._remembered(digest or ""))
        prepared = self._documents.prepare(ask.query)
        if digest is not None and self._remembers:
            self._sent.put(digest, ask.query)
        return prepared

    def _remembered(self, digest: str) -> str:
        text = self._sent.get(digest)
        if text is None:  # the words that Apollo's clients look for, to send the text then
            raise refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        return text


def refusal(message: str, code: str) -> DocumentError:
    """A document refused for another reason than itself."""
    return DocumentError([GraphQLError(message, extensions={"code": code})])
