"""Every attack of the catalogue against the real grader, and what it left behind."""

import dataclasses
import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from autograder.config import Assignment, load_assignment
from autograder.records import SubmissionRecord
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one


def load_form() -> ModuleType:
    """The form of the catalogue, which lies beside this file."""
    spec = importlib.util.spec_from_file_location(
        "hostile_form", Path(__file__).with_name("form.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


form = load_form()
CASES = form.load_cases()
pytestmark = pytest.mark.box


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    """ResNet, with less patience: loops cost two seconds each."""
    found = load_assignment("resnet")
    limits = dataclasses.replace(found.limits, cell_seconds=3.0, check_seconds=3.0)
    return dataclasses.replace(found, limits=limits)


@pytest.fixture(scope="module")
def bench(assignment: Assignment) -> Iterator[Bench]:
    """One judge and one box for the whole catalogue, as a worker has."""
    with Bench(assignment) as made:
        made.prepare()
        yield made


def hand_in(case: object, assignment: Assignment, folder: Path) -> Path:
    """Write a case's files as a submission."""
    made = case.submission(assignment)  # type: ignore[attr-defined]
    place = folder / "submitted" / "mallory" / assignment.id
    place.mkdir(parents=True)
    for name, data in made.files.items():
        if name.endswith("/"):
            (place / name).mkdir()
        else:
            (place / name).write_bytes(data)
    for name, target in made.links.items():
        (place / name).symlink_to(target)
    return place


def grade(case: object, bench: Bench, folder: Path) -> SubmissionRecord:
    """The record of one case."""
    return grade_one(hand_in(case, bench.assignment, folder), bench)


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
