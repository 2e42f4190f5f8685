"""The notebook as text: cells with roles, in jupytext's percent format.

A cell's marker carries our metadata: ``# %% role="solution" question="basic_block"``. Only the
roles of :class:`~autograder.records.CellRole` occur; prose needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.config import Assignment
from autograder.records import CellRole


class TextError(ValueError):
    """An assignment's text is not as it should be; the assignment's fault."""


@dataclass(frozen=True)
class TextCell:
    """One cell of the text; ``grade_id`` is what nbgrader knows it by."""

    grade_id: str
    role: CellRole
    question: str
    cell_type: str
    source: str


def read_text(assignment: Assignment) -> tuple[TextCell, ...]:
    """The cells of an assignment's text, slots still empty.

    Raises:
        TextError: no such file, an unknown role or question, a check cell that is not
            ``check("question")``, or a question without its cells.
    """
    import jupytext

    if not assignment.text.is_file():
        raise TextError(f"no {assignment.text}: the text of assignment {assignment.id!r}")
    notebook = jupytext.read(assignment.text)
    cells = tuple(_cells(assignment, notebook.cells))
    for question in assignment.questions:
        roles = [cell.role for cell in cells if cell.question == question.id]
        wanted = (CellRole.WRITTEN,) if question.manual else (CellRole.SOLUTION, CellRole.CHECK)
        for role in wanted:
            if roles.count(role) != 1:
                raise TextError(
                    f"{assignment.text.name}: question {question.id!r} has {roles.count(role)} "
                    f"cells of role {role.value!r}, needs exactly one"
                )
    return cells


def _cells(assignment: Assignment, cells: list) -> Iterator[TextCell]:  # type: ignore[type-arg]
    counts = {CellRole.PROSE: 0, CellRole.PROVIDED: 0}
    for number, cell in enumerate(cells, start=1):
        where = f"{assignment.text.name}, cell {number}"
        try:
            role = CellRole(cell.metadata.get("role", CellRole.PROSE))
        except ValueError as error:
            known = ", ".join(role.value for role in CellRole)
            raise TextError(f"{where}: {error}; known roles: {known}") from error
        question = cell.metadata.get("question", "")
        if question and question not in {asked.id for asked in assignment.questions}:
            raise TextError(f"{where}: question {question!r} is not in assignment.toml")
        if role is CellRole.CHECK and cell.source.strip() != f'check("{question}")':
            raise TextError(f'{where}: a check cell is exactly check("{question}")')
        if role in counts:
            counts[role] += 1
        names = {
            CellRole.SOLUTION: question,
            CellRole.WRITTEN: question,
            CellRole.CHECK: f"{question}_check",
            CellRole.EXPERIMENT: f"{question}_experiment",
        }
        default = f"{role.value}_{counts.get(role, number)}"
        grade_id = cell.metadata.get("name") or names.get(role, default)
        yield TextCell(grade_id, role, question, cell.cell_type, cell.source)
