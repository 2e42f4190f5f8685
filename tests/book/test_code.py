"""The helpers of the pages: figures that follow the theme, tables that can be read aloud."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from _code import diagrams, figures, style, tables
from bs4 import BeautifulSoup

from solutions.counting import Ledger, Row
from solutions.training import History


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a helper displays: one mapping of media type to text for each call."""
    seen: list[dict[str, str]] = []

    def display(bundle: dict[str, str], raw: bool) -> None:
        assert raw
        seen.append(bundle)

    for module in (style, tables):
        monkeypatch.setattr(module, "display", display)
    return seen


RUN = History((2.0, 1.0), 0.25)
LEDGER = Ledger((Row("stem", "Conv2d", (8, 4, 4), 10, 100, 1000), Row("end", "x", (2,), 0, 0, 0)))
CALLS: dict[str, Any] = {
    "shares": lambda **words: figures.shares(LEDGER, ["stem", "end"], "f", **words),
    "depth": lambda **words: figures.loss_by_depth({"plain": {8: [RUN, RUN]}}, "f", **words),
    "profiles": lambda **words: figures.profiles({"plain": [[1.0, 2.0]]}, "f", **words),
    "positions": lambda **words: figures.positions(
        {"a": torch.eye(3) > 0, "b": torch.ones(3, 3) > 0}, "f", **words
    ),
    "losses": lambda **words: figures.losses({"rate": {"a": [RUN], "b": [RUN]}}, "f", **words),
    "deletions": lambda **words: figures.deletions({"plain": [(0.9, {"1.2": 0.1})]}, "f", **words),
    "blocks": lambda **words: diagrams.blocks("f", **words),
}


@pytest.mark.parametrize("name", CALLS)
def test_figures_describe_themselves_and_follow_the_theme(
    name: str, shown: list[dict[str, str]]
) -> None:
    """Each has its description and caption, and no colour of its own outside CSS variables."""
    CALLS[name](alt='A "quoted" description.', caption="What it means.")
    (bundle,) = shown
    page = BeautifulSoup(bundle["text/html"], "html.parser")
    (svg,) = page.find_all("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == 'A "quoted" description.'
    assert page.figcaption.text == "What it means."
    assert not re.findall(r"#[0-9a-f]{6}\b", str(svg))
    assert svg.get("width") is None
    assert all(tag["id"].startswith("f-") for tag in svg.find_all(id=True))


def test_figures_are_reproducible(shown: list[dict[str, str]]) -> None:
    """Drawing twice gives the same bytes: a rebuilt book differs only where its content does."""
    for _ in range(2):
        CALLS["depth"](alt="a", caption="b")
    assert shown[0] == shown[1]


def test_table_has_caption_heads_and_aligned_numbers(shown: list[dict[str, str]]) -> None:
    """Column and row heads are marked, numbers get separators, text is escaped."""
    tables.show(("net", "parameters"), [("a<b", 1234567), ("c", 1)], "Sizes & such")
    page = BeautifulSoup(shown[0]["text/html"], "html.parser")
    assert page.figcaption.text == "Sizes & such"
    assert [th.text for th in page.find_all("th", scope="col")] == ["net", "parameters"]
    assert [th.text for th in page.find_all("th", scope="row")] == ["a<b", "c"]
    numbers = [td.text for td in page.find_all("td", class_="number")]
    assert numbers == ["1,234,567", "1"]
    assert "1,234,567" in shown[0]["text/plain"]


def test_ledger_ends_with_its_total(shown: list[dict[str, str]]) -> None:
    """Stages are numbered from 1; the last row sums up."""
    tables.ledger(Ledger((Row("stages.0", "x", (8, 4, 4), 10, 100, 1000),)), "A net")
    rows = [
        [cell.text for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(shown[0]["text/html"], "html.parser").find_all("tr")
    ]
    assert rows[1] == ["stage 1", "8 × 4 × 4", "10", "100", "1,000"]
    assert rows[-1] == ["total", "", "10", "100", "1,000"]
