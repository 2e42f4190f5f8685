"""Autograded notebooks are what nbgrader would have left: valid, the same scores in them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.config import Assignment
from autograder.gradebook.notebooks import autograded, place, stage
from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    CellStatus,
    Fault,
    Flag,
    SubmissionRecord,
    SubmissionStatus,
)

Make = Callable[..., SubmissionRecord]


def read(notebook: dict[str, Any]) -> Any:
    """A notebook as nbformat hands it to nbgrader."""
    return nbformat.from_dict(notebook)


def by_id(notebook: Any) -> dict[str, Any]:
    """Its cells by nbgrader's id."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }


def test_valid_for_jupyter_and_nbgrader(tiny: Assignment, make: Make) -> None:
    """The schema of nbformat holds, and nbgrader's for its metadata (version 3)."""
    from nbgrader.nbgraderformat import MetadataValidator

    own = CellRecord(grade_id="", cell_type="code", role=CellRole.OWN, source="print(1)")
    notebook = read(autograded(tiny, make("ada", scale=3, own=(own, own))))
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    graded = {id for id, cell in by_id(notebook).items() if cell.metadata.nbgrader.grade}
    assert graded == {"scale_check", "area_check", "words"}


@pytest.mark.parametrize("points", [0.0, 0.5, 1 / 3, 3.0])
def test_nbgrader_reads_the_same_score(tiny: Assignment, make: Make, points: float) -> None:
    """What nbgrader makes of the check cell's outputs is what was written to the gradebook."""
    from nbgrader.utils import determine_grade

    cells = by_id(read(autograded(tiny, make("ada", scale=points))))
    log = logging.getLogger("test")
    assert determine_grade(cells["scale_check"], log) == (points, 3.0)
    assert determine_grade(cells["words"], log) == (None, 1.0)


def test_the_same_cells_as_released(tiny: Assignment, make: Make, released: Any) -> None:
    """Ids, flags and points are those of nbgrader's own release."""
    path = released[1] / "release" / "tiny" / "tiny.ipynb"
    theirs = by_id(nbformat.read(path, as_version=4))
    ours = by_id(read(autograded(tiny, make("ada"))))
    flags = ("grade", "solution", "locked", "task", "points", "schema_version")
    assert list(ours) == list(theirs)
    for id, cell in ours.items():
        mine, master = cell.metadata.nbgrader, theirs[id].metadata.nbgrader
        assert [mine.get(flag) for flag in flags] == [master.get(flag) for flag in flags], id


def test_our_own_errors_leave_no_score(tiny: Assignment, make: Make) -> None:
    """A grader_error's check cells hold no number that could be taken for a score."""
    record = make("ada", scale=3, status=SubmissionStatus.GRADER_ERROR)
    kinds = {
        output.output_type
        for output in by_id(read(autograded(tiny, record)))["scale_check"].outputs
    }
    assert kinds == {"display_data"}


def test_oddities_stand_in_front(tiny: Assignment, make: Make) -> None:
    """Flags and faults are told in a first cell, which is there only with any."""
    record = make(
        "ada",
        flags=(Flag(code="moved", message="this cell was moved", cell="area"),),
        faults=(Fault(code="died", message="it died", blame=Blame.SUBMISSION),),
    )
    first = autograded(tiny, record)["cells"][0]["source"]
    assert "- Problem: it died" in first
    assert "- Noted, at no cost: this cell was moved (cell area)" in first
    assert "About this submission" not in str(autograded(tiny, make("ada")))


@pytest.mark.parametrize(
    ("blame", "said"),
    [(Blame.GRADER, "The grader's fault: it"), (Blame.ASSIGNMENT, "The course's fault: it")],
)
def test_whose_fault(tiny: Assignment, make: Make, blame: Blame, said: str) -> None:
    """What is not the submission's fault is told so."""
    record = make("ada", faults=(Fault(code="x", message="it", blame=blame),))
    assert f"- {said}" in autograded(tiny, record)["cells"][0]["source"]


def test_cells_that_did_not_end_say_so(tiny: Assignment, make: Make) -> None:
    """A student reads why a cell has no output."""
    stuck = CellRecord(
        grade_id="", cell_type="code", role=CellRole.OWN, source="while True: pass",
        status=CellStatus.TIMEOUT, error="stopped after 5 seconds without an end",
    )  # fmt: skip
    cell = autograded(tiny, make("ada", own=(stuck,)))["cells"][0]
    assert cell["outputs"][0]["text"] == (
        "This cell did not end well: stopped after 5 seconds without an end\n"
    )


def test_staged_and_then_placed_whole(tiny: Assignment, make: Make, tmp_path: Path) -> None:
    """What is there stays until the new one is ready, and nothing is left beside it."""
    staged, folder = tmp_path / "staged", tmp_path / "autograded" / "ada" / "tiny"
    good, worse = (autograded(tiny, make("ada", scale=points)) for points in (3, 1))
    moment = "2026-01-01 10:00:00 UTC"
    assert stage(staged, folder, tiny, good, moment)
    place(staged, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() == {"tiny.ipynb", "timestamp.txt"}
    assert not stage(staged, folder, tiny, good, moment)
    assert stage(staged, folder, tiny, worse, "")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    place(staged, folder)
    assert [path.name for path in folder.iterdir()] == ["tiny.ipynb"]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    assert not staged.exists()
