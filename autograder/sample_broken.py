"""Submissions that are broken in the ways that real ones are, with what must become of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from autograder.config import Assignment

Notebook = dict[str, Any]


def broken(
    assignment: Assignment, answers: Mapping[str, str], right: bytes
) -> dict[str, dict[str, Any]]:
    """By name: the files, and the fields of :class:`~autograder.sample.Student` expected of them.

    ``right`` is a notebook with full points; most of these keep them all.
    """
    name = assignment.notebook
    full = sum(question.points for question in assignment.questions if not question.manual)
    first, second = (question.id for question in assignment.questions[:2])
    first_points = assignment.question(first).points
    unreadable = {"status": "unreadable", "points": 0.0}
    made: dict[str, dict[str, Any]] = {
        "not-json": {"files": {name: b"this is no notebook"}, **unreadable},
        "cut-short": {"files": {name: right[: len(right) // 2]}, **unreadable},
        "empty-file": {"files": {name: b""}, **unreadable},
        "other-json": {"files": {name: b'{"answer": 42}'}, **unreadable},
        "no-notebook": {"files": {"answers.txt": b"see my email"}, **unreadable},
        "renamed": {
            "files": {"my homework (2).ipynb": right},
            "points": full,
            "flags": ("renamed",),
        },
        "with-bom": {"files": {name: b"\xef\xbb\xbf" + right}, "points": full},
    }

    def changed(change: Callable[[Notebook], None]) -> dict[str, bytes]:
        document = copy.deepcopy(json.loads(right))
        change(document)
        return {name: json.dumps(document).encode()}

    def at(document: Notebook, grade_id: str) -> Notebook:
        cells: list[Notebook] = document["cells"]
        return next(c for c in cells if c["metadata"]["nbgrader"]["grade_id"] == grade_id)

    def delete(document: Notebook) -> None:
        document["cells"].remove(at(document, f"{first}_check"))

    def duplicate(document: Notebook) -> None:
        cell = at(document, first)
        document["cells"].insert(document["cells"].index(cell), copy.deepcopy(cell))

    def edit(document: Notebook) -> None:
        at(document, f"{first}_check")["source"] = "print('all fine')"

    def retype(document: Notebook) -> None:
        at(document, first)["cell_type"] = "markdown"

    def move(document: Notebook) -> None:
        cell = at(document, first)
        document["cells"].remove(cell)
        document["cells"].append(cell)

    def strip(document: Notebook) -> None:
        for cell in document["cells"]:
            cell["metadata"] = {}

    def syntax(document: Notebook) -> None:
        at(document, first)["source"] += "\n    def (:"

    def noisy(document: Notebook) -> None:
        noise = "\nimport sys, warnings\nwarnings.warn('careful')\nprint('oops', file=sys.stderr)"
        at(document, first)["source"] += noise

    def odd(document: Notebook) -> None:
        at(document, first)["metadata"]["nbgrader"]["points"] = 1e9
        document["metadata"] = []
        document["cells"].append("not a cell")

    made["deleted-check"] = {"files": changed(delete), "points": full, "flags": ("missing",)}
    made["duplicated"] = {"files": changed(duplicate), "points": full, "flags": ("duplicate",)}
    made["edited-check"] = {"files": changed(edit), "points": full, "flags": ("edited",)}
    made["retyped"] = {"files": changed(retype), "points": full, "flags": ("retyped",)}
    made["moved"] = {"files": changed(move), "points": full, "flags": ("moved",)}
    made["no-metadata"] = {"files": changed(strip), "points": full, "flags": ("no_id",)}
    made["syntax-error"] = {"files": changed(syntax), "at_most": full - first_points}
    made["noisy"] = {"files": changed(noisy), "points": full}
    made["odd-metadata"] = {"files": changed(odd), "points": full, "flags": ("odd_cell",)}
    assert second in answers
    return made
