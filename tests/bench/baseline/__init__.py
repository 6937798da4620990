"""The baseline: the four documents answered as Strawberry's, aiodataloader's and SQLAlchemy's own pages teach.

Types with resolvers, a DataLoader for everything that is asked by key, loaders made for each request, one ORM session
for each request with its tenant set, Strawberry's ASGI view with its parser and validation caches. There is no query
per parent anywhere. Rules that are arithmetic (best price, what can be sold, what a right is worth, whom a campaign
reaches) are the domain's own, as in every variant.

FROZEN. It was written once, honestly, to be compared with, and answers as ours does. It is touched only where an answer
or a table has changed, never to make it faster or slower: what is measured against it would no longer be comparable
with what was measured before.
"""
