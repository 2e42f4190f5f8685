"""Bulk runs over real submissions in real boxes: resumed, repeated, broken, killed."""

import dataclasses
import json
import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from autograder.build.answers import load_answers
from autograder.config import Assignment, load_assignment
from autograder.records import (
    CellStatus,
    CheckStatus,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one
from autograder.runner.intake import Intake, read_submission
from autograder.runner.journal import CourseBusy, journal_path
from autograder.runner.kernel import Kernel
from autograder.runner.run import CourseError, RunSummary, find_submissions, grade
from autograder.sample import submission

pytestmark = pytest.mark.box
Hand = Callable[..., Path]
ByStudent = Callable[[Iterable[SubmissionRecord]], dict[str, SubmissionRecord]]


@pytest.fixture(scope="module")
def bench(resnet: Assignment) -> Iterator[Bench]:
    """A judge and a box for those tests that leave them as they are."""
    with Bench(resnet) as bench:
        yield bench


@pytest.fixture
def hurried(
    bench: Bench, resnet: Assignment, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Bench]:
    """The same bench with other limits of time for one test."""

    def change(**seconds: float) -> Bench:
        limits = dataclasses.replace(resnet.limits, **seconds)  # type: ignore[arg-type]
        monkeypatch.setattr(bench, "assignment", dataclasses.replace(resnet, limits=limits))
        return bench

    return change


def test_a_class_is_graded_once_and_again_only_where_it_changed(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """Full and no points where due; a second run grades nothing, a third what is new."""
    hand_in("ada", answers)
    hand_in("bob", {})
    hand_in("eve", b"no notebook")
    first = grade(resnet, course, workers=2)
    points = {record.student: record.points for record in first.records}
    full = sum(question.points for question in resnet.questions if not question.manual)
    assert points == {"ada": full, "bob": 0.0, "eve": 0.0}
    assert (first.graded, first.unchanged, first.errors) == (3, 0, 0)
    second = grade(resnet, course, workers=1)
    assert (second.graded, second.unchanged) == (0, 3)
    assert list(second.records) == list(first.records)
    hand_in("bob", answers)
    third = grade(resnet, course, workers=1)
    assert (third.graded, third.unchanged) == (1, 2)
    assert {record.points for record in third.records if record.student == "bob"} == {full}


def test_workers_and_order_change_nothing(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str], by_student: ByStudent
) -> None:
    """One worker or two, the records are equal but for their times."""
    for number, question in enumerate(list(answers)[:4]):
        hand_in(f"student-{number}", {**answers, question: "x = 1"})
    one = by_student(grade(resnet, course, workers=1).records)
    journal_path(course, resnet.id).unlink()
    assert by_student(grade(resnet, course, workers=2).records) == one


def test_a_crash_costs_its_own_question_only(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str], bench: Bench
) -> None:
    """A cell that ends its process is an offender; the others are run again and judged."""
    folder = hand_in("ada", {**answers, "bottleneck": "import os\nos._exit(0)"})
    record = grade_one(folder, bench)
    points = {question.id: question.points for question in record.questions}
    assert points["basic_block"] == resnet.question("basic_block").points
    assert points["bottleneck"] == 0
    assert points["gradient_profile"] == resnet.question("gradient_profile").points
    status = {cell.grade_id: cell.status for cell in record.cells}
    assert status["bottleneck"] is CellStatus.DIED
    assert [fault.code for fault in record.faults] == ["died"]


def test_what_a_student_tries_out_does_not_use_up_the_time_of_what_is_graded(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str], hurried: Callable[..., Bench]
) -> None:
    """Three cells of her own that train for ever cost her nothing but themselves."""
    folder = hand_in("ada", answers)
    path = folder / resnet.notebook
    notebook = json.loads(path.read_text(encoding="utf-8"))
    mine = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    mine["source"] = "while True:\n    pass"
    notebook["cells"][1:1] = [{**mine, "id": f"mine-{number}"} for number in range(3)]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    record = grade_one(folder, hurried(cell_seconds=2.0, own_seconds=3.0))
    assert record.points == sum(q.points for q in resnet.questions if not q.manual)
    own = [cell for cell in record.cells if cell.source == mine["source"]]
    assert [cell.status for cell in own] == ["timeout", "timeout", "not_run"]
    assert own[2].error == "the time for cells of your own was used up"


