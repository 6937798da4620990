"""Batched reads: rows for many keys in one statement, in the order of the keys."""
