"""What is said about a database that is no file: what to do, and never the password."""

from __future__ import annotations

import dataclasses
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from autograder.config import Assignment
from autograder.gradebook import GradebookError, check_reachable, check_released, write
from autograder.gradebook.database import place_of
from autograder.records import SubmissionRecord

Make = Callable[..., SubmissionRecord]
SECRET = "hunter2"


def configure(course: Path, url: str) -> None:
    """Name the course's database, as an instructor does."""
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"c.CourseDirectory.db_url = {url!r}\n")


def refusal(course: Path, url: str) -> str:
    """What is said about a database, which must not hold the password."""
    configure(course, url)
    with pytest.raises(GradebookError) as told:
        check_reachable(course)
    whole: BaseException | None = told.value
    assert SECRET not in str(whole)
    while whole is not None:  # nor in a trace, where somebody prints it
        assert SECRET not in "".join(map(str, whole.args)), whole
        whole = whole.__cause__ or (None if whole.__suppress_context__ else whole.__context__)
    return str(told.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hunter2@h:5432/d", "postgresql://u:***@h:5432/d"),
        ("postgresql+psycopg2://u:hunter2@h/d", "postgresql+psycopg2://u:***@h/d"),
        ("postgresql://u@h/d?password=hunter2", "postgresql://u@h/d?password=***"),
        ("postgresql://u@h/d?sslpassword=hunter2", "postgresql://u@h/d?sslpassword=***"),
        ("sqlite:////there/gradebook.db", "sqlite:////there/gradebook.db"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    """Wherever in the url it stands."""
    assert place_of(make_url(url)) == shown


@pytest.mark.parametrize(
    "url",
    ["gradebook of hunter2", "postgresql://u:x:y@h:hunter2/d", "postgresql://u:p@w:hunter2@h/d"],
)
def test_a_url_that_is_none(course: Path, url: str) -> None:
    """The url is not repeated: nobody knows where in it the password stands."""
    said = refusal(course, url)
    assert "nbgrader_config.py" in said
    assert "is no database url" in said
    assert "postgresql://user:password@host:5432/database" in said


def test_a_password_that_looks_like_a_host(course: Path) -> None:
    """An @ inside a password would send the rest of it to the resolver of names."""
    said = refusal(course, "postgresql://u:pass@hunter2@h/d")
    assert "has two @ before its host. In a password write @ as %40" in said


def test_a_kind_of_database_that_nobody_knows(course: Path) -> None:
    """A typing error in the first word."""
    said = refusal(course, "postgres://u:hunter2@h/d")
    assert "SQLAlchemy knows no database 'postgres'" in said
    assert "postgresql://" in said


@pytest.mark.parametrize(
    ("url", "module", "package"),
    [
        ("postgresql://u:hunter2@h/d", "psycopg", "psycopg[binary]"),
        ("postgresql+psycopg2://u:hunter2@h/d", "psycopg2", "psycopg2-binary"),
    ],
)
def test_no_driver(
    course: Path, monkeypatch: pytest.MonkeyPatch, url: str, module: str, package: str
) -> None:
    """The driver is no requirement of ours; the message names the package to install."""
    monkeypatch.setitem(sys.modules, module, None)
    said = refusal(course, url)
    assert f"python -m pip install '{package}'" in said
    assert "postgresql" in said


def test_no_server(course: Path, tmp_path: Path) -> None:
    """Nobody listens: said with what the driver said and the three things to look at."""
    said = refusal(course, f"postgresql://u:hunter2@/d?host={tmp_path}")
    assert "cannot be reached" in said
    assert "No such file or directory" in said
    assert "Is the server running" in said
    assert "u:***@" in said


def test_a_file_is_not_reached_for(course: Path) -> None:
    """Before the first release there is no file yet, and no folder: that is no fault."""
    (course / "gradebook.db").unlink()
    check_reachable(course)
    check_reachable(course / "nowhere")
    assert not (course / "gradebook.db").exists()


def test_a_file_without_tables(course: Path, tiny: Assignment) -> None:
    """An empty database is none that was released into."""
    (course / "gradebook.db").write_bytes(b"")
    with pytest.raises(GradebookError, match=r"there is no gradebook at sqlite.*release the ass"):
        check_released(course, tiny)


def test_rows_are_not_told(course: Path, tiny: Assignment, make: Make) -> None:
    """A refused row is told without the grades and comments in it."""
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute(
            "create trigger no before insert on comment begin select raise(abort, 'no'); end"
        )
    database.close()
    with pytest.raises(GradebookError, match=r"cannot be written: no\. ") as told:
        write(course, tiny, [make("ada", scale=3)])
    assert "every check holds" not in str(told.value).lower()
    assert "run the same command again" in str(told.value)


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\x1b[31m"])
def test_text_that_no_database_takes(
    course: Path, tiny: Assignment, make: Make, book: Any, odd: str
) -> None:
    """One student's odd words must not cost the others their grades."""
    record = make("ada", scale=1, area=2)
    (scale,) = (question for question in record.questions if question.id == "scale")
    (check,) = scale.checks
    told = dataclasses.replace(check, observed=f"it is {odd}odd")
    questions = tuple(
        dataclasses.replace(question, checks=(told,)) if question is scale else question
        for question in record.questions
    )
    write(course, tiny, [dataclasses.replace(record, questions=questions)])
    with book(course) as gradebook:
        comment = gradebook.find_comment("scale", "tiny", "tiny", "ada").auto_comment
    assert "odd" in comment
    assert odd not in comment
