"""After the edit of a check its question alone is asked again; changed grades are told."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.config import REPOSITORY, Assignment
from autograder.records import (
    Blame,
    CheckRecord,
    CheckStatus,
    Fault,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
    Visibility,
)
from autograder.runner.again import NOTHING, Change, change, is_decided, task
from autograder.runner.bench import QUESTION, Setting, verdict_key
from autograder.runner.journal import BUSY, Journal, journal_path, read_journal

Hand = Callable[..., Path]
KEY = {"submission": "s", QUESTION + "area": "a1", QUESTION + "scale": "s1", "grader": "g"}
FOLDER = Path("submitted/ada/tiny")


def question(id: str, points: float) -> QuestionRecord:
    """A question with one check."""
    status = CheckStatus.PASSED if points else CheckStatus.FAILED
    check = CheckRecord(
        id=f"{id}/is_right", question=id, title="It is right", visibility=Visibility.PUBLIC,
        max_points=2.0, points=points, status=status,
    )  # fmt: skip
    return QuestionRecord(id=id, title=id, points=points, max_points=2.0, checks=(check,))


def record(area: float = 2.0, scale: float = 0.0, **more: object) -> SubmissionRecord:
    """A record of two questions."""
    made = SubmissionRecord(
        student="ada", assignment="tiny", status=SubmissionStatus.GRADED, key=KEY,
        sandbox="full", device="cpu", questions=(question("area", area), question("scale", scale)),
    )  # fmt: skip
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def fault(code: str) -> tuple[Fault, ...]:
    """One fault."""
    return (Fault(code=code, message="m", blame=Blame.SUBMISSION),)


@pytest.mark.parametrize(
    ("made", "submission", "key", "decided"),
    [
        (record(), "s", {}, True),
        (record(), "another", {}, False),
        (record(), "s", {"grader": "h"}, False),
        (record(), "s", {"another": "entry"}, False),
        (record(status=SubmissionStatus.GRADER_ERROR), "s", {}, False),
        (record(faults=fault(BUSY)), "s", {}, False),
        (record(faults=fault("timeout")), "s", {}, True),
    ],
)
def test_what_is_decided(
    made: SubmissionRecord, submission: str, key: dict[str, str], decided: bool, tmp_path: Path
) -> None:
    """The same key, unless it was our own error or a busy machine's."""
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add(made)
    rest = {name: digest for name, digest in KEY.items() if name != "submission"}
    assert is_decided(journal.heads["ada"], submission, {**rest, **key}) is decided
    assert not is_decided(None, submission, {**rest, **key})
    journal.close()


def test_other_verdicts_are_kept() -> None:
    """Where nothing but one question's checks changed; their results count for those that need."""
    asked = task(FOLDER, record(), {**KEY, QUESTION + "scale": "s2"})
    assert asked.kept is not None
    assert asked.kept.questions == {"area": question("area", 2.0)}
    assert asked.kept.results() == {"area/is_right": CheckStatus.PASSED}


def test_a_worker_that_sees_other_files_keeps_nothing() -> None:
    """A check or a submission that changes while the run goes on makes kept verdicts stale."""
    key = {**KEY, QUESTION + "scale": "s2"}
    kept = task(FOLDER, record(), key).kept
    assert kept is not None
    assert kept.under(dict(key)) is kept
    assert kept.under({**key, QUESTION + "area": "a2"}) is NOTHING
    assert kept.under({**key, "submission": "t"}) is NOTHING


@pytest.mark.parametrize(
    ("before", "key"),
    [
        (None, KEY),
        (record(), {**KEY, "submission": "t", QUESTION + "scale": "s2"}),
        (record(), {**KEY, "grader": "h"}),
        (record(), {**KEY, QUESTION + "more": "m1"}),
        (record(status=SubmissionStatus.UNREADABLE), {**KEY, QUESTION + "scale": "s2"}),
        (record(faults=fault("timeout")), {**KEY, QUESTION + "scale": "s2"}),
        (record(status=SubmissionStatus.GRADER_ERROR), KEY),
    ],
)
def test_nothing_is_kept(before: SubmissionRecord | None, key: dict[str, str]) -> None:
    """Of another submission, grader or set of questions, nor where something went wrong."""
    assert task(FOLDER, before, key).kept is None


def test_a_changed_grade() -> None:
    """Told by question; not for another submission, nor where one of the two is no grade."""
    after = record(scale=1.5)
    assert change(record(), after) == Change("ada", 2.0, 3.5, (("scale", 0.0, 1.5),))
    assert change(None, after) is None
    assert change(record(), record()) is None
    assert change(record(), record(area=0.0, scale=2.0)) == Change(
        "ada", 2.0, 2.0, (("area", 2.0, 0.0), ("scale", 0.0, 2.0))
    )
    assert change(record(key={**KEY, "submission": "t"}), after) is None
    assert change(record(status=SubmissionStatus.GRADER_ERROR), after) is None


def test_a_verdict_depends_on_each_question_by_itself(resnet: Assignment) -> None:
    """One entry a question, none for both files together."""
    key = verdict_key(resnet, Setting())
    assert {QUESTION + one.id for one in resnet.questions} <= set(key)
    assert "checks" not in key


@pytest.mark.box
def test_an_edited_check(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str], tmp_path: Path
) -> None:
    """In a checkout of its own: a stricter check costs its points, and runs alone."""
    checkout = tmp_path / "checkout"
    for part in ("autograder", "assignments", "solutions"):
        shutil.copytree(
            REPOSITORY / part,
            checkout / part,
            ignore=shutil.ignore_patterns("__pycache__", ".signatures-*"),
        )
    hand_in("ada", answers)
    hand_in("bob", {})

    def grade() -> str:
        command = [sys.executable, "-c", "from autograder.cli import app; app()", "grade",
                   resnet.id, "--course", str(course)]  # fmt: skip
        done = subprocess.run(
            command, cwd=checkout, capture_output=True, text=True, timeout=240,
            env={**os.environ, "PYTHONPATH": str(checkout)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def records() -> dict[str, SubmissionRecord]:
        return {one.student: one for one in read_journal(journal_path(course, resnet.id))}

    assert "only the questions" not in grade()
    before = records()
    public = checkout / "autograder" / "checks" / "resnet" / "public_blocks.py"
    text = public.read_text(encoding="utf-8")
    assert text.count("cost = 4 * 3 * (9 * 12 * 20") == 1
    public.write_text(
        text.replace("cost = 4 * 3 * (9 * 12 * 20", "cost = 1 + 4 * 3 * (9 * 12 * 20")
    )
    said = grade()
    after = records()
    assert "of 2 only the questions were checked again whose checks changed" in said
    assert "grades of the same submissions that changed since the last run: 1 of 2" in said
    full, less = before["ada"].points, after["ada"].points
    assert less == full - 0.5
    assert f"ada: {full:g} → {less:g} (basic_block 10 → 9.5)" in said
    for student in ("ada", "bob"):
        for old, new in zip(before[student].questions, after[student].questions, strict=True):
            # The seconds of a verdict that was kept are those of the first run, to the last digit.
            assert (old == new) == (old.id != "basic_block" or not old.checks), old.id
    assert "2 unchanged" in grade()
