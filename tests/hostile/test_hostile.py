"""Every attack of the catalogue against the real grader, and what it left behind."""

import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.config import Assignment, load_assignment
from autograder.records import SubmissionRecord
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one
from autograder.sample import catalogue
from benchmarks.hostile import impatient

form = catalogue()
CASES = form.load_cases()
pytestmark = pytest.mark.box


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    """ResNet, with less patience: loops cost three seconds each."""
    return impatient(load_assignment("resnet"))


@pytest.fixture(scope="module")
def bench(assignment: Assignment) -> Iterator[Bench]:
    """One judge and one box for the whole catalogue, as a worker has."""
    with Bench(assignment) as made:
        made.prepare()
        yield made


def grade(case: object, bench: Bench, folder: Path) -> SubmissionRecord:
    """The record of one case."""
    made = case.submission(bench.assignment)  # type: ignore[attr-defined]
    place = folder / "submitted" / "mallory" / bench.assignment.id
    form.hand_in(made, place)
    return grade_one(place, bench)


def box_processes(bench: Bench) -> list[str]:
    """Processes on this machine that run as this grader's box user (another has its own)."""
    from autograder.sandbox.launch import FIRST_UID

    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        uid = int(text.split("Uid:")[1].split()[0])
        if uid == FIRST_UID + os.getpid():
            found.append(text.split()[1])
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_ends_as_expected(case: object, bench: Bench, tmp_path: Path) -> None:
    """The attack gains nothing, the record says what happened, and nothing is left running."""
    folder = tmp_path / "course"
    before = len(box_processes(bench))
    started, starts = time.monotonic(), bench.box.starts
    record = grade(case, bench, folder)
    made = case.submission(bench.assignment)  # type: ignore[attr-defined]
    assert form.differs(made, record) == ""
    assert form.unfit(bench.assignment, record, made) == ""
    assert time.monotonic() - started < made.seconds
    assert len(box_processes(bench)) <= max(before, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course"]
    bench.box.fork().kill()
    assert bench.box.starts == starts, "the box itself did not live through it"


def test_honest_after_all_attacks(bench: Bench, tmp_path: Path) -> None:
    """After the whole catalogue the same box grades an honest notebook as if nothing had been."""
    honest = next(case for case in CASES if case.name == "honest_reference")
    before = grade(honest, bench, tmp_path / "a").without_times()
    attacks = ("patched_guest", "global_state", "kill_everyone", "memory_flood")
    for number, name in enumerate(attacks):
        attack = next(case for case in CASES if case.name == name)
        grade(attack, bench, tmp_path / str(number))
    after = grade(honest, bench, tmp_path / "b").without_times()
    assert dataclasses.replace(before, submitted_at="") == dataclasses.replace(
        after, submitted_at=""
    )


def test_catalogue_is_of_the_asked_size() -> None:
    """At least 70 attacks and two honest controls, each saying what it attempts."""
    honest = [case for case in CASES if case.name.startswith("honest")]
    assert len(CASES) - len(honest) >= 70
    assert len(honest) >= 2
    assert all(case.attempt for case in CASES)
