"""From text to notebooks: the instructor's, and the master that submissions are held against."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.build.answers import stub, with_markers
from autograder.build.text import TextCell, read_text
from autograder.config import Assignment
from autograder.records import CellRole

EXPERIMENT_TAGS = ["experiment", "skip-execution"]
"""nbclient leaves cells of the second tag alone, so stock nbgrader trains no networks either."""

WRITTEN_STUB = "YOUR ANSWER HERE"
"""What nbgrader puts in place of a written answer."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
HIDDEN = """\
{source}
### BEGIN HIDDEN TESTS
from autograder.stock import score

score("{assignment}", "{question}")
### END HIDDEN TESTS"""


@dataclass(frozen=True)
class MasterCell:
    """One cell as released: what a submission's cell of the same ``grade_id`` started as."""

    grade_id: str
    role: CellRole
    question: str
    cell_type: str
    source: str
    points: float = 0.0

    @property
    def locked(self) -> bool:
        """Whether our source counts whatever the submission's says."""
        return self.role in (CellRole.PROSE, CellRole.PROVIDED, CellRole.CHECK)


def master_cells(assignment: Assignment) -> tuple[MasterCell, ...]:
    """The released notebook's cells.

    Raises:
        TextError: as :func:`~autograder.build.text.read_text`.
    """
    return tuple(
        MasterCell(
            grade_id=cell.grade_id,
            role=cell.role,
            question=cell.question,
            cell_type=cell.cell_type,
            source=_released(cell),
            points=_points(cell, assignment),
        )
        for cell in read_text(assignment)
    )


def _released(cell: TextCell) -> str:
    """A cell's source after nbgrader's generate step: answers, also written ones, are cleared."""
    if cell.role is CellRole.SOLUTION:
        return stub(cell)
    return WRITTEN_STUB if cell.role is CellRole.WRITTEN else cell.source


def source_notebook(assignment: Assignment, root: Path | None = None) -> dict[str, Any]:
    """The instructor's notebook (nbformat 4): answers between markers, hidden tests behind checks.

    Raises:
        TextError: as :func:`~autograder.build.text.read_text`, or a slot that cannot be filled.
    """
    cells = []
    for cell in read_text(assignment):
        source = cell.source
        if cell.role is CellRole.SOLUTION:
            source = with_markers(cell, assignment, root)
        elif cell.role is CellRole.CHECK:
            source = HIDDEN.format(source=source, assignment=assignment.id, question=cell.question)
        cells.append(notebook_cell(cell, source, assignment))
    return notebook_of(cells)


def released_notebook(assignment: Assignment) -> dict[str, Any]:
    """The notebook as students get it (nbgrader's own step gives the same cells).

    Raises:
        TextError: as :func:`~autograder.build.text.read_text`.
    """
    master = master_cells(assignment)
    return notebook_of([notebook_cell(cell, cell.source, assignment) for cell in master])


def notebook_of(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A notebook (nbformat 4.5) of these cells, for the Python kernel."""
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python", "file_extension": ".py"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def as_bytes(notebook: dict[str, Any]) -> bytes:
    """A notebook as the file that Jupyter would write."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def notebook_cell(
    cell: TextCell | MasterCell, source: str, assignment: Assignment
) -> dict[str, Any]:
    """One nbformat cell with nbgrader's metadata."""
    identity = hashlib.sha256(f"{assignment.id}/{cell.grade_id}".encode()).hexdigest()[:12]
    metadata: dict[str, Any] = {"nbgrader": nbgrader_metadata(cell, assignment)}
    if cell.role is CellRole.EXPERIMENT:
        metadata["tags"] = EXPERIMENT_TAGS
    made = {"id": identity, "cell_type": cell.cell_type, "metadata": metadata, "source": source}
    return (
        made if cell.cell_type == "markdown" else {**made, "execution_count": None, "outputs": []}
    )


def nbgrader_metadata(cell: TextCell | MasterCell, assignment: Assignment) -> dict[str, Any]:
    """What nbgrader (schema 3) wants to know of a cell."""
    role = cell.role
    graded = role in (CellRole.CHECK, CellRole.WRITTEN)
    metadata: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": cell.grade_id,
        "grade": graded,
        "solution": role in (CellRole.SOLUTION, CellRole.WRITTEN),
        "locked": role in (CellRole.PROSE, CellRole.PROVIDED, CellRole.CHECK),
        "task": False,
    }
    if graded:
        metadata["points"] = _points(cell, assignment)
    return metadata


def _points(cell: TextCell | MasterCell, assignment: Assignment) -> float:
    if cell.role not in (CellRole.CHECK, CellRole.WRITTEN):
        return 0.0
    return float(assignment.question(cell.question).points)
