"""A gradebook that cannot be written is told with what to do, and stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.config import Assignment
from autograder.gradebook import GradebookError, write
from autograder.records import SubmissionRecord

Make = Callable[..., SubmissionRecord]
Write = Callable[..., Assignment]


def change(course: Path, statement: str) -> None:
    """Change the gradebook behind everybody's back."""
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute(statement)
    database.close()


def test_a_locked_gradebook(
    course: Path, tiny: Assignment, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's write is waited for, then the message names what to close."""
    monkeypatch.setattr("autograder.gradebook.database.LOCK_SECONDS", 0.2)
    holder = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        GradebookError,
        match=r"database is locked\. If a formgrader or another nbgrader command is open on it, "
        r"close that and run the same command again\. Every record is kept",
    ):
        write(course, tiny, [make("ada", scale=3)])
    holder.execute("ROLLBACK")
    holder.close()
    assert write(course, tiny, [make("ada", scale=3)]).submissions == 1


def test_a_lock_that_ends_is_waited_for(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """A formgrader that merely reads is in nobody's way."""
    with book(course) as gradebook:
        assert gradebook.students == []
        write(course, tiny, [make("ada", scale=3)])
        gradebook.db.rollback()
        assert len(gradebook.students) == 1


def test_no_gradebook(course: Path, tiny: Assignment, make: Make) -> None:
    """Without a release there is nothing to write into."""
    (course / "gradebook.db").unlink()
    said = r"there is no gradebook at .*release the assignment first: autograder release tiny "
    with pytest.raises(GradebookError, match=said + "--course"):
        write(course, tiny, [make("ada")])
    assert not (course / "gradebook.db").exists()
    assert not (course / "autograded").exists()


def test_an_assignment_that_was_not_released_here(
    course: Path, tiny: Assignment, make: Make
) -> None:
    """The gradebook of a course with other assignments says which one is missing."""
    change(course, "update assignment set name = 'other'")
    said = r"does not know the assignment 'tiny'; release it: autograder release tiny --course"
    with pytest.raises(GradebookError, match=said):
        write(course, tiny, [make("ada")])
    assert not (course / "autograded").exists()


def test_an_assignment_without_its_notebook(course: Path, tiny: Assignment, make: Make) -> None:
    """An assignment made by hand in the formgrader has no notebook yet."""
    change(course, "update notebook set name = 'other'")
    with pytest.raises(GradebookError, match=r"has no notebook of 'tiny'; release it"):
        write(course, tiny, [make("ada")])


def test_changed_since_it_was_released(
    course: Path, tiny: Assignment, make: Make, tmp_path: Path, write_tiny_to: Write
) -> None:
    """A question that the gradebook has not is told by name."""
    text = (tiny.folder / "tiny.py").read_text(encoding="utf-8")
    renamed = text.replace('question="area"', 'question="surface"').replace(
        'check("area")', 'check("surface")'
    )
    toml = (tiny.folder / "assignment.toml").read_text(encoding="utf-8")
    newer = write_tiny_to(
        tmp_path / "newer",
        {
            "assignments/tiny/tiny.py": renamed,
            "assignments/tiny/assignment.toml": toml.replace('id = "area"', 'id = "surface"'),
        },
    )
    said = r"has no SolutionCell 'surface': the assignment changed since it was released"
    with pytest.raises(GradebookError, match=said):
        write(course, newer, [make("ada")])


def test_a_gradebook_that_is_none(course: Path, tiny: Assignment, make: Make) -> None:
    """A damaged file is told as such, not as a trace."""
    (course / "gradebook.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(GradebookError, match=r"cannot be written: .*not a database"):
        write(course, tiny, [make("ada")])


def test_an_old_gradebook(course: Path, tiny: Assignment, make: Make) -> None:
    """A gradebook without nbgrader's tables is told as one that cannot be written."""
    change(course, "drop table comment")
    with pytest.raises(GradebookError, match=r"cannot be written: no such table: \w*\.?comment"):
        write(course, tiny, [make("ada")])


def test_where_the_configuration_says(course: Path, tiny: Assignment, make: Make) -> None:
    """A db_url of the course's configuration is obeyed."""
    moved = course / "elsewhere.db"
    (course / "gradebook.db").rename(moved)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"c.CourseDirectory.db_url = 'sqlite:///{moved}'\n")
    write(course, tiny, [make("ada", scale=3)])
    with sqlite3.connect(moved) as database:
        assert database.execute("select id from student").fetchall() == [("ada",)]
    database.close()
