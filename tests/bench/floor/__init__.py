"""The floor: what an engineer would write by hand for exactly these four documents, and nothing else.

Statements are written out and prepared, JSON is put together by hand, a document is recognised by its text and neither
parsed nor checked. Row security, one read transaction per request and the verifier of tokens are those of the product.
"""
