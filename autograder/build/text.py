"""The notebook as text: cells with roles, in jupytext's percent format.

A cell's marker carries our metadata: ``# %% role="solution" question="basic_block"``. Only the
roles of :class:`~autograder.records.CellRole` occur; prose needs none. The part of the format that
assignments use is small, so it is read here: workers start without jupytext and nbformat (0.8 s),
and every message can name a line. A test holds this reader against jupytext.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.config import Assignment
from autograder.records import CellRole

MARKER = re.compile(r'^# %%(?P<markdown> \[markdown\])?(?P<options>(?: \w+="[^"]*")*) *$')
OPTION = re.compile(r'(\w+)="([^"]*)"')
OPTIONS = ("role", "question", "name")
GRADE_ID = re.compile(r"^[a-zA-Z0-9_-]+$")
HEADER = "# ---"

MARKDOWN = (CellRole.PROSE, CellRole.WRITTEN)
OF_A_QUESTION = (CellRole.SOLUTION, CellRole.CHECK, CellRole.EXPERIMENT, CellRole.WRITTEN)
NAMES = {
    CellRole.SOLUTION: "{question}",
    CellRole.WRITTEN: "{question}",
    CellRole.CHECK: "{question}_check",
    CellRole.EXPERIMENT: "{question}_experiment",
}


class TextError(ValueError):
    """An assignment's text is not as it should be; the assignment's fault."""


@dataclass(frozen=True)
class TextCell:
    """One cell of the text; ``grade_id`` is what nbgrader knows it by, ``line`` its first one."""

    grade_id: str
    role: CellRole
    question: str
    cell_type: str
    source: str
    line: int


@dataclass(frozen=True)
class _Raw:
    """One cell as it stands in the file."""

    marker: int
    cell_type: str
    options: dict[str, str]
    source: str
    line: int


def read_text(assignment: Assignment) -> tuple[TextCell, ...]:
    """The cells of an assignment's text, slots still empty.

    Raises:
        TextError: no such file, a marker, role or question that is not understood, an id used
            twice, a check cell that is not ``check("question")``, or a question without its cells.
    """
    path = assignment.text
    if not path.is_file():
        raise TextError(f"no {path}: the text of assignment {assignment.id!r}")
    cells: list[TextCell] = []
    for raw in _raw_cells(path.read_text(encoding="utf-8"), path.name):
        cells.append(_cell(raw, assignment, cells))
    _complete(cells, assignment)
    return tuple(cells)


def _raw_cells(text: str, file: str) -> Iterator[_Raw]:
    """Cut the file at its markers."""
    lines = text.splitlines()
    start = 0
    if lines and lines[0] == HEADER:
        start = lines.index(HEADER, 1) + 1 if HEADER in lines[1:] else len(lines)
    marks = [n for n in range(start, len(lines)) if lines[n].startswith("# %%")]
    before = "".join(lines[start : marks[0] if marks else len(lines)]).strip()
    if before or not marks:
        raise TextError(f"{file}, line {start + 1}: expected a cell marker `# %%` first")
    for first, end in zip(marks, [*marks[1:], len(lines)], strict=True):
        match = MARKER.match(lines[first])
        if match is None:
            raise TextError(
                f"{file}, line {first + 1}: not understood: {lines[first]!r}; a marker is "
                '`# %% [markdown]` or `# %% role="provided" name="setup"`'
            )
        body = lines[first + 1 : end]
        skipped = next((n for n, line in enumerate(body) if line.strip()), 0)
        if match["markdown"]:
            body = [_prose(line, f"{file}, line {first + 2 + n}") for n, line in enumerate(body)]
        options = dict(OPTION.findall(match["options"]))
        kind = "markdown" if match["markdown"] else "code"
        source = "\n".join(body).rstrip().lstrip("\n")
        yield _Raw(first + 1, kind, options, source, first + 2 + skipped)


def _prose(line: str, where: str) -> str:
    """A line of a Markdown cell, without its comment sign."""
    if line.strip() and not line.startswith("#"):
        raise TextError(f"{where}: code in a [markdown] cell: {line!r}")
    return line.removeprefix("#").removeprefix(" ")


def _cell(raw: _Raw, assignment: Assignment, before: Sequence[TextCell]) -> TextCell:
    """A cell with its role, its question and its id."""
    where = f"{assignment.text.name}, line {raw.marker}"
    unknown = sorted(set(raw.options) - set(OPTIONS))
    if unknown:
        raise TextError(f"{where}: unknown option {unknown[0]!r}; known: {', '.join(OPTIONS)}")
    role = _role(raw, where)
    question = raw.options.get("question", "")
    if question and question not in {asked.id for asked in assignment.questions}:
        raise TextError(f"{where}: question {question!r} is not in assignment.toml")
    if (role in OF_A_QUESTION) != bool(question):
        needs = "needs a" if role in OF_A_QUESTION else "has no"
        raise TextError(f"{where}: a {role.value} cell {needs} question")
    if role is CellRole.CHECK and raw.source != f'check("{question}")':
        raise TextError(f'{where}: a check cell is exactly check("{question}")')
    number = 1 + sum(cell.role is role for cell in before)
    default = NAMES.get(role, f"{role.value}_{number}").format(question=question)
    grade_id = raw.options.get("name", default)
    if not GRADE_ID.match(grade_id):
        raise TextError(f"{where}: {grade_id!r} is no id; letters, digits, - and _ are allowed")
    if grade_id in {cell.grade_id for cell in before}:
        raise TextError(f'{where}: the id {grade_id!r} is used twice; give the cell a name="..."')
    return TextCell(grade_id, role, question, raw.cell_type, raw.source, raw.line)


def _role(raw: _Raw, where: str) -> CellRole:
    known = [role for role in CellRole if role is not CellRole.OWN]
    said = raw.options.get("role", CellRole.PROSE)
    if said not in known:
        raise TextError(
            f"{where}: unknown role {said!r}; known: {', '.join(role.value for role in known)}"
        )
    role = CellRole(said)
    if (role in MARKDOWN) != (raw.cell_type == "markdown"):
        if "role" not in raw.options:
            raise TextError(f'{where}: a code cell needs a role, for example role="provided"')
        wanted = "[markdown]" if role in MARKDOWN else "code"
        raise TextError(f"{where}: a {role.value} cell is a {wanted} cell")
    return role


def _complete(cells: Sequence[TextCell], assignment: Assignment) -> None:
    """Every question has its cells, in the order of assignment.toml, answers before checks."""
    file = assignment.text.name
    wanted: list[tuple[str, CellRole]] = []
    for question in assignment.questions:
        roles = [cell.role for cell in cells if cell.question == question.id]
        needed = (CellRole.WRITTEN,) if question.manual else (CellRole.SOLUTION, CellRole.CHECK)
        for role in (CellRole.SOLUTION, CellRole.CHECK, CellRole.WRITTEN):
            if roles.count(role) != (role in needed):
                raise TextError(
                    f"{file}: question {question.id!r} has {roles.count(role)} cells of role "
                    f"{role.value!r}, needs exactly {int(role in needed)}"
                )
        wanted += [(question.id, role) for role in needed]
    graded = (CellRole.SOLUTION, CellRole.CHECK, CellRole.WRITTEN)
    found = [(cell.question, cell.role) for cell in cells if cell.role in graded]
    for (question_id, role), (its_question, its_role) in zip(wanted, found, strict=True):
        if (question_id, role) != (its_question, its_role):
            raise TextError(
                f"{file}: the {its_role.value} cell of {its_question!r} stands where the "
                f"{role.value} cell of {question_id!r} is expected; questions come in the order "
                "of assignment.toml, a check after its answer"
            )
