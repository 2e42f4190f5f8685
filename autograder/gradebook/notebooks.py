"""Autograded notebooks, as nbgrader's feedback and formgrader want them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from autograder.build.notebook import EXPERIMENT_TAGS, KERNEL, master_cells
from autograder.config import Assignment
from autograder.gradebook.neutral import markdown
from autograder.records import (
    CellRecord,
    CellRole,
    CellStatus,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.report.table import as_html, as_text

GRADED = (CellRole.CHECK, CellRole.WRITTEN)
LOCKED = (CellRole.CHECK, CellRole.PROVIDED, CellRole.PROSE)


def autograded(assignment: Assignment, record: SubmissionRecord) -> dict[str, Any]:
    """The notebook of one record: its cells, their outputs, each check cell with its table.

    Where the grader broke, there may be no cells: then the master's stand there, so that there is
    a place to grade by hand.
    """
    questions = {question.id: question for question in record.questions}
    cells = [
        _cell(assignment, record, cell, number, questions.get(cell.question))
        for number, cell in enumerate(record.cells or _released(assignment))
    ]
    notes = [*record.faults, *record.flags]
    if notes:
        cells.insert(0, _note(record))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python", "file_extension": ".py"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _released(assignment: Assignment) -> list[CellRecord]:
    return [
        CellRecord(
            grade_id=cell.grade_id, cell_type=cell.cell_type, role=cell.role,
            question=cell.question, source=cell.source,
        )
        for cell in master_cells(assignment)
    ]  # fmt: skip


def _cell(
    assignment: Assignment,
    record: SubmissionRecord,
    cell: CellRecord,
    number: int,
    question: QuestionRecord | None,
) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if cell.grade_id:
        metadata["nbgrader"] = _metadata(assignment, cell)
    if cell.role is CellRole.EXPERIMENT:
        metadata["tags"] = EXPERIMENT_TAGS
    identity = hashlib.sha256(f"{number}/{cell.grade_id}".encode()).hexdigest()[:12]
    made: dict[str, Any] = {"id": identity, "cell_type": cell.cell_type, "metadata": metadata}
    if cell.cell_type == "markdown":
        ours = cell.role is CellRole.PROSE
        return {**made, "source": cell.source if ours else markdown(cell.source)}
    outputs: list[dict[str, Any]] = [dict(output) for output in cell.outputs]
    if cell.status in (CellStatus.TIMEOUT, CellStatus.DIED):
        text = f"This cell did not end well: {cell.error}\n"
        outputs.append({"output_type": "stream", "name": "stdout", "text": text})
    if cell.role is CellRole.CHECK and question is not None:
        outputs = _results(question, record.status)
    return {**made, "source": cell.source, "execution_count": None, "outputs": outputs}


def _results(question: QuestionRecord, status: SubmissionStatus) -> list[dict[str, Any]]:
    """The check table, and the score as the plain float that nbgrader reads again."""
    table = {
        "output_type": "display_data",
        "data": {"text/html": as_html(question), "text/plain": as_text(question)},
        "metadata": {},
    }
    if status is SubmissionStatus.GRADER_ERROR:
        return [table]
    score = {
        "output_type": "execute_result",
        "execution_count": None,
        "data": {"text/plain": repr(float(question.points))},
        "metadata": {},
    }
    return [table, score]


def _metadata(assignment: Assignment, cell: CellRecord) -> dict[str, Any]:
    graded = cell.role in GRADED
    metadata: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": cell.grade_id,
        "grade": graded,
        "solution": cell.role in (CellRole.SOLUTION, CellRole.WRITTEN),
        "locked": cell.role in LOCKED,
        "task": False,
        "cell_type": cell.cell_type,
    }
    if graded:
        metadata["points"] = float(assignment.question(cell.question).points)
    return metadata


def _note(record: SubmissionRecord) -> dict[str, Any]:
    """What was odd about the submission, in front of it."""
    lines = ["**About this submission**", ""]
    lines += [
        f"- {_whose(fault.blame)}: {markdown(_one(fault.message))}" for fault in record.faults
    ]
    for flag in record.flags:
        where = f" (cell {markdown(_one(flag.cell))})" if flag.cell else ""
        lines.append(f"- Noted, at no cost: {markdown(_one(flag.message))}{where}")
    if not record.cells:
        lines.append(
            f"- What was handed in lies in submitted/{markdown(record.student)}/"
            f"{record.assignment}. The cells below are as released, for a person to grade."
        )
    source = "\n".join(lines[:60])
    return {"id": "about-record", "cell_type": "markdown", "metadata": {}, "source": source}


def _whose(blame: str) -> str:
    return {"submission": "Problem", "grader": "The grader's fault"}.get(
        blame, "The course's fault"
    )


def _one(text: str) -> str:
    """One line of at most 300 characters."""
    return " ".join(text.split())[:300]


def rewritten(folder: Path, assignment: Assignment, record: SubmissionRecord) -> set[str]:
    """Written answers that differ from those in the autograded folder: to be read again."""
    try:
        cells = json.loads((folder / assignment.notebook).read_bytes())["cells"]
        before = {
            cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"])
            for cell in cells
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    return {
        cell.grade_id
        for cell in record.cells
        if cell.role is CellRole.WRITTEN
        and before.get(cell.grade_id, markdown(cell.source)) != markdown(cell.source)
    }


def stage(
    staged: Path, folder: Path, assignment: Assignment, notebook: dict[str, Any], moment: str
) -> bool:
    """Write an autograded folder to ``staged``; False when ``folder`` holds just that already."""
    wanted = {assignment.notebook: _as_bytes(notebook)}
    if moment:
        wanted["timestamp.txt"] = moment.encode("ascii")
    if _holds(folder, wanted):
        return False
    staged.mkdir()
    for name, content in wanted.items():
        (staged / name).write_bytes(content)
        os.chmod(staged / name, 0o644)
    os.chmod(staged, 0o755)
    return True


def place(staged: Path, folder: Path) -> None:
    """What was staged in place of what is there: whole, on one file system."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    shutil.move(staged, folder)


def _as_bytes(notebook: dict[str, Any]) -> bytes:
    """JSON with a line for each cell: with an indent Python's encoder takes ten times as long."""
    rest = {name: value for name, value in notebook.items() if name != "cells"}
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
    ending = json.dumps(rest, ensure_ascii=False).removeprefix("{")
    return f'{{"cells": [\n{cells}\n], {ending}\n'.encode("utf-8", "replace")


def _holds(folder: Path, wanted: dict[str, bytes]) -> bool:
    try:
        names = {path.name for path in folder.iterdir()}
        return names == set(wanted) and all(
            (folder / name).read_bytes() == content for name, content in wanted.items()
        )
    except OSError:
        return False
