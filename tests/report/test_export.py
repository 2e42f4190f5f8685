"""The CSV for a learning management system."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from autograder.config import Assignment
from autograder.records import Flag, SubmissionRecord, SubmissionStatus
from autograder.report.export import export_csv

Make = Callable[..., SubmissionRecord]


def rows(assignment: Assignment, *records: SubmissionRecord) -> list[dict[str, str]]:
    """The export, read again."""
    return list(csv.DictReader(io.StringIO(export_csv(assignment, records))))


def test_columns(assignment: Assignment, make: Make) -> None:
    """A row a student, sorted; points in sum and by automatic question; flags and mistakes."""
    ada = make("ada", "pf", mistakes={"a": ["sum"]}, submitted_at="2026-01-01T10:00:00+00:00")
    bob = make("bob", flags=(Flag(code="moved", message=""), Flag(code="moved", message="")))
    first, second = rows(assignment, bob, ada)
    assert first == {
        "student": "ada", "assignment": "small", "submitted_at": "2026-01-01T10:00:00+00:00",
        "status": "graded", "points": "4.0", "max_points": "6.0", "a": "2.0", "b": "2.0",
        "flags": "", "mistakes": "sum",
    }  # fmt: skip
    assert (second["student"], second["flags"], second["points"]) == ("bob", "moved", "6.0")


@pytest.mark.parametrize("questions", [True, False])
def test_our_own_errors_have_no_points(assignment: Assignment, make: Make, questions: bool) -> None:
    """Empty is not zero: an LMS must not take a grader_error for a grade."""
    record = make("ada", "pe", status=SubmissionStatus.GRADER_ERROR)
    if not questions:
        record = SubmissionRecord(
            student="ada", assignment="small", status=record.status, key={}, sandbox="full",
            device="cpu",
        )  # fmt: skip
    (row,) = rows(assignment, record)
    assert (row["points"], row["a"], row["b"]) == ("", "", "")
    assert (row["status"], row["max_points"]) == ("grader_error", "6.0")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "=cmd|' /C calc'!A0", "＝1+1", "－1", "＠x"]
)
def test_names_are_no_formulas(assignment: Assignment, make: Make, name: str) -> None:
    """No spreadsheet computes what a student is called."""
    (row,) = rows(assignment, make(name))
    assert row["student"] == f"'{name}"


def test_names_with_commas_and_lines(assignment: Assignment, make: Make) -> None:
    """A name stays one field of one line."""
    (row,) = rows(assignment, make('Lovelace, "Ada"\r\n\t=Countess'))
    assert row["student"] == 'Lovelace, "Ada"   =Countess'
    assert row["points"] == "6.0"


def test_an_empty_class(assignment: Assignment) -> None:
    """Nobody is a head without rows."""
    assert export_csv(assignment, []).splitlines() == [
        "student,assignment,submitted_at,status,points,max_points,a,b,flags,mistakes"
    ]
