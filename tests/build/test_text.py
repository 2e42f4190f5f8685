"""Reading an assignment's text: what jupytext reads, and errors that name the line."""

from __future__ import annotations

from collections.abc import Callable

import jupytext
import pytest

from autograder.build.text import TextError, read_text
from autograder.config import Assignment, known_assignments, load_assignment
from autograder.records import CellRole

TEXT = "assignments/tiny/tiny.py"


@pytest.mark.parametrize("id", known_assignments())
def test_reads_what_jupytext_reads(id: str) -> None:
    """Every assignment of the course has the cells that jupytext finds in it."""
    assignment = load_assignment(id)
    ours = [(cell.cell_type, cell.source) for cell in read_text(assignment)]
    theirs = [(cell.cell_type, cell.source) for cell in jupytext.read(assignment.text).cells]
    assert ours == theirs


def test_tiny_reads_as_jupytext_reads_it(tiny: Assignment) -> None:
    """The fixture is in the format, too."""
    ours = [(cell.cell_type, cell.source) for cell in read_text(tiny)]
    theirs = [(cell.cell_type, cell.source) for cell in jupytext.read(tiny.text).cells]
    assert ours == theirs


def test_ids_by_role_and_question(tiny: Assignment) -> None:
    """Ids are those that nbgrader's metadata will carry."""
    assert [cell.grade_id for cell in read_text(tiny)] == [
        "prose_1", "setup", "scale", "scale_check", "prose_2", "area", "area_experiment",
        "area_check", "words",
    ]  # fmt: skip


def test_lines_are_those_of_the_file(tiny: Assignment) -> None:
    """A cell's line is where its source begins, whatever blank lines come first."""
    lines = tiny.text.read_text(encoding="utf-8").splitlines()
    for cell in read_text(tiny):
        if cell.cell_type == "code":
            assert lines[cell.line - 1] == cell.source.splitlines()[0]


def test_roles(tiny: Assignment) -> None:
    """Cells without a role are prose; all others say theirs."""
    roles = [cell.role for cell in read_text(tiny)]
    assert roles[0] is CellRole.PROSE
    assert roles[-1] is CellRole.WRITTEN
    assert CellRole.EXPERIMENT in roles


def test_no_text(write_tiny: Callable[..., Assignment]) -> None:
    """A missing file is named."""
    with pytest.raises(TextError, match=r"no .*tiny\.py: the text of assignment 'tiny'"):
        read_text(write_tiny({TEXT: None}))


def test_text_without_cells(write_tiny: Callable[..., Assignment]) -> None:
    """A file without markers is no notebook."""
    with pytest.raises(TextError, match=r"tiny\.py, line 1: expected a cell marker"):
        read_text(write_tiny({TEXT: "print(1)\n"}))


MISTAKES = {
    "marker": (
        '# %% role="check" question="area"', "# %% role=check",
        r"line 51: not understood: '# %% role=check'; a marker is",
    ),
    "unknown option": (
        'role="provided" name="setup"', 'rol="provided"',
        r"line 14: unknown option 'rol'; known: role, question, name",
    ),
    "unknown role": (
        'role="provided" name="setup"', 'role="given"',
        r"line 14: unknown role 'given'; known: prose, provided, solution, check",
    ),
    "no role": ('# %% role="provided" name="setup"', "# %%", r"a code cell needs a role"),
    "role of a student's cell": ('"provided" name="setup"', '"own"', r"unknown role 'own'"),
    "code for prose": (
        '# %% role="experiment" question="area"', '# %% [markdown] role="experiment"',
        r"code in a \[markdown\] cell: 'for size",
    ),
    "written as code": (
        '# %% [markdown] role="written"', '# %% role="written"',
        r"a written cell is a \[markdown\] cell",
    ),
    "unknown question": (
        'role="experiment" question="area"', 'role="experiment" question="volume"',
        r"question 'volume' is not in assignment\.toml",
    ),
    "no question": (
        'role="experiment" question="area"', 'role="experiment"',
        r"a experiment cell needs a question",
    ),
    "question of a provided cell": (
        'role="provided" name="setup"', 'role="provided" question="area"',
        r"a provided cell has no question",
    ),
    "check cell with more in it": (
        'check("scale")\n', 'check("scale")\nprint()\n',
        r'a check cell is exactly check\("scale"\)',
    ),
    "id twice": (
        'role="experiment" question="area"', 'role="experiment" question="area" name="setup"',
        r"the id 'setup' is used twice",
    ),
    "id that nbgrader refuses": (
        'name="setup"', 'name="the setup"', r"'the setup' is no id; letters, digits",
    ),
    "missing check": (
        '# %% role="check" question="area"\ncheck("area")\n', "",
        r"question 'area' has 0 cells of role 'check', needs exactly 1",
    ),
    "solution of a written question": (
        '# %% [markdown] role="written"', '# %% role="solution"',
        r"question 'words' has 1 cells of role 'solution', needs exactly 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_named(
    mistake: str, write_tiny: Callable[..., Assignment], files: dict[str, str]
) -> None:
    """Each mistake in the text is an error that says where and what."""
    old, new, message = MISTAKES[mistake]
    assert files[TEXT].count(old) == 1
    with pytest.raises(TextError, match=message):
        read_text(write_tiny({TEXT: files[TEXT].replace(old, new)}))


def test_check_before_its_answer(
    write_tiny: Callable[..., Assignment], files: dict[str, str]
) -> None:
    """A check that stands before its answer would always fail at home."""
    check = '# %% role="check" question="scale"\ncheck("scale")\n'
    answer = '# %% role="solution" question="scale"'
    text = files[TEXT].replace(check, "").replace(answer, f"{check}\n{answer}")
    with pytest.raises(TextError, match=r"the check cell of 'scale' stands where the solution"):
        read_text(write_tiny({TEXT: text}))
