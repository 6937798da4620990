"""The same database through two servers of others, PostGraphile and mercurius, in the benchmark's way.

`python -m tests.bench.peers` runs it; docs/performance.md says how each is set up and what is fair.
"""
