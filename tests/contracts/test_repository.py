"""Promises of the repository itself: its fixed names, and that its documents tell the truth."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    "README.md",
    "docs/instructors.md",
    "book/instructors.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]


def tracked() -> list[str]:
    """The files under version control (all files, in an export without git)."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


@pytest.mark.parametrize(
    "name", ["book", "assignments", "autograder", "solutions", "_config.yml", "requirements.txt"]
)
def test_commissioned_names_are_there(name: str) -> None:
    """The commission fixes these names at the top level."""
    assert (ROOT / name).exists()


def test_nothing_generated_is_tracked() -> None:
    """Notebooks, databases and bytecode are made, not kept."""
    generated = [name for name in tracked() if name.endswith((".ipynb", ".db", ".pyc", ".npz"))]
    assert generated == []


def test_no_path_of_one_machine() -> None:
    """A clone works wherever it lies."""
    pattern = re.compile(r"(?<![\w.])/(work|root)/\w")
    wrong = [
        name
        for name in tracked()
        if name.endswith((".py", ".md", ".toml", ".sh", ".yml"))
        and not name.startswith(("book/_vendor", "tests/"))
        and pattern.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_files_that_exist(document: str) -> None:
    """Every path in backticks that looks like one of ours is there."""
    text = (ROOT / document).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:book|docs|tests|autograder|benchmarks|solutions)/[\w./-]*)`", text)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing == []


def commands(text: str) -> set[str]:
    """The commands of ``autograder`` that a document tells to run."""
    return set(re.findall(r"(?:^|`)autograder (\w+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_commands_that_exist(document: str) -> None:
    """Every `autograder COMMAND` in the documents is a command."""
    from autograder.cli import app

    known = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    assert commands((ROOT / document).read_text(encoding="utf-8")) <= known


def test_make_lists_every_target() -> None:
    """`make` alone tells what there is to make."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in (
        "setup",
        "demo",
        "test",
        "test-book",
        "book",
        "release",
        "grade",
        "bench",
        "lint",
        "clean",
    ):
        assert re.search(rf"make {target}\b", listed), target


def test_ci_calls_make_test() -> None:
    """Continuous integration runs what everybody runs."""
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_folder_of_tests_is_left_out(pytestconfig: pytest.Config) -> None:
    """Pytest leaves out folders of certain names by itself, without a word."""
    left_out = pytestconfig.getini("norecursedirs")
    folders = [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
    found = [path.name for path in folders for name in left_out if fnmatch(path.name, name)]
    assert set(found) <= {"__pycache__"}
    assert len(folders) > 10
