"""One submission from its folder to its record. Whatever it holds, a record comes out."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.config import Question
from autograder.judge import Sitting
from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    CellStatus,
    CheckStatus,
    Fault,
    Flag,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.runner.again import NOTHING, Kept
from autograder.runner.bench import Bench
from autograder.runner.cells import RunCell, given_again, rebuild
from autograder.runner.intake import Intake, read_submission
from autograder.runner.journal import BUSY, OUT_OF_TIME
from autograder.runner.kernel import Kernel, Ran
from autograder.runner.pauses import pauses
from autograder.runner.whose import not_this_one, resembled
from autograder.sandbox import BoxUnavailable
from autograder.submission import Submission

RUN_ROLES = (CellRole.PROVIDED, CellRole.SOLUTION, CellRole.OWN)


def grade_one(folder: Path, bench: Bench, kept: Kept | None = None) -> SubmissionRecord:
    """Grade ``submitted/<student>/<assignment>``, except for verdicts that are ``kept``.

    What goes wrong on our side becomes a record of status ``grader_error``, never a low score.

    Raises:
        BoxUnavailable: the box is gone, and no other can be started.
    """
    started = time.perf_counter()
    return grade_intake(read_submission(folder, bench.assignment), bench, kept, started)


def grade_intake(
    intake: Intake, bench: Bench, kept: Kept | None = None, started: float | None = None
) -> SubmissionRecord:
    """The same for a submission that was read already, since ``started``."""
    started = time.perf_counter() if started is None else started
    try:
        if intake.faults:
            return _unreadable(intake, bench)
        holds = (kept or NOTHING).under(_key(intake, bench))
        return _grade(intake, bench, holds, started)
    except BoxUnavailable:
        raise  # of this worker, not of this submission: another worker may grade it
    except Exception as error:
        bench.box.close()
        lines = traceback.format_exception(error)
        message = f"{type(error).__name__}: {error} | {''.join(lines)[-1200:]}"
        fault = Fault(code="grader", message=message, blame=Blame.GRADER)
        return _record(intake, bench, SubmissionStatus.GRADER_ERROR, faults=(fault,))


def _grade(
    intake: Intake, bench: Bench, kept: Kept, started: float, device: str = ""
) -> SubmissionRecord:
    """Grade what can be read, training on ``device`` or else on the setting's.

    What does not pass everything where it was trained on a GPU is graded again on the CPU, from its
    start: a card that fails, is full or slow, or draws other random numbers, takes no point.
    """
    device = device or bench.setting.device
    standing, began = pauses(), time.monotonic()
    cells, flags = rebuild(bench.master, intake.cells, bench.assignment)
    strange, flags = _strange(intake, bench, flags)
    read = time.perf_counter()
    kernel = Kernel(bench.box, bench.assignment.limits, device)
    try:
        sitting = bench.judge.sitting(Submission(kernel.transport, deferring=True))
        sitting.results.update(kept.results())
        forked = time.perf_counter()
        again = given_again(cells)
        run = [
            _run_cell(cell, kernel, sitting, kept, again.get(number, ()))
            for number, cell in enumerate(cells)
        ]
    finally:
        kernel.close()
    ended = time.perf_counter()
    judged = {record.id: record for _, record in run if record is not None}
    questions = tuple(_question(question, judged) for question in bench.assignment.questions)
    if device != "cpu" and (kernel.faults or not _all_passed(questions)):
        return _grade(intake, bench, kept, time.perf_counter(), "cpu")
    broken = [c for q in questions for c in q.checks if c.status is CheckStatus.GRADER_ERROR]
    faults = (
        strange
        + kernel.faults
        + _stood_still(kernel.faults, standing.since(began))
        + tuple(
            Fault(code="check", message=f"{c.id}: {c.observed}", blame=Blame.GRADER) for c in broken
        )
    )
    checks = sum(c.seconds for q in questions for c in q.checks)
    seconds = {  # as if all had been run now: what a submission costs, not what this run did
        "intake": read - started,
        "start": forked - read,
        "checks": checks,
        "rest": ended - forked - checks + kept.seconds,
        "total": time.perf_counter() - started + kept.seconds,
    }
    return replace(
        _record(
            intake,
            bench,
            SubmissionStatus.GRADER_ERROR if broken else SubmissionStatus.GRADED,
            faults=faults,
            flags=flags,
        ),
        questions=questions,
        cells=tuple(cell for cell, _ in run),
        seconds=seconds,
        device=device,
    )


def _all_passed(questions: Sequence[QuestionRecord]) -> bool:
    return all(check.status is CheckStatus.PASSED for q in questions for check in q.checks)


def _stood_still(faults: Sequence[Fault], seconds: float) -> tuple[Fault, ...]:
    """Said of one that lost time while we stood still: it is to be tried once more."""
    if not seconds or not any(fault.code == OUT_OF_TIME for fault in faults):
        return ()
    message = (
        f"grading stood still for {seconds:.0f} s meanwhile (a terminal's Ctrl-Z, a batch system), "
        "so the lost time may not be the submission's fault: it is tried again"
    )
    return (Fault(code=BUSY, message=message, blame=Blame.GRADER),)


def _strange(
    intake: Intake, bench: Bench, flags: tuple[Flag, ...]
) -> tuple[tuple[Fault, ...], tuple[Flag, ...]]:
    """A notebook without any of our answers: one sentence for all the cells that it has not.

    Where its cells are those of another assignment, what was recognised by its content (a function
    called as one of ours) does not make it our notebook.
    """
    missing = {flag.cell for flag in flags if flag.code == "missing"}
    answers = {cell.grade_id for cell in bench.master if cell.role is CellRole.SOLUTION}
    ids = {cell.grade_id for cell in intake.cells} - {""}
    other = "" if answers & ids else resembled(ids.__contains__, bench.assignment)
    if not answers <= missing and not other:
        return (), flags
    said = not_this_one(bench.assignment, other)
    fault = Fault(code="other_notebook", message=said, blame=Blame.SUBMISSION)
    return (fault,), tuple(flag for flag in flags if flag.code != "missing")


def _run_cell(
    cell: RunCell, kernel: Kernel, sitting: Sitting, kept: Kept, again: Sequence[RunCell]
) -> tuple[CellRecord, QuestionRecord | None]:
    """Run one cell in the box, or put its question's checks to the submission.

    Before the checks, ``again`` is run once more: what we gave is what is checked.
    """
    record = CellRecord(
        grade_id=cell.grade_id, cell_type=cell.cell_type, role=cell.role,
        question=cell.question, source=cell.source,
    )  # fmt: skip
    if cell.role is CellRole.CHECK:
        for given in again:
            kernel.run(given.source, given.grade_id)
        if cell.question in kept.questions:
            return record, sitting.keep(kept.questions[cell.question])
        return record, sitting.run(cell.question)
    if cell.cell_type != "code" or cell.role not in RUN_ROLES or not cell.source.strip():
        return record, None
    ran: Ran = kernel.run(cell.source, cell.grade_id, own=cell.role is CellRole.OWN)
    return (
        replace(
            record, status=ran.status, outputs=ran.outputs, error=ran.error, seconds=ran.seconds
        ),
        None,
    )


def _question(question: Question, judged: dict[str, QuestionRecord]) -> QuestionRecord:
    if question.id in judged:
        return judged[question.id]
    return QuestionRecord(
        id=question.id,
        title=question.title,
        points=0.0,
        max_points=question.points,
        manual=question.manual,
    )


def _unreadable(intake: Intake, bench: Bench) -> SubmissionRecord:
    """No points, and the reason; the questions are there so that it has its rows everywhere."""
    ours = any(fault.blame is Blame.GRADER for fault in intake.faults)
    status = SubmissionStatus.GRADER_ERROR if ours else SubmissionStatus.UNREADABLE
    record = _record(intake, bench, status, faults=intake.faults)
    questions = tuple(_question(question, {}) for question in bench.assignment.questions)
    cells = tuple(
        CellRecord(
            grade_id=cell.grade_id, cell_type=cell.cell_type, role=cell.role,
            question=cell.question, source=cell.source, status=CellStatus.NOT_RUN,
        )
        for cell in bench.master
    )  # fmt: skip
    return replace(record, questions=questions, cells=cells)


def _key(intake: Intake, bench: Bench) -> dict[str, str]:
    """All that the verdict depends on."""
    return {"submission": intake.digest[:16], **bench.key}


def _record(
    intake: Intake,
    bench: Bench,
    status: SubmissionStatus,
    *,
    faults: tuple[Fault, ...] = (),
    flags: tuple[Flag, ...] = (),
) -> SubmissionRecord:
    return SubmissionRecord(
        student=intake.student,
        assignment=bench.assignment.id,
        status=status,
        key=_key(intake, bench),
        sandbox=str(bench.setting.level),
        device=bench.setting.device,
        submitted_at=intake.submitted_at,
        file=intake.file,
        flags=(*intake.flags, *flags),
        faults=faults,
    )
