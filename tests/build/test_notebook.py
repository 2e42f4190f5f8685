"""The instructor's notebook and the master, held against nbgrader's own release."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat

from autograder.build.answers import load_answers
from autograder.build.notebook import (
    master_cells,
    nbgrader_metadata,
    released_notebook,
    source_notebook,
)
from autograder.build.release import ReleaseSummary
from autograder.config import Assignment
from autograder.records import CellRole


def cells_of(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Cells by grade id."""
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}


def test_master_is_what_nbgrader_releases(resnet: Assignment, released: ReleaseSummary) -> None:
    """Each cell of nbgrader's release has the master's id, type and source, in its order."""
    notebook = json.loads((released.release / "resnet.ipynb").read_text(encoding="utf-8"))
    theirs = [
        (cell["metadata"]["nbgrader"]["grade_id"], cell["cell_type"], "".join(cell["source"]))
        for cell in notebook["cells"]
    ]
    assert theirs == [(c.grade_id, c.cell_type, c.source) for c in master_cells(resnet)]


def test_released_metadata_is_the_masters(resnet: Assignment, released: ReleaseSummary) -> None:
    """Nbgrader adds checksums and cell types to our metadata, and changes nothing."""
    notebook = json.loads((released.release / "resnet.ipynb").read_text(encoding="utf-8"))
    theirs = cells_of(notebook)
    for cell in master_cells(resnet):
        ours = nbgrader_metadata(cell, resnet)
        assert ours.items() <= theirs[cell.grade_id]["metadata"]["nbgrader"].items()
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_our_released_notebook_is_nbgraders(resnet: Assignment, released: ReleaseSummary) -> None:
    """Cell ids and sources of the notebook that we make without nbgrader are its own."""
    theirs = json.loads((released.release / "resnet.ipynb").read_text(encoding="utf-8"))
    ours = released_notebook(resnet)
    assert [(c["id"], c["source"]) for c in ours["cells"]] == [
        (c["id"], "".join(c["source"])) for c in theirs["cells"]
    ]


def test_source_notebook_is_valid(resnet: Assignment) -> None:
    """Nbformat accepts the instructor's notebook; cell ids are distinct and the same each time."""
    notebook = source_notebook(resnet)
    nbformat.validate(nbformat.from_dict(notebook))
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert source_notebook(resnet) == notebook


def test_source_has_each_answer_between_markers(tiny: Assignment) -> None:
    """Taking the markers out of a solution cell leaves the reference answer."""
    cells = cells_of(source_notebook(tiny))
    for question, answer in load_answers(tiny).cells.items():
        source = cells[question]["source"]
        assert re.sub(r"\n *### (BEGIN|END) SOLUTION(?=\n|$)", "", source) == answer


def test_source_check_cell_scores(tiny: Assignment) -> None:
    """Stock nbgrader stores what the last line of the check cell returns."""
    source = cells_of(source_notebook(tiny))["scale_check"]["source"]
    assert source.splitlines() == [
        'check("scale")',
        "### BEGIN HIDDEN TESTS",
        "from autograder.stock import score",
        "",
        'score("tiny", "scale")',
        "### END HIDDEN TESTS",
    ]


def test_points_and_locks_by_role(tiny: Assignment) -> None:
    """Points are on check cells and written answers; students cannot edit what is locked."""
    kinds = {
        cell.grade_id: nbgrader_metadata(cell, tiny) for cell in master_cells(tiny)
    }  # fmt: skip
    flags = {
        name: (about["grade"], about["solution"], about["locked"], about.get("points"))
        for name, about in kinds.items()
    }
    assert flags["scale"] == (False, True, False, None)
    assert flags["scale_check"] == (True, False, True, 3.0)
    assert flags["words"] == (True, True, False, 1.0)
    assert flags["setup"] == flags["prose_1"] == (False, False, True, None)
    assert flags["area_experiment"] == (False, False, False, None)


def test_experiments_are_left_alone_by_nbclient(tiny: Assignment) -> None:
    """The tag that nbclient skips is on experiment cells and nowhere else."""
    for name, cell in cells_of(released_notebook(tiny)).items():
        tagged = "skip-execution" in cell["metadata"].get("tags", [])
        assert tagged == (name == "area_experiment")


def test_written_answer_is_cleared(tiny: Assignment) -> None:
    """The model answer does not get out; a stub stands in its place."""
    written = [cell for cell in master_cells(tiny) if cell.role is CellRole.WRITTEN]
    assert [cell.source for cell in written] == ["YOUR ANSWER HERE"]


def test_locked_roles(tiny: Assignment) -> None:
    """Prose, provided and check cells are ours whatever a submission has in them."""
    locked = {cell.role for cell in master_cells(tiny) if cell.locked}
    assert locked == {CellRole.PROSE, CellRole.PROVIDED, CellRole.CHECK}
