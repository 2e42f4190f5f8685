"""Tests of reading ``assignment.toml``."""

from pathlib import Path

import pytest

from autograder.config import ConfigError, known_assignments, load_assignment

GOOD = """
id = "tiny"
title = "Tiny"
[limits]
cell_seconds = 5
[[question]]
id = "one"
title = "One"
points = 3
defines = ["one"]
[[question]]
id = "essay"
title = "Essay"
points = 2
manual = true
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of assignments with one in it."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "assignment.toml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def write(root: Path, text: str) -> None:
    """Replace the assignment's file."""
    (root / "tiny" / "assignment.toml").write_text(text, encoding="utf-8")


def test_reads_questions_and_limits(root: Path) -> None:
    """Everything that the file says is there, typed."""
    assignment = load_assignment("tiny", root)
    assert [question.id for question in assignment.questions] == ["one", "essay"]
    assert assignment.question("one").defines == ("one",)
    assert assignment.question("essay").manual
    assert assignment.limits.cell_seconds == 5
    assert assignment.notebook == "tiny.ipynb"


def test_lists_known_assignments(root: Path) -> None:
    """The folder is the register."""
    assert known_assignments(root) == ("tiny",)


def test_unknown_assignment_lists_the_known(root: Path) -> None:
    """A mistyped id gets the ids there are."""
    with pytest.raises(ConfigError, match=r"no assignment 'tinny'.*known assignments: tiny"):
        load_assignment("tinny", root)


def test_unknown_question_lists_the_known(root: Path) -> None:
    """A mistyped question gets the questions there are."""
    with pytest.raises(ConfigError, match="no question 'two'; it has: one, essay"):
        load_assignment("tiny", root).question("two")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id = ", "not valid TOML"),
        ('id = "tiny"\ntitle = "Tiny"', "at least one"),
        (GOOD + GOOD.split("[limits]")[1].split("\n", 2)[2], "question ids repeat"),
        (GOOD.replace("points = 3", "pionts = 3"), "pionts"),
        (GOOD.replace("cell_seconds", "cel_seconds"), "cel_seconds"),
        (GOOD.replace('title = "Tiny"', ""), "title"),
    ],
)
def test_wrong_files_say_what_is_wrong(root: Path, text: str, message: str) -> None:
    """The message names the file and the key."""
    write(root, text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_assignment("tiny", root)
    assert "assignment.toml" in str(caught.value)
    assert "TOML" in message or "see assignments/resnet for a complete one" in str(caught.value)
