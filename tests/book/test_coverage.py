"""``docs/coverage.md``: every point of the lectures has a page and a heading that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
POINTS = {0: 1, 1: 14, 2: 9, 3: 4, 4: 5, 5: 6, 6: 10, 7: 5}
"""How many points each lecture has."""


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
    """In the lectures' order, each once, with a page and a heading."""
    expected = [f"{part}.{n}" for part, count in POINTS.items() for n in range(1, count + 1)]
    assert [row.point for row in ROWS] == expected
    assert all(row.words and row.page and row.heading for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.point)
def test_its_heading_exists(row: Row) -> None:
    """On the page that the row names, letter by letter."""
    text = (ROOT / "book" / f"{row.page}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,4} (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    assert row.heading in headings
