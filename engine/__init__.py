"""General GraphQL machinery over a Strawberry schema whose edges are batch-first, from a document's text to its result.

It knows nothing of HTTP, of brands or of stores, and imports no other package of this project.

    text ──► documents ──► gate ──► executor ──► plan: compiled, level by level
             parse once    weigh        │  ▲       │ what it leaves alone
             and keep it   and judge    ▼  │       ▼
                                    reference: as graphql-core does
"""
