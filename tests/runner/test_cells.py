"""Rebuilding notebooks: whatever was done to the form, the run is our master with their answers."""

from pathlib import Path

import pytest

from autograder.build.notebook import MasterCell
from autograder.config import Assignment, Question
from autograder.records import CellRole
from autograder.runner.cells import MAX_PARSED, RunCell, given_again, rebuild
from autograder.runner.intake import StudentCell

MASTER = (
    MasterCell("prose_1", CellRole.PROSE, "", "markdown", "# Title"),
    MasterCell("setup", CellRole.PROVIDED, "", "code", "import math"),
    MasterCell(
        "one", CellRole.SOLUTION, "one", "code", "def one():\n    raise NotImplementedError()"
    ),
    MasterCell("one_check", CellRole.CHECK, "one", "code", 'check("one")', 2.0),
    MasterCell(
        "two", CellRole.SOLUTION, "two", "code", "def two():\n    raise NotImplementedError()"
    ),
    MasterCell("two_check", CellRole.CHECK, "two", "code", 'check("two")', 2.0),
    MasterCell("two_experiment", CellRole.EXPERIMENT, "two", "code", "train()"),
    MasterCell("essay", CellRole.WRITTEN, "essay", "markdown", "YOUR ANSWER HERE"),
)
QUESTIONS = (
    Question(id="one", title="One", points=2, defines=("one",)),
    Question(id="two", title="Two", points=2, defines=("two",)),
    Question(id="essay", title="Essay", points=2, manual=True),
)
ASSIGNMENT = Assignment(id="tiny", title="Tiny", questions=QUESTIONS, folder=Path())
ANSWERS = {"one": "def one():\n    return 1", "two": "def two():\n    return 2", "essay": "Words."}


def honest() -> list[StudentCell]:
    """A notebook as it should come back."""
    return [
        StudentCell(cell.cell_type, ANSWERS.get(cell.grade_id, cell.source), cell.grade_id)
        for cell in MASTER
    ]


def run(cells: list[StudentCell]) -> tuple[dict[str, str], list[str], list[RunCell]]:
    """Sources by grade id, flag codes, and all cells of the rebuilt notebook."""
    rebuilt, flags = rebuild(MASTER, cells, ASSIGNMENT)
    by_id = {cell.grade_id: cell.source for cell in rebuilt if cell.grade_id}
    return by_id, [flag.code for flag in flags], list(rebuilt)


def test_an_honest_notebook_comes_back_as_it_is() -> None:
    """No flag, every answer in place, the master's order."""
    by_id, flags, cells = run(honest())
    assert flags == []
    assert [cell.grade_id for cell in cells] == [cell.grade_id for cell in MASTER]
    assert {id: by_id[id] for id in ANSWERS} == ANSWERS


def test_deleted_cells_are_put_back() -> None:
    """Without its check cell a question is still checked; without its answer it is a stub."""
    cells = [cell for cell in honest() if cell.grade_id not in ("one_check", "two")]
    by_id, flags, _ = run(cells)
    assert flags == ["missing", "missing"]
    assert by_id["one_check"] == 'check("one")'
    assert "NotImplementedError" in by_id["two"]


def test_edited_locked_cells_are_ours() -> None:
    """An edited check or setup cell has no effect."""
    cells = honest()
    cells[3] = StudentCell("code", "10.0", "one_check")
    cells[1] = StudentCell("code", "import os", "setup")
    by_id, flags, _ = run(cells)
    assert by_id["one_check"] == 'check("one")'
    assert by_id["setup"] == "import math"
    assert flags == ["edited", "edited"]


@pytest.mark.parametrize("stub_first", [True, False])
def test_of_duplicates_the_one_worked_on_counts(stub_first: bool) -> None:
    """A copied answer cell: the copy that was worked on counts, wherever it stands."""
    cells = honest()
    stub = StudentCell("code", MASTER[2].source, "one")
    cells.insert(2 if stub_first else 3, stub)
    by_id, flags, _ = run(cells)
    assert by_id["one"] == ANSWERS["one"]
    assert flags == ["duplicate"]


def test_duplicated_checks_run_once() -> None:
    """A second check cell is dropped, not run as the student's own code."""
    cells = honest()
    cells.insert(4, StudentCell("code", "print('full marks')", "one_check"))
    _, flags, rebuilt = run(cells)
    assert flags == ["duplicate", "edited"]
    assert not any("full marks" in cell.source for cell in rebuilt)


