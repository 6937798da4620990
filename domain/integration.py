"""The integration centre's words: the kinds of system a partner connects."""

from enum import StrEnum


class PartnerKind(StrEnum):
    """What a partner's system does: resource planning, warehouse, transport, distributor management."""

    ERP = "ERP"
    WMS = "WMS"
    TMS = "TMS"
    DMS = "DMS"
