"""Notebooks of another assignment: told as such, where they are collected and graded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build.answers import load_answers
from autograder.config import Assignment, load_assignment
from autograder.records import Blame
from autograder.runner.bench import Bench
from autograder.runner.collect import collect
from autograder.runner.grade import grade_one
from autograder.runner.whose import resembled
from autograder.sample import submission

Hand = Callable[..., Path]


@pytest.fixture(scope="module")
def mobilenet() -> bytes:
    """A notebook of another assignment, worked on."""
    other = load_assignment("mobilenet")
    return submission(other, load_answers(other).cells)


@pytest.mark.box
def test_it_is_told_in_one_sentence(hand_in: Hand, resnet: Assignment, mobilenet: bytes) -> None:
    """And not as forty cells that are missing."""
    with Bench(resnet) as bench:
        record = grade_one(hand_in("ada", mobilenet), bench)
    fault = record.faults[0]  # the second: its cells take too long for cells of one's own
    assert fault.message == (
        "no answer to any question of 'resnet' is in this notebook. It looks like the notebook of "
        "'mobilenet'."
    )
    assert fault.blame is Blame.SUBMISSION
    assert "missing" not in {flag.code for flag in record.flags}


@pytest.mark.box
def test_answers_that_lost_their_ids_are_ours(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """Pasted into new cells, with all else as released: no other notebook, and full points."""
    notebook = json.loads(submission(resnet, answers))
    for cell in notebook["cells"]:
        if cell["metadata"]["nbgrader"]["grade_id"] in answers:
            cell["metadata"] = {}
    with Bench(resnet) as bench:
        record = grade_one(hand_in("ada", json.dumps(notebook).encode()), bench)
    assert record.faults == ()
    assert record.points == 54
    assert {flag.code for flag in record.flags} == {"no_id"}


def test_it_is_told_when_it_is_collected(
    tmp_path: Path, resnet: Assignment, mobilenet: bytes
) -> None:
    """A question that a person reads is called alike in both: that makes it no notebook of ours."""
    (tmp_path / "all" / "ada").mkdir(parents=True)
    (tmp_path / "all" / "ada" / "mobilenet.ipynb").write_bytes(mobilenet)
    summary = collect(tmp_path / "all", resnet, tmp_path / "course")
    assert summary.notes[-1].endswith(
        "ada/mobilenet.ipynb has none of resnet's questions, and looks like mobilenet's; "
        "collected all the same"
    )


def test_one_name_is_no_likeness(resnet: Assignment) -> None:
    """Two assignments may have a question of one name."""
    assert resembled({"reading"}.__contains__, resnet) == ""
    assert resembled({"depthwise_conv", "tables"}.__contains__, resnet) == "mobilenet"
