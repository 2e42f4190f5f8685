"""The errata: each entry says what is printed, what is right, and shows it by a count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).resolve().parents[2] / "book" / "errata.md"
NETWORKS = (
    "All networks",
    "LeNet-5",
    "AlexNet",
    "VGG",
    "Network in network and Inception",
    "ResNet",
    "MobileNet",
    "EfficientNet",
)


class Entry(NamedTuple):
    """One erratum."""

    network: str
    anchor: str
    text: str

    @property
    def code(self) -> str:
        """The entry's code cells, joined."""
        return "\n".join(re.findall(r"```\{code-cell\} python\n(.*?)```", self.text, flags=re.S))


def read() -> list[Entry]:
    """All entries of the page, in its order."""
    entries = []
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        network, _, body = section.partition("\n")
        pieces = re.split(r"^\(([\w-]+)\)=\n(?=### )", body, flags=re.M)[1:]
        entries += [Entry(network, *pair) for pair in zip(pieces[::2], pieces[1::2], strict=True)]
    return entries


ENTRIES = read()


def test_there_are_many() -> None:
    """At least 36, none without an address of its own, and no network without one."""
    headings = re.findall(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.M)
    anchors = [entry.anchor for entry in ENTRIES]
    assert len(headings) == len(ENTRIES) >= 36
    assert len(set(anchors)) == len(anchors)
    assert all(re.fullmatch(r"erratum(-[a-z0-9]+)+", anchor) for anchor in anchors)
    assert {entry.network for entry in ENTRIES} == set(NETWORKS)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.anchor)
def test_an_entry_says_both_and_shows_it(entry: Entry) -> None:
    """What is printed comes first, then what is right, then code that fails if it is not."""
    text = entry.text
    assert text.index("\n**Printed.** ") < text.index("\n**Right.** ") < text.index("{code-cell}")
    assertions = re.findall(r"^assert .+", entry.code, flags=re.M)
    assert assertions, "no assertion"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.anchor)
def test_an_entry_prints_what_it_counted(entry: Entry) -> None:
    """A reader sees the number, not only the claim."""
    assert "print(" in entry.code or "tables.show(" in entry.code
