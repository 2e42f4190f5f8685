"""Checks, answers and known mistakes that cannot be used: no trace, but what to mend, and 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from autograder.config import REPOSITORY, Assignment, load_assignment
from autograder.runner.journal import journal_path
from autograder.sample import submission

pytestmark = pytest.mark.box
Write = Callable[..., Assignment]
NEXT = "Mend that, then give the same command again. What was decided before is kept.\n"
SLOT = "# slot: solutions.tiny:area"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A command over one assignment of a tiny checkout, to which somebody handed in."""
    place = tmp_path / "course" / "submitted" / "ada" / "tiny"
    place.mkdir(parents=True)
    (place / "tiny.ipynb").write_text('{"cells": []}', encoding="utf-8")

    def invoke(assignment: Assignment, command: str) -> Result:
        monkeypatch.setattr("autograder.commands.known_assignments", lambda: ("tiny",))
        monkeypatch.setattr("autograder.commands.load_assignment", lambda id: assignment)
        course = ("tiny", "--course", str(tmp_path / "course"))
        arguments = (str(place / "tiny.ipynb"),) if command == "check" else course
        return CliRunner().invoke(app, [command, *arguments], catch_exceptions=False)

    return invoke


@pytest.mark.parametrize("command", ["grade", "check", "sample"])
def test_a_misspelt_slot(
    run: Callable[..., Result], write_tiny: Write, files: dict[str, str], command: str
) -> None:
    """Its line and what was looked for are told by each command, with what to do next."""
    text = files["assignments/tiny/tiny.py"].replace(SLOT, "# slot: solutions.nothing:x")
    result = run(write_tiny({"assignments/tiny/tiny.py": text}), command)
    line = 1 + text[: text.index("solutions.nothing")].count("\n")
    assert result.exit_code == 2
    assert result.stderr == (
        f"autograder: the assignment 'tiny' cannot be used as it is: tiny.py, line {line}: "
        f"solutions.nothing:x: there is no solutions/nothing.py\n{NEXT}"
    )


def test_check_with_a_broken_check(
    run: Callable[..., Result], write_tiny: Write, files: dict[str, str]
) -> None:
    """The file and line of a syntax error in a public check."""
    broken = files["checks/public.py"] + "\ndef broken(:\n"
    result = run(write_tiny({"checks/public.py": broken}), "check")
    assert result.exit_code == 2
    assert "the assignment 'tiny' cannot be used as it is: the checks in " in result.stderr
    assert f"public.py, line {broken.count(chr(10))}: SyntaxError: " in result.stderr
    assert result.stderr.endswith(NEXT)


@pytest.mark.parametrize("name", ["freeze.py", "misconceptions.py"])
def test_a_file_that_fails_when_it_is_used(
    run: Callable[..., Result], write_tiny: Write, files: dict[str, str], name: str
) -> None:
    """Its line, and what its code raised there."""
    text = files[f"checks/{name}"]
    result = run(write_tiny({f"checks/{name}": f"{text}\n1 / 0\n"}), "sample")
    if name == "freeze.py":  # a sample class needs no cases
        assert result.exit_code == 0
        result = run(write_tiny({f"checks/{name}": f"{text}\n1 / 0\n"}), "check")
    line = text.count("\n") + 2
    assert result.exit_code == 2
    assert f"{name}, line {line}: ZeroDivisionError: division by zero\n" in result.stderr
    assert result.stderr.endswith(NEXT)


def test_an_error_of_ours_is_not_hidden(
    run: Callable[..., Result], tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no fault of an assignment's files stays the trace that it is."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("autograder.commands_grade.grade", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(tiny, "grade")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, to be spoilt."""
    place = tmp_path_factory.mktemp("unusable") / "checkout"
    for part in ("autograder", "assignments", "solutions"):
        shutil.copytree(
            REPOSITORY / part,
            place / part,
            ignore=shutil.ignore_patterns("__pycache__", ".signatures-*"),
        )
    return place


@pytest.mark.parametrize(
    ("name", "spoilt", "told"),
    [
        ("hidden.py", "def broken(:", "hidden.py, line {line}: SyntaxError: "),
        (
            "misconceptions.py",
            "MISCONCEPTIONS += MISCONCEPTIONS[:1]",
            "misconception 'relu_before_addition' of 'basic_block': defined twice\n",
        ),
        ("misconceptions.py", "def broken(:", "misconceptions.py, line {line}: SyntaxError: "),
    ],
)
def test_grade_where_workers_cannot_use_the_files(
    checkout: Path, resnet_course: Path, tmp_path: Path, name: str, spoilt: str, told: str
) -> None:
    """What a worker says of a file is told like any mistake in usage; nothing is decided."""
    course = tmp_path / "course"
    shutil.copytree(resnet_course, course)
    place = course / "submitted" / "ada" / "resnet"
    place.mkdir(parents=True)
    (place / "resnet.ipynb").write_bytes(submission(load_assignment("resnet"), {}))
    path = checkout / "autograder" / "checks" / "resnet" / name
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}{spoilt}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from autograder.cli import app; app()", "grade", "resnet",
         "--course", str(course), "--workers", "1"],
        cwd=checkout, capture_output=True, text=True, timeout=240, check=False,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    path.write_text(kept, encoding="utf-8")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "autograder: the assignment 'resnet' cannot be used as it is: " in done.stderr
    assert told.format(line=kept.count("\n") + 1) in done.stderr
    assert done.stderr.endswith(NEXT)
    assert not journal_path(course, "resnet").read_text(encoding="utf-8")