def test_slow_answers_cost_what_they_would_have_defined(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str], hurried: Callable[..., Bench]
) -> None:
    """Three answers without an end: the others keep their points, though everybody hurries then."""
    slow = ("zero_init", "gradient_profile", "degradation")
    folder = hand_in("ada", {**answers, **dict.fromkeys(slow, "while True:\n    pass")})
    record = grade_one(folder, hurried(cell_seconds=4.0))
    status = {cell.grade_id: (cell.status, cell.error) for cell in record.cells}
    assert [status[question][0] for question in slow] == ["timeout"] * 3
    assert [status[question][1].split(" without")[0] for question in slow] == [
        "stopped after 4 seconds", "stopped after 4 seconds", "stopped after 2 seconds"
    ]  # fmt: skip
    lost = {q.id for q in record.questions if q.points < q.max_points and not q.manual}
    assert lost == set(slow)


def test_what_was_given_is_what_is_checked(tmp_path: Path) -> None:
    """A cell behind ours that gives its names to something else gains nothing."""
    efficientnet = load_assignment("efficientnet")
    answers = load_answers(efficientnet).cells
    still = answers["mbconv"].replace("else branch", "else branch.detach()")
    notebook = json.loads(submission(efficientnet, {**answers, "mbconv": still}))
    ours = next(n for n, c in enumerate(notebook["cells"]) if "def small_net(" in c["source"])
    mine = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    mine["source"] = (
        "def small_net():\n"
        "    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 10))"
    )
    notebook["cells"].insert(ours + 1, {**mine, "id": "mine"})
    folder = tmp_path / "submitted" / "ada" / efficientnet.id
    folder.mkdir(parents=True)
    (folder / efficientnet.notebook).write_text(json.dumps(notebook), encoding="utf-8")
    with Bench(efficientnet) as bench:
        record = grade_one(folder, bench)
    checks = {check.id: check.status for q in record.questions for check in q.checks}
    assert checks["mbconv/same_function"] == "passed"
    assert checks["mbconv/learns"] == "failed"


def test_what_runs_again_after_a_crash_has_no_time_of_its_own(
    hand_in: Hand, resnet: Assignment, answers: dict[str, str], hurried: Callable[..., Bench]
) -> None:
    """Cells that are quick at first and slow when they run again do not keep the others waiting."""
    folder = hand_in("ada", answers)
    path = folder / resnet.notebook
    notebook = json.loads(path.read_text(encoding="utf-8"))
    mine = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    slow = "import os, time\nif os.getpid() > {again}:\n    time.sleep(20)"
    bench = hurried(submission_seconds=4.0)
    kernel = Kernel(bench.box, bench.assignment.limits)
    again = int(kernel.run("import os\nprint(os.getpid())", "").outputs[0]["text"]) + 1
    kernel.close()
    cells = [{**mine, "id": f"mine-{n}", "source": slow.format(again=again)} for n in range(20)]
    notebook["cells"][1:1] = [*cells, {**mine, "id": "end", "source": "import os\nos._exit(1)"}]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    started = time.monotonic()
    record = grade_one(folder, bench)
    assert time.monotonic() - started < 200  # the cells alone would sleep for 400
    assert record.status is SubmissionStatus.GRADED


def test_restarts_are_budgeted(hand_in: Hand, answers: dict[str, str], bench: Bench) -> None:
    """Somebody who dies in every cell gets a record that says so, in bounded time."""
    folder = hand_in("ada", dict.fromkeys(answers, "import os\nos._exit(1)"))
    record = grade_one(folder, bench)
    assert record.status is SubmissionStatus.GRADED
    assert record.points == 0
    assert any("ended more than" in cell.error for cell in record.cells)


