"""General GraphQL machinery over a graphql-core schema: limits, the gate, the document cache, the reference executor.

Owns what happens to a document between its text and its result. It knows nothing of HTTP, of brands or of stores, and
imports no other package of this project.

    text ──► documents ──► gate ──► reference
             parse once    weigh     execute as
             and keep it   and judge graphql-core does
"""
