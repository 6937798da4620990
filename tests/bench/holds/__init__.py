"""Holds per second on one hot sku: many in one transaction, against each in its own. docs/performance.md says how."""
