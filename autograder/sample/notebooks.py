"""A notebook as a student hands it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograder.build.notebook import (
    MasterCell,
    as_bytes,
    master_cells,
    notebook_cell,
    notebook_of,
)
from autograder.config import Assignment
from autograder.records import CellRole


def submission(
    assignment: Assignment, answers: Mapping[str, str], master: Iterable[MasterCell] | None = None
) -> bytes:
    """A notebook with these answers by question; a question without one keeps its stub.

    Raises:
        TextError: the assignment's text is not as it should be.
    """
    cells = []
    for cell in master or master_cells(assignment):
        editable = cell.role in (CellRole.SOLUTION, CellRole.WRITTEN)
        source = answers.get(cell.question, cell.source) if editable else cell.source
        cells.append(notebook_cell(cell, source, assignment))
    return as_bytes(notebook_of(cells))