def test_what_the_box_dies_of_twice_is_the_graders_fault_not_the_students(
    hand_in: Hand, answers: dict[str, str], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception of ours gives grader_error with its message, never a low score."""
    folder = hand_in("ada", answers)
    monkeypatch.setattr("autograder.runner.grade.rebuild", lambda *_: 1 / 0)
    record = grade_one(folder, bench)
    assert record.status is SubmissionStatus.GRADER_ERROR
    assert record.faults[0].blame == "grader"
    assert "ZeroDivisionError" in record.faults[0].message


def test_time_that_runs_out_is_told(
    hand_in: Hand, answers: dict[str, str], hurried: Callable[..., Bench]
) -> None:
    """Points that the clock took are no silent loss."""
    folder = hand_in("ada", answers)
    record = grade_one(folder, hurried(submission_seconds=0.05))
    assert record.status is SubmissionStatus.GRADED
    assert "it ran out of time" in "".join(fault.message for fault in record.faults)


def test_hidden_checks_tell_nothing_of_the_students_words(
    hand_in: Hand, answers: dict[str, str], bench: Bench
) -> None:
    """An exception that carries the hidden input out is reduced to its type."""
    leak = """
class BasicBlock(nn.Module):
    def __init__(self, *args):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        raise ValueError("the hidden input is " + str(x.flatten()[:3].tolist()))
"""
    folder = hand_in("ada", {**answers, "basic_block": leak})
    record = grade_one(folder, bench)
    for question in record.questions:
        for check in question.checks:
            if check.visibility == "hidden":
                words = check.observed + check.got + check.hint + check.expected
                assert "hidden input is" not in words
                assert check.status is not CheckStatus.GRADER_ERROR


def test_folders_that_are_no_course_say_what_to_do(tmp_path: Path, resnet: Assignment) -> None:
    """The message names the command that makes one, or that collects."""
    with pytest.raises(CourseError, match=r"no folder 'submitted'.*autograder release resnet"):
        find_submissions(tmp_path, resnet)
    (tmp_path / "submitted").mkdir()
    with pytest.raises(CourseError, match=r"nobody handed in 'resnet'.*autograder collect"):
        find_submissions(tmp_path, resnet)


def test_nobody_grades_while_another_run_writes(
    course: Path, hand_in: Hand, resnet: Assignment
) -> None:
    """What one run writes last is of the newest records."""
    hand_in("ada", b"no notebook")
    told: list[str] = []

    def finish(summary: RunSummary) -> None:
        with pytest.raises(CourseBusy, match="another run is grading into") as caught:
            grade(resnet, course)
        told.append(f"{summary.graded}: {caught.value}")

    grade(resnet, course, finish=finish)
    assert told[0].startswith("1: another run")


def test_the_same_bytes_are_not_parsed_again(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A file is known by its bytes; one that was saved again, by what its cells say."""
    path = hand_in("ada", answers) / resnet.notebook
    grade(resnet, course)
    parsed: list[Path] = []

    def read(folder: Path, assignment: Assignment) -> Intake:
        parsed.append(folder)
        return read_submission(folder, assignment)

    monkeypatch.setattr("autograder.runner.run.read_submission", read)
    assert grade(resnet, course).unchanged == 1
    assert parsed == []
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3))
    assert grade(resnet, course).unchanged == 1
    assert parsed == [path.parent]


def test_what_is_wrong_with_a_course_is_told_while_workers_start(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str]
) -> None:
    """Nothing is graded then, and no worker is left."""
    hand_in("ada", answers)
    starting: list[multiprocessing.process.BaseProcess] = []

    def complain() -> None:
        starting.extend(multiprocessing.active_children())
        raise CourseError("the course is not released")

    with pytest.raises(CourseError, match="not released"):
        grade(resnet, course, meanwhile=complain)
    assert [worker.exitcode for worker in starting] == [-signal.SIGKILL]
    assert not journal_path(course, resnet.id).read_text()
    assert grade(resnet, course).graded == 1
    with pytest.raises(CourseError, match="not released"):  # nothing is left to grade
        grade(resnet, course, meanwhile=complain)


def test_a_worker_ends_when_its_runner_died_before_it_was_ready(resnet: Assignment) -> None:
    """It asks for a signal at its parent's death, and looks whether that has been already."""
    toml, nobody = str(resnet.folder / "assignment.toml"), 1
    code = (
        "from autograder.runner.bench import Setting\n"
        "from autograder.runner.executors import _become_worker\n"
        f"_become_worker({toml!r}, Setting(), 0, {nobody})\n"
        "print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