def test_retyped_answers_are_run_as_code() -> None:
    """An answer turned into Markdown is still the answer."""
    cells = honest()
    cells[2] = StudentCell("markdown", ANSWERS["one"], "one")
    by_id, flags, rebuilt = run(cells)
    assert flags == ["retyped"]
    assert by_id["one"] == ANSWERS["one"]
    assert next(cell for cell in rebuilt if cell.grade_id == "one").cell_type == "code"


def test_moved_cells_are_put_back() -> None:
    """Order is the master's, whatever the notebook's was."""
    cells = honest()
    cells.append(cells.pop(2))
    by_id, flags, rebuilt = run(cells)
    assert flags == ["moved"]
    assert [cell.grade_id for cell in rebuilt] == [cell.grade_id for cell in MASTER]
    assert by_id["one"] == ANSWERS["one"]


def test_stripped_metadata_is_recognised_by_content() -> None:
    """Editors that drop metadata cost nothing: every cell but a written answer is known by text."""
    cells = [StudentCell(cell.cell_type, cell.source) for cell in honest()]
    by_id, flags, rebuilt = run(cells)
    assert by_id["one"] == ANSWERS["one"]
    assert by_id["two"] == ANSWERS["two"]
    assert set(flags) == {"no_id", "missing"}  # nothing tells a written answer by its text
    assert any(cell.source == "Words." for cell in rebuilt)


def test_own_cells_stay_where_they_were() -> None:
    """Helpers run before what they help; cells in front of everything run first."""
    cells = honest()
    cells.insert(0, StudentCell("code", "first = 1"))
    cells.insert(3, StudentCell("code", "helper = 1"))
    _, flags, rebuilt = run(cells)
    sources = [cell.source for cell in rebuilt]
    assert flags == []
    assert sources[0] == "first = 1"
    assert sources[3] == "helper = 1"
    assert rebuilt[3].role is CellRole.OWN


def test_unknown_ids_are_own_cells() -> None:
    """An id that we never gave is no reason to lose a cell."""
    cells = [*honest(), StudentCell("code", "extra = 1", "invented")]
    _, flags, rebuilt = run(cells)
    assert flags == []
    assert rebuilt[-1].source == "extra = 1"


def test_code_that_does_not_parse_is_no_answer_by_content() -> None:
    """Recognition by definition does not trip over syntax errors, nesting or NULs."""
    for source in ("def (", "(" * 5000, "x = '"):
        _, flags, _ = run([StudentCell("code", source)])
        assert flags == ["missing"] * len(MASTER)


def test_an_answer_with_an_odd_escape_is_recognised() -> None:
    """Python warns of it, which is the student's affair: nothing is shown, nothing is lost."""
    cells = [StudentCell("code", 'def one():\n    return "\\d"')]
    by_id, flags, _ = run(cells)
    assert by_id["one"] == cells[0].source
    assert "no_id" in flags


def test_answers_are_looked_for_in_so_much_text() -> None:
    """Parsing takes seconds a megabyte, outside every deadline: there is an end to it."""
    answer = StudentCell("code", ANSWERS["one"])
    long = StudentCell("code", f"x = '{'-' * (MAX_PARSED // 2 - 6)}'")
    assert "no_id" in run([long, answer])[1]
    assert "no_id" not in run([long, long, answer])[1]


def cell(role: CellRole, source: str = "x = 1", question: str = "") -> RunCell:
    """A cell of a rebuilt notebook."""
    return RunCell("", role, question, "code", source)


def test_what_was_given_is_given_again_where_it_may_have_changed() -> None:
    """Only what stands between an answer and its check, and only behind it is the student's own."""
    setup, answer = cell(CellRole.PROVIDED, "import math"), cell(CellRole.SOLUTION, "", "one")
    given, check = cell(CellRole.PROVIDED, "def net(): ..."), cell(CellRole.CHECK, "", "one")
    own, prose = cell(CellRole.OWN, "net = 1"), RunCell("", CellRole.OWN, "", "markdown", "Hm.")
    assert given_again([setup, own, answer, given, check]) == {}
    assert given_again([setup, answer, own, given, prose, check]) == {}
    assert given_again([setup, answer, given, own, check, own, answer, check]) == {4: [given]}
