"""Campaigns of a demo tenant: plans as plain values, and their rows. Knows no tenant: each writes its own plans."""
