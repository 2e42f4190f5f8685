"""The page for instructors shows commands and what they print: what can go stale is looked at."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from autograder.build.answers import load_answers
from autograder.cli import app
from autograder.config import REPOSITORY, load_assignment
from autograder.expect import load_alternatives, load_misconceptions

PAGE = (REPOSITORY / "book" / "instructors.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^\$ autograder (\w+)(.*)$", PAGE, flags=re.MULTILINE)))


@pytest.mark.parametrize(("command", "rest"), COMMANDS)
def test_a_command_takes_the_options_that_are_shown(command: str, rest: str) -> None:
    """Options were renamed before, and pages forgotten."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for option in re.findall(r" (--?[a-z-]+)", rest):
        assert option in shown.output


def test_the_preflight_line_is_true() -> None:
    """The numbers that it prints are those of the assignment."""
    found = re.search(r"(\d+) checks, (\d+) misconceptions \((\d+) named\), (\d+) alt", PAGE)
    assert found is not None
    checks, mistakes, named, alternatives = map(int, found.groups())
    resnet = load_assignment("resnet")
    files = [*resnet.public_checks, *resnet.hidden_checks]
    assert checks == sum(path.read_text(encoding="utf-8").count("\n@check(") for path in files)
    cells = load_answers(resnet).cells
    assert mistakes == named == len(load_misconceptions(resnet.checks, cells))
    assert alternatives == len(load_alternatives(resnet.checks))
