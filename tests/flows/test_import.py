"""A wholesale file becomes a tenant: every row counted, and whatever goes wrong, nothing or all of it."""

import asyncio
import csv
import gzip
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from rich.console import Console

import boot
from demo import SAMPLE
from demo.writing import demo_of
from domain.channel import Tier
from integrations.wholesale import importing, report
from integrations.wholesale.bulk import Bulk
from integrations.wholesale.channel import Supply
from integrations.wholesale.importing import ImportBusy, Imported, NewTenant, TenantExists, import_file
from integrations.wholesale.keys import NAMESPACE, Keys
from integrations.wholesale.progress import Shown
from integrations.wholesale.reading import BrokenFile
from integrations.wholesale.writing import Source
from models import Base, channel
from models.database import Login
from models.reading import set_tenant
from models.wall import APP_ROLE
from tests.conftest import TenantFacts

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIDNIGHT = "US central, in winter: 06:00 UTC"
SMALL_ROWS = 200
WAIT_S = 30.0
ROWS = {
    "account": 2_829,
    "assortment": 100,
    "assortment_sku": 21_646,
    "attribute": 1,
    "authorization": 1_244,
    "category": 68,
    "cloud_store": 1_414,
    "customer": 1,
    "external_reference": 2_988,
    "inventory_pool": 170,
    "listing": 75_454,
    "location": 1_414,
    "lot": 4_000,
    "order_header": 9_543,
    "order_line": 10_000,
    "organization": 1_414,
    "organization_closure": 40_979,
    "organization_edge": 3_011,
    "pack_unit": 3_144,
    "partner_client": 1,
    "pool_contribution": 170,
    "pool_contribution_sku": 23_220,
    "price": 79_660,
    "price_list": 1_506,
    "product": 1_173,
    "safety_stock": 12_008,
    "site": 11,
    "sku": 1_574,
    "sku_attribute": 1_574,
    "staff": 2_828,
    "stock": 37_840,
    "stock_movement": 37_840,
    "territory": 99,
    "territory_region": 99,
}
OWN_TABLES = sorted(name for name, table in Base.metadata.tables.items() if "tenant_id" in table.c)
