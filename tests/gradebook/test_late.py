"""Times and late penalties are nbgrader's, whatever a timestamp.txt holds."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.config import Assignment
from autograder.gradebook import write
from autograder.records import SubmissionRecord

Make = Callable[..., SubmissionRecord]
Hand = Callable[..., Path]
DUE = "2026-03-01 12:00:00 UTC"
ZERO = 'c.LateSubmissionPlugin.penalty_method = "zero"\n'
OWN = """
import sys
sys.path.insert(0, {course!r})
c.AssignLatePenalties.plugin_class = "{module}.{name}"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin

class {name}(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {what}
"""


def configure(course: Path, text: str) -> None:
    """Add to the course's nbgrader configuration."""
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(text)


def due(book: Any, course: Path, moment: str = DUE) -> None:
    """Give the assignment a due date."""
    with book(course) as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate=moment)


def penalties(book: Any, course: Path) -> dict[str, float | None]:
    """The penalty of each student's submission."""
    with book(course) as gradebook:
        return {
            submission.student.id: submission.notebooks[0].late_submission_penalty
            for submission in gradebook.assignment_submissions("tiny")
        }


def test_moments_are_the_timestamps(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any
) -> None:
    """The submission's row and the autograded folder have the time of timestamp.txt."""
    hand_in(course, "ada", "2026-03-01 10:00:00 UTC")
    hand_in(course, "bob", "2026-03-01T14:00:00.25+02:00")
    write(course, tiny, [make("ada"), make("bob"), make("eve")])
    with book(course) as gradebook:
        times = {s.student.id: s.timestamp for s in gradebook.assignment_submissions("tiny")}
    ten, noon = datetime.datetime(2026, 3, 1, 10), datetime.datetime(2026, 3, 1, 12, 0, 0, 250000)
    assert times == {"ada": ten, "bob": noon, "eve": None}
    copied = course / "autograded" / "bob" / "tiny" / "timestamp.txt"
    assert copied.read_text(encoding="ascii") == "2026-03-01T14:00:00.25+02:00"


@pytest.mark.parametrize(
    "damage", ["", "yesterday, honest", "2026-99-99 10:00:00 UTC", "\x00\ufffd", "9" * 5000]
)
def test_damaged_times_are_set_aside(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any, damage: str
) -> None:
    """What holds no time would stop the formgrader for all: it is kept under another name."""
    folder = hand_in(course, "ada", damage)
    write(course, tiny, [make("ada", scale=3)])
    assert not (folder / "timestamp.txt").exists()
    kept = (folder / "timestamp.txt.unreadable").read_text(encoding="utf-8")
    assert kept == damage
    with book(course) as gradebook:
        assert gradebook.find_submission("tiny", "ada").timestamp is None


def test_links_for_times_are_set_aside(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand
) -> None:
    """A timestamp.txt that is a link is not followed."""
    folder = hand_in(course, "ada")
    (folder / "timestamp.txt").rename(course / "elsewhere.txt")
    (folder / "timestamp.txt").symlink_to(course / "elsewhere.txt")
    write(course, tiny, [make("ada")])
    assert not (folder / "timestamp.txt").is_symlink()
    assert not (course / "autograded" / "ada" / "tiny" / "timestamp.txt").exists()


def test_linked_folders_are_left_alone(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand
) -> None:
    """A submission that is a link to another folder moves nothing there."""
    other = hand_in(course, "ada", "no time")
    (course / "submitted" / "eve").mkdir()
    (course / "submitted" / "eve" / "tiny").symlink_to(other)
    write(course, tiny, [make("eve")])
    assert (other / "timestamp.txt").read_text(encoding="utf-8") == "no time"


def test_late_by_nbgraders_plugin(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any
) -> None:
    """Who is late loses what the course's configuration says; who is not, nothing."""
    configure(course, ZERO)
    due(book, course)
    hand_in(course, "ada", "2026-03-01 11:59:59 UTC")
    hand_in(course, "bob", "2026-03-01 12:00:01 UTC")
    write(course, tiny, [make("ada", scale=3), make("bob", scale=3, area=2), make("eve")])
    assert penalties(book, course) == {"ada": None, "bob": 5.0, "eve": None}


def test_without_a_rule_being_late_is_free(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any
) -> None:
    """By default, nbgrader takes nothing."""
    due(book, course)
    hand_in(course, "bob", "2026-03-05 12:00:00 UTC")
    write(course, tiny, [make("bob", scale=3)])
    assert penalties(book, course) == {"bob": None}


def test_extensions_count(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any
) -> None:
    """An extension given in the formgrader moves the due date of one student."""
    configure(course, ZERO)
    due(book, course)
    records = [make("ada", scale=3), make("bob", scale=3)]
    for student in ("ada", "bob"):
        hand_in(course, student, "2026-03-01 13:00:00 UTC")
    write(course, tiny, records)
    with book(course) as gradebook:
        gradebook.grant_extension("tiny", "ada", minutes=61)
    write(course, tiny, records)
    assert penalties(book, course) == {"ada": None, "bob": 3.0}


def test_penalties_go_when_the_due_date_moves(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any
) -> None:
    """A penalty is what the due date of now says."""
    configure(course, ZERO)
    due(book, course)
    hand_in(course, "bob", "2026-03-01 13:00:00 UTC")
    write(course, tiny, [make("bob", scale=3)])
    due(book, course, "2026-03-02 12:00:00 UTC")
    write(course, tiny, [make("bob", scale=3)])
    assert penalties(book, course) == {"bob": None}


@pytest.mark.parametrize(
    ("what", "taken"),
    [("score * total_seconds_late / 7200", 1.5), ("-1", 0.0), ("99", 3.0), ("None", None)],
)
def test_a_plugin_of_the_courses_own(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Any, what: str,
    taken: float | None,
) -> None:  # fmt: skip
    """It is asked with student, score and lateness; its answer is kept within the score."""
    module = f"late_{abs(hash(what))}"
    (course / f"{module}.py").write_text(PLUGIN.format(name="Sub", what=what), encoding="utf-8")
    configure(course, OWN.format(course=str(course), module=module, name="Sub"))
    due(book, course)
    hand_in(course, "bob", "2026-03-01 13:00:00 UTC")
    write(course, tiny, [make("bob", scale=3)])
    assert penalties(book, course) == {"bob": taken}
