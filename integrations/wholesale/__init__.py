"""Wholesale invoice files: reading them, and what they say about prices and about who supplies whom."""
