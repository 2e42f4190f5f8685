"""Submissions that are broken in the ways that real ones are, with what must become of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from autograder.config import Assignment

Notebook = dict[str, Any]
Made = dict[str, Any]
UNREADABLE = {"status": "unreadable", "points": 0.0}

NOISE = """
import sys, warnings
warnings.warn("careful")
print("oops", file=sys.stderr)
import logging
logging.getLogger("student").warning("look out")
"""


def broken(assignment: Assignment, right: bytes) -> dict[str, Made]:
    """By name: the files, and the fields of ``Student`` that are expected of them.

    ``right`` is a notebook with full points; most of these keep them all.
    """
    full = sum(question.points for question in assignment.questions if not question.manual)
    maker = _Maker(assignment, right, full)
    return {**maker.files(), **maker.cells(), **maker.sources()}


class _Maker:
    """Breaks one right notebook in many ways."""

    def __init__(self, assignment: Assignment, right: bytes, full: float) -> None:
        self._right = right
        self._full = full
        self._name = assignment.notebook
        self._first = assignment.questions[0].id
        self._without_first = full - assignment.questions[0].points

    def files(self) -> dict[str, Made]:
        """Files that are no notebook, or not the one that was asked for."""
        right, name = self._right, self._name
        kept: Made = {"points": self._full}
        return {
            "not-json": {"files": {name: b"this is no notebook"}, **UNREADABLE},
            "cut-short": {"files": {name: right[: len(right) // 2]}, **UNREADABLE},
            "empty-file": {"files": {name: b""}, **UNREADABLE},
            "other-json": {"files": {name: b'{"answer": 42}'}, **UNREADABLE},
            "no-notebook": {"files": {"answers.txt": b"see my email"}, **UNREADABLE},
            "binary": {"files": {name: bytes(range(256)) * 40}, **UNREADABLE},
            "other-notebook": {"files": {name: OTHER}, "points": 0.0, "flags": ("other_notebook",)},
            "renamed": {"files": {"my homework (2).ipynb": right}, **kept, "flags": ("renamed",)},
            "two-notebooks": {"files": {name: right, "old.ipynb": OTHER}, **kept},
            "with-bom": {"files": {name: b"\xef\xbb\xbf" + right}, **kept},
            "utf-16": {"files": {name: right.decode().encode("utf-16")}, **kept},
            "odd-timestamp": {"files": {name: right, "timestamp.txt": b"yesterday"}, **kept},
        }

    def cells(self) -> dict[str, Made]:
        """Cells gone, doubled, edited, retyped, moved, without their metadata."""
        first, check = self._first, f"{self._first}_check"

        def delete(grade_id: str) -> Callable[[Notebook], None]:
            return lambda document: document["cells"].remove(_at(document, grade_id))

        def duplicate(grade_id: str) -> Callable[[Notebook], None]:
            def change(document: Notebook) -> None:
                cell = _at(document, grade_id)
                document["cells"].insert(document["cells"].index(cell), copy.deepcopy(cell))

            return change

        def edit(grade_id: str, source: str) -> Callable[[Notebook], None]:
            return lambda document: _at(document, grade_id).update(source=source)

        def move(grade_id: str, place: int) -> Callable[[Notebook], None]:
            def change(document: Notebook) -> None:
                cell = _at(document, grade_id)
                document["cells"].remove(cell)
                document["cells"].insert(place, cell)

            return change

        def retype(document: Notebook) -> None:
            _at(document, first)["cell_type"] = "markdown"

        def strip(document: Notebook) -> None:
            for cell in document["cells"]:
                cell["metadata"] = {}

        def odd(document: Notebook) -> None:
            _at(document, check)["metadata"]["nbgrader"]["points"] = 1e9
            document["metadata"] = []
            document["cells"].append("not a cell")

        lost = {"at_most": self._without_first, "flags": ("missing",)}
        end = 10**6
        return {
            "deleted-check": self._kept(delete(check), "missing"),
            "deleted-setup": self._kept(delete("setup"), "missing"),
            "deleted-answer": {"files": self._changed(delete(first)), **lost},
            "duplicated": self._kept(duplicate(first), "duplicate"),
            "duplicated-check": self._kept(duplicate(check), "duplicate"),
            "edited-check": self._kept(edit(check, "print('all fine')"), "edited"),
            "edited-setup": self._kept(edit("setup", "import nothing_like_it"), "edited"),
            "retyped": self._kept(retype, "retyped"),
            "moved": self._kept(move(first, end), "moved"),
            "moved-check": self._kept(move(check, 0), "moved"),
            "no-metadata": self._kept(strip, "no_id"),
            "odd-metadata": self._kept(odd, "odd_cell"),
            "old-format": self._kept(_to_format_3, "old_format"),
        }

    def sources(self) -> dict[str, Made]:
        """Code that does not parse, is noisy, or stands in cells of the student's own."""
        first = self._first

        def syntax(document: Notebook) -> None:
            _at(document, first)["source"] += "\n    def (:"

        def noisy(document: Notebook) -> None:
            _at(document, first)["source"] += NOISE

        def as_saved(document: Notebook) -> None:
            """As Jupyter writes files: sources as lists of lines, outputs, counts."""
            for count, cell in enumerate(document["cells"], start=1):
                cell["source"] = cell["source"].splitlines(keepends=True)
                if cell["cell_type"] == "code":
                    cell["execution_count"] = count
                    printed = {"output_type": "stream", "name": "stderr", "text": ["careful\n"]}
                    cell["outputs"] = [printed]

        def windows(document: Notebook) -> None:
            for cell in document["cells"]:
                cell["source"] = cell["source"].replace("\n", "\r\n")

        def own(*sources: str) -> Callable[[Notebook], None]:
            cells = [
                {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
                for source in sources
            ]

            def change(document: Notebook) -> None:
                place = document["cells"].index(_at(document, first)) + 1
                document["cells"][place:place] = cells

            return change

        return {
            "syntax-error": {"files": self._changed(syntax), "at_most": self._without_first},
            "noisy": self._kept(noisy),
            "as-jupyter-saves": self._kept(as_saved),
            "windows-lines": self._kept(windows),
            "own-cells-fail": self._kept(own("1 / 0", "undefined_name", "def broken(:", "")),
            "own-cells-shell": self._kept(own("%matplotlib inline", "!pip list", "torch.nn?")),
            "own-cells-ask": self._kept(own("name = input('Your name? ')")),
            "lone-surrogate": self._kept(own("text = '\ud800'")),
        }

    def _kept(self, change: Callable[[Notebook], None], *flags: str) -> Made:
        return {"files": self._changed(change), "points": self._full, "flags": flags}

    def _changed(self, change: Callable[[Notebook], None]) -> dict[str, bytes]:
        document = json.loads(self._right)
        change(document)
        return {self._name: json.dumps(document).encode()}


def _at(document: Notebook, grade_id: str) -> Notebook:
    cells: list[Notebook] = document["cells"]
    return next(c for c in cells if c["metadata"]["nbgrader"]["grade_id"] == grade_id)


def _to_format_3(document: Notebook) -> None:
    """The format of IPython notebooks before 2015."""
    cells = document.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell["language"] = "python"
    document["worksheets"] = [{"cells": cells, "metadata": {}}]
    document["nbformat"], document["nbformat_minor"] = 3, 0


OTHER = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "outputs": [],
                "source": ["print('last week')\n"],
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
).encode()
"""A notebook of something else."""
