"""The demo: two tenants, `iowa` out of a real file and `qingquan` invented, and what they share.

All that no file holds is generated from a fixed seed. Shared are the draws, the days, consumers and campaigns; the
modules of a tenant bear the same name where they do the same.
"""
