"""What grading writes down: frozen dataclasses with a versioned JSON form.

Every renderer (terminal, feedback, class report, gradebook, ``--json``) reads these records and
nothing else. Standard library only, so that any room may import them.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

SCHEMA = 1
"""Version of the JSON form; raised whenever a field changes its meaning."""

R = TypeVar("R")


class RecordError(ValueError):
    """A JSON document is not a record of this schema."""


class CheckStatus(enum.StrEnum):
    """How one check ended. Only ``PASSED`` earns points."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"  # a check it needs did not pass, so it was not run
    GRADER_ERROR = "grader_error"  # our fault: never charged to the student, retried alone


class SubmissionStatus(enum.StrEnum):
    """How one submission ended."""

    GRADED = "graded"
    UNREADABLE = "unreadable"  # the file is no notebook of this assignment: no points, says why
    GRADER_ERROR = "grader_error"


class Visibility(enum.StrEnum):
    """Whether students have a check at home."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class Blame(enum.StrEnum):
    """Whose fault a failure is."""

    NOBODY = ""
    SUBMISSION = "submission"
    ASSIGNMENT = "assignment"
    GRADER = "grader"


class CellRole(enum.StrEnum):
    """What a cell is in the assignment; ``OWN`` cells were added by the student."""

    PROSE = "prose"
    PROVIDED = "provided"  # locked code that we give
    SOLUTION = "solution"
    CHECK = "check"
    EXPERIMENT = "experiment"  # kept and shown, never executed when graded
    WRITTEN = "written"  # graded by hand
    OWN = "own"


class CellStatus(enum.StrEnum):
    """What happened to a cell in the box."""

    RAN = "ran"
    RAISED = "raised"
    TIMEOUT = "timeout"
    DIED = "died"  # it ended its process (os._exit, a crash, the memory limit)
    NOT_RUN = "not_run"  # prose, check cells, experiments, and all that follows a spent budget


@dataclass(frozen=True, kw_only=True)
class CheckRecord:
    """One check on one submission.

    ``id`` is ``question/name``. ``observed``, ``expected``, ``got`` and ``hint`` are what the
    student reads. Of a hidden check they may tell arguments that were drawn for a rule, never the
    values of weights or images.
    """

    id: str
    question: str
    title: str
    visibility: Visibility
    status: CheckStatus
    points: float
    max_points: float
    observed: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    blame: Blame = Blame.NOBODY
    blocked_by: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A named mistake: the submission behaves as this known wrong variant does.

    ``evidence`` is "same function" where a comparison said so, "same failures" where only the words
    of what failed do.
    """

    misconception: str
    says: str
    evidence: str = "same function"


@dataclass(frozen=True, kw_only=True)
class QuestionRecord:
    """One question on one submission: ``points`` is the sum over its checks.

    ``follows`` is the earlier question whose named mistake explains all that failed here.
    """

    id: str
    title: str
    points: float
    max_points: float
    manual: bool = False
    checks: tuple[CheckRecord, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    follows: str = ""


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """One cell as it was run, with what it printed (nbformat 4 outputs, already capped)."""

    grade_id: str
    cell_type: str
    role: CellRole
    source: str
    question: str = ""
    status: CellStatus = CellStatus.NOT_RUN
    outputs: tuple[dict[str, Any], ...] = ()
    error: str = ""  # "NameError: name 'x' is not defined", when RAISED
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Something odd that cost nothing: an edited locked cell, a duplicate, a renamed notebook."""

    code: str
    message: str
    cell: str = ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that went wrong outside the checks, and whose fault it is."""

    code: str
    message: str
    blame: Blame
    cell: str = ""


@dataclass(frozen=True, kw_only=True)
class SubmissionRecord:
    """All that grading decided on one submission of one student.

    ``key`` holds what the verdict depends on (digests of submission, checks, solutions and
    environment; device; sandbox level). ``seconds`` holds times by phase: two gradings of the same
    code differ there alone (see :meth:`without_times`).
    """

    student: str
    assignment: str
    status: SubmissionStatus
    key: dict[str, str]
    sandbox: str
    device: str
    submitted_at: str = ""  # ISO 8601 with zone, from timestamp.txt or the file's time
    file: str = ""  # digest of the graded file's bytes; ``key`` has that of what it says
    questions: tuple[QuestionRecord, ...] = ()
    cells: tuple[CellRecord, ...] = ()
    flags: tuple[Flag, ...] = ()
    faults: tuple[Fault, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def points(self) -> float:
        """Automatic points earned."""
        return sum(question.points for question in self.questions)

    @property
    def max_points(self) -> float:
        """Automatic points that could be earned."""
        return sum(question.max_points for question in self.questions if not question.manual)

    def without_times(self) -> SubmissionRecord:
        """The record with every time set to zero: what two gradings of the same code share."""
        questions = tuple(
            dataclasses.replace(
                question,
                checks=tuple(dataclasses.replace(check, seconds=0.0) for check in question.checks),
            )
            for question in self.questions
        )
        cells = tuple(dataclasses.replace(cell, seconds=0.0) for cell in self.cells)
        return dataclasses.replace(self, questions=questions, cells=cells, seconds={})


def to_json(record: SubmissionRecord) -> str:
    """One line of JSON, keys in field order, so that equal records are equal bytes.

    It can always be encoded: a lone surrogate, which no file can hold, becomes a question mark.
    """
    text = json.dumps(record, default=vars, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def from_json(text: str) -> SubmissionRecord:
    """The record that :func:`to_json` wrote.

    Raises:
        RecordError: the text is not JSON, not of this schema, or has missing or unknown fields.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise RecordError(f"expected a submission record of schema {SCHEMA}, got {found!r}")
    return _build(SubmissionRecord, document)


def _build(kind: type[R], document: dict[str, Any]) -> R:
    """Rebuild one dataclass, its nested records included; what it is built of is used up."""
    values = document
    try:
        for name, read in _readers(typing.cast(Any, kind)):  # to mypy a type[R] is not Hashable
            if name in values:
                values[name] = read(values[name])
        return kind(**values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"not a {kind.__name__}: {error}") from error


@functools.cache
def _readers(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """How the JSON of a field becomes its value, of those that are not taken as they are.

    Looked up once a class: a bulk run reads thousands of records, each of hundreds of parts.
    """
    found = ((name, _reader(hint)) for name, hint in typing.get_type_hints(kind).items())
    return tuple((name, read) for name, read in found if read is not None)


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    origin = typing.get_origin(hint)
    if origin is tuple:
        read = _reader(typing.get_args(hint)[0])
        return tuple if read is None else lambda values: tuple([read(value) for value in values])
    if dataclasses.is_dataclass(hint):
        return functools.partial(_build, typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        members = {member.value: member for member in hint}
        return lambda value: members.get(value) or hint(value)  # which says what is wrong
    if origin in (None, dict, types.UnionType):
        return None
    raise RecordError(f"no rule to read a field of type {hint}")
