"""``docs/coverage.md``: every point of the lectures has a page and a heading that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
POINTS = {0: 1, 1: 14, 2: 9, 3: 4, 4: 5, 5: 6, 6: 10, 7: 5}
"""How many points each lecture has."""

OPEN = {
    *("1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.10", "1.11", "1.12", "1.13", "1.14"),
    *("3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "4.4"),
    *("5.1", "5.2", "5.3", "5.4", "5.5", "5.6"),
    *("6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8", "6.9", "6.10"),
    *("7.1", "7.2", "7.3", "7.4", "7.5"),
}
"""Points whose row has no heading yet. Fill in the row, then take the point out."""


class Row(NamedTuple):
    """One row of the table."""

    point: str
    words: str
    page: str
    heading: str


def rows() -> list[Row]:
    """The table of the document."""
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (\d\.\d+) \|(.*)\|(.*)\|(.*)\|$", text, flags=re.M)
    return [Row(*(cell.strip() for cell in line)) for line in lines]


ROWS = rows()


def test_every_point_has_its_row() -> None:
    """In the lectures' order, each once, and open only where it is said to be."""
    expected = [f"{part}.{n}" for part, count in POINTS.items() for n in range(1, count + 1)]
    assert [row.point for row in ROWS] == expected
    assert all(row.words and row.page for row in ROWS)
    assert {row.point for row in ROWS if not row.heading} == OPEN


@pytest.mark.parametrize("row", [row for row in ROWS if row.heading], ids=lambda row: row.point)
def test_its_heading_exists(row: Row) -> None:
    """On the page that the row names, letter by letter."""
    text = (ROOT / "book" / f"{row.page}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,4} (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    assert row.heading in headings
