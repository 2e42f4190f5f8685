"""The cells to run: our master's, with the student's answers, plus the student's own.

A submission cannot move a check, edit what is locked, lose a cell or have it twice to any effect:
each such thing is a flag, and the notebook is what it would have been without.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.build.notebook import MasterCell
from autograder.config import Assignment
from autograder.records import CellRole, Flag
from autograder.runner.intake import StudentCell

MAX_PARSED = 2**20
"""Characters in which answers without metadata are looked for: parsing takes seconds a megabyte."""
CHECK_LINE = re.compile(r"""^\s*check\(\s*["'](\w+)["']\s*\)\s*$""")


@dataclass(frozen=True)
class RunCell:
    """One cell of the rebuilt notebook."""

    grade_id: str
    role: CellRole
    question: str
    cell_type: str
    source: str


def rebuild(
    master: Sequence[MasterCell], cells: Sequence[StudentCell], assignment: Assignment
) -> tuple[tuple[RunCell, ...], tuple[Flag, ...]]:
    """The notebook to run and what was odd about the one handed in.

    The order is the master's; the student's own cells stay behind the master cell that they
    followed.
    """
    flags: list[Flag] = []
    identified = _identify(master, cells, assignment, flags)
    chosen = _choose(master, cells, identified, flags)
    own: dict[int, list[RunCell]] = {}
    anchor = -1
    positions = {cell.grade_id: number for number, cell in enumerate(master)}
    last = -1
    for number, cell in enumerate(cells):
        grade_id = identified[number]
        if grade_id and chosen.get(grade_id) == number:
            anchor = positions[grade_id]
            if anchor < last:
                flags.append(_flag("moved", "this cell was moved; it is put back", grade_id))
            last = max(last, anchor)
        elif _is_own(cell, grade_id, master, positions):
            own.setdefault(anchor, []).append(
                RunCell("", CellRole.OWN, "", cell.cell_type, cell.source)
            )
    rebuilt = list(own.get(-1, []))
    for number, expected in enumerate(master):
        found = chosen.get(expected.grade_id)
        rebuilt.append(_merge(expected, None if found is None else cells[found], flags))
        rebuilt += own.get(number, [])
    return tuple(rebuilt), tuple(flags)


def given_again(cells: Sequence[RunCell]) -> dict[int, list[RunCell]]:
    """By number of a check cell: what was given for its question and may have been redefined.

    Given code between an answer and its check, such as a small network made of the student's
    blocks, is part of what is checked. A student's own cell behind it may give its names to
    something else.
    """
    found: dict[int, list[RunCell]] = {}
    given: list[RunCell] = []
    touched = False
    for number, cell in enumerate(cells):
        if cell.role is CellRole.PROVIDED and cell.cell_type == "code":
            given.append(cell)
        elif cell.role is CellRole.CHECK:
            if touched and given:
                found[number] = given
            given, touched = [], False
        elif cell.role is CellRole.SOLUTION:
            given, touched = [], False
        elif cell.role is CellRole.OWN and cell.cell_type == "code":
            touched = bool(given)
    return found


def _flag(code: str, message: str, cell: str) -> Flag:
    return Flag(code=code, message=message, cell=cell)


def _identify(
    master: Sequence[MasterCell],
    cells: Sequence[StudentCell],
    assignment: Assignment,
    flags: list[Flag],
) -> list[str]:
    """The master cell that each cell is: by its id, else by what it says."""
    known = {cell.grade_id for cell in master}
    by_source = {cell.source.strip(): cell.grade_id for cell in master if cell.source.strip()}
    checks = {cell.question: cell.grade_id for cell in master if cell.role is CellRole.CHECK}
    claimed = {cell.grade_id for cell in cells}
    identified = [cell.grade_id if cell.grade_id in known else "" for cell in cells]
    left = MAX_PARSED
    for number, cell in enumerate(cells):
        if identified[number]:
            continue
        line = CHECK_LINE.match(cell.source)
        guess = by_source.get(cell.source.strip(), "")
        if not guess and line:
            guess = checks.get(line[1], "")
        if not guess and cell.cell_type == "code" and len(cell.source) <= left:
            left -= len(cell.source)
            guess = _defining(cell.source, assignment)
        if guess and guess not in claimed:
            identified[number] = guess
            flags.append(_flag("no_id", "its metadata is gone; recognised by its content", guess))
    return identified


def _defining(source: str, assignment: Assignment) -> str:
    """The question whose names this code defines at its top level."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, say: not the instructor's affair
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    names = {getattr(node, "name", "") for node in tree.body}
    for question in assignment.questions:
        if question.defines and set(question.defines) <= names:
            return question.id
    return ""


def _choose(
    master: Sequence[MasterCell],
    cells: Sequence[StudentCell],
    identified: Sequence[str],
    flags: list[Flag],
) -> dict[str, int]:
    """Of several cells with one id: the last that was worked on, else the first."""
    stubs = {cell.grade_id: cell.source.strip() for cell in master}
    places: dict[str, list[int]] = {}
    for number, grade_id in enumerate(identified):
        if grade_id:
            places.setdefault(grade_id, []).append(number)
    chosen = {}
    for grade_id, numbers in places.items():
        worked = [n for n in numbers if cells[n].source.strip() not in ("", stubs[grade_id])]
        chosen[grade_id] = worked[-1] if worked else numbers[0]
        if len(numbers) > 1:
            message = f"there are {len(numbers)} cells of this id; the last one worked on counts"
            flags.append(_flag("duplicate", message, grade_id))
    return chosen


def _is_own(
    cell: StudentCell, grade_id: str, master: Sequence[MasterCell], positions: dict[str, int]
) -> bool:
    """Whether a cell that stands for no master cell is kept and run as the student's own.

    Copies of locked cells are dropped; copies of answers are run in their place, as the student's
    notebook does.
    """
    if not grade_id:
        return True
    return not master[positions[grade_id]].locked and cell.cell_type == "code"


def _merge(expected: MasterCell, found: StudentCell | None, flags: list[Flag]) -> RunCell:
    """One master cell with the student's answer in it, where it takes one."""
    source = expected.source
    if found is None:
        flags.append(
            _flag("missing", "this cell is not in the notebook; it is put back", expected.grade_id)
        )
    elif expected.locked:
        if found.source.strip() != source.strip() and expected.role is not CellRole.PROSE:
            message = "this locked cell was edited; ours is used"
            flags.append(_flag("edited", message, expected.grade_id))
    else:
        source = found.source
        if found.cell_type != expected.cell_type:
            message = (
                f"it was turned into a {found.cell_type} cell; it is a {expected.cell_type} cell"
            )
            flags.append(_flag("retyped", message, expected.grade_id))
    return RunCell(expected.grade_id, expected.role, expected.question, expected.cell_type, source)
