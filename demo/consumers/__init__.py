"""Consumers of a demo tenant: people, memberships, rights, who brought them, what they bought.

Knows no tenant: it takes cloud stores and terms of rights as plain values (`world`, `programme`) and gives plain values
back (`values`). The same world and seed give the same rows on every machine and version of Python.
"""
