"""Other systems' words turned into ours, and back: one package for each kind of system.

Beside the packages stands how a tenant's rows are written, wherever they are from: ids, batches, the one transaction.
"""
