"""The administrative regions of three provinces as GB/T 2260 codes them. Owns the reading of the file, no choice."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from demo.qingquan.values import Point, Region

FILE: Final = Path(__file__).parent.parent / "data" / "gb2260_zhejiang_jiangsu_guangdong.csv"
"""Provinces, cities and counties with their parents; its folder's README.md says where they are from."""


def regions() -> dict[str, Region]:
    """Every region by its code, parents first."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter=";")
        return {
            row["code"]: Region(
                row["code"], row["name"], row["parent"] or None, _point(row["latitude"], row["longitude"])
            )
            for row in rows
        }


def _point(latitude: str, longitude: str) -> Point | None:
    return Point(_e7(latitude), _e7(longitude)) if latitude else None


def _e7(degrees: str) -> int:
    whole, _, part = degrees.partition(".")
    return int(whole + part.ljust(7, "0"))


def province_of(code: str) -> str:
    """The province that a region lies in."""
    return code[:2] + "0000"


def city_of(code: str) -> str:
    """The city that a county lies in."""
    return code[:4] + "00"
