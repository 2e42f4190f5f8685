"""The figures of the classic networks: described, and in the theme's colours."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from _code import classic, style
from bs4 import BeautifulSoup

from solutions.counting import Ledger, Row
from solutions.training import History

RUN = History((2.0, 1.0), 0.25)
LEDGER = Ledger(
    (
        Row("features.0", "Conv2d", (8, 4, 4), 10, 100, 128),
        Row("features.1", "MaxPool2d", (8, 2, 2), 0, 0, 0),
        Row("features.2", "Conv2d", (16, 2, 2), 20, 200, 64),
        Row("features.3", "MaxPool2d", (16, 1, 1), 0, 0, 0),
        Row("pool", "AdaptiveAvgPool2d", (16, 1, 1), 0, 0, 0),
        Row("classifier.0", "Linear", (5,), 85, 80, 5),
    )
)
CALLS: dict[str, Any] = {
    "shapes": lambda **words: classic.shapes(LEDGER, "f", **words),
    "connections": lambda **words: classic.connections(("X.", ".X"), "f", **words),
    "gap": lambda **words: classic.accuracy_and_gap({"a": [(0.9, 1e-6)]}, "f", **words),
    "reading": lambda **words: classic.reading(
        torch.rand(4, 12), {"a": [1, 10]}, "f", window=4, stride=4, **words
    ),
    "towers": lambda **words: classic.two_towers("f", **words),
    "race": lambda **words: classic.race({"a": {0.1: [3, 4]}}, 9, "f", **words),
    "setting": lambda **words: classic.by_setting({"a": [RUN, RUN]}, "f", **words),
    "signals": lambda **words: classic.signals({"n": {"a": [[1.0, 2.0]]}}, "f", **words),
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a helper displays: one mapping of media type to text for each call."""
    seen: list[dict[str, str]] = []
    for module in (style, classic):
        monkeypatch.setattr(module, "display", lambda bundle, raw: seen.append(bundle))
    return seen


@pytest.mark.parametrize("name", CALLS)
def test_figures_describe_themselves_and_follow_the_theme(
    name: str, shown: list[dict[str, str]]
) -> None:
    """Each has its description and caption, and no colour of its own outside CSS variables."""
    CALLS[name](alt="A description.", caption="What it means.")
    page = BeautifulSoup(shown[0]["text/html"], "html.parser")
    (svg,) = page.find_all("svg")
    assert svg["aria-label"] == "A description."
    assert page.figcaption.text == "What it means."
    for image in svg.find_all("image"):
        image.decompose()
    assert not re.findall(r"#[0-9a-f]{6}\b", str(svg))


def test_pictures_have_labels_and_a_description(shown: list[dict[str, str]]) -> None:
    """A photograph is a JPEG, a map a PNG, both inside the page; each is named by its label."""
    panels = [("a photo", torch.rand(3, 8, 9)), ("a <map>", torch.rand(8, 9))]
    classic.pictures(panels, "f", alt="Two pictures.", caption="What they mean.")
    page = BeautifulSoup(shown[0]["text/html"], "html.parser")
    assert page.select_one("[role=group]")["aria-label"] == "Two pictures."
    images = page.find_all("img")
    assert [image["alt"] for image in images] == ["a photo", "a <map>"]
    kinds = [image["src"].split(";")[0] for image in images]
    assert kinds == ["data:image/jpeg", "data:image/png"]


def test_blocks_are_cut_behind_poolings() -> None:
    """Convolutions join with the pooling behind them; linear layers get their names."""
    table = classic.by_blocks(LEDGER, ["fc1"])
    assert [row.name for row in table.rows] == ["block 1", "block 2", "fc1"]
    assert [row.parameters for row in table.rows] == [10, 20, 85]
    assert table.rows[1].output_shape == (16, 1, 1)
