"""`autograder grade` and what reads its records, on a real course with real boxes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from autograder.commands_grade import SHOWN, _tell_changes, _why
from autograder.config import load_assignment
from autograder.records import (
    Blame,
    Fault,
    SubmissionRecord,
    SubmissionStatus,
    from_json,
)
from autograder.runner.again import Change
from autograder.runner.journal import Journal, Records, journal_path, read_journal
from autograder.runner.run import RunSummary
from autograder.sample import submission

pytestmark = pytest.mark.box


def run(*arguments: str) -> Result:
    """One command, as typed."""
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture(scope="module")
def course(resnet_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released course in which one student left everything out, and one handed in no notebook."""
    resnet = load_assignment("resnet")
    folder = tmp_path_factory.mktemp("cli") / "course"
    shutil.copytree(resnet_course, folder)
    for student, data in (("ada", submission(resnet, {})), ("eve", b"no notebook")):
        place = folder / "submitted" / student / "resnet"
        place.mkdir(parents=True)
        (place / "resnet.ipynb").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def graded(course: Path) -> Result:
    """The first run over it."""
    return run("grade", "resnet", "--course", str(course), "--json", "--workers", "1")


def test_json_is_the_documented_record(graded: Result, course: Path) -> None:
    """One line a submission, readable as records, the same that are kept."""
    records = [from_json(line) for line in graded.stdout.splitlines()]
    assert graded.exit_code == 0  # low scores are no failures
    assert [(record.student, record.status.value) for record in records] == [
        ("ada", "graded"), ("eve", "unreadable"),
    ]  # fmt: skip
    kept = read_journal(journal_path(course, "resnet"))
    assert sorted(kept, key=lambda record: record.student) == records
    assert {record.sandbox for record in records} == {"full"}


def test_again_is_told_as_unchanged(graded: Result, course: Path) -> None:
    """A second run grades nothing and says so."""
    again = run("grade", "resnet", "--course", str(course), "--workers", "1")
    assert again.exit_code == 0
    assert "resnet: 0 graded in" in again.output
    assert "2 unchanged, 1 unreadable, 0 grader errors; 0 notebooks written." in again.output


def test_report_and_export(graded: Result, course: Path) -> None:
    """Both print where they wrote."""
    page, table = course / "reports" / "resnet.html", course / "exports" / "resnet.csv"
    assert run("report", "resnet", "--course", str(course)).stdout.strip() == str(page)
    assert run("export", "resnet", "--course", str(course)).stdout.strip() == str(table)
    assert "class report" in page.read_text(encoding="utf-8")
    with table.open(encoding="utf-8") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["graded", "unreadable"]


def test_an_export_tells_when_the_same_file_came_again(graded: Result, course: Path) -> None:
    """Nothing is graded anew, but who handed in later did."""
    stamp = course / "submitted" / "ada" / "resnet" / "timestamp.txt"
    stamp.write_text("2031-05-06 07:08:09 UTC", encoding="ascii")
    run("export", "resnet", "--course", str(course))
    stamp.unlink()
    with (course / "exports" / "resnet.csv").open(encoding="utf-8") as file:
        ada, _ = csv.DictReader(file)
    assert ada["submitted_at"] == "2031-05-06T07:08:09+00:00"


def test_without_names_what_was_handed_in_is_graded(graded: Result, course: Path) -> None:
    """The others are told, and stop nobody."""
    again = run("grade", "--course", str(course), "--workers", "1")
    assert again.exit_code == 0
    assert "resnet: 0 graded" in again.stdout
    assert "nobody handed in: classic-networks, efficientnet, inception, mobilenet" in again.stderr


def test_nobody_handed_in_anything(course: Path, tmp_path: Path) -> None:
    """A course without submissions names all that was looked for."""
    (tmp_path / "submitted").mkdir()
    result = run("grade", "--course", str(tmp_path))
    assert result.exit_code == 2
    assert "nobody handed in anything that is known" in result.output


def test_a_report_that_cannot_be_written(graded: Result, course: Path) -> None:
    """A file where a folder should be is told with its path."""
    shutil.rmtree(course / "exports", ignore_errors=True)
    (course / "exports").write_text("", encoding="utf-8")
    result = run("export", "resnet", "--course", str(course))
    (course / "exports").unlink()
    assert result.exit_code == 2
    assert "autograder: cannot write" in result.output


def test_another_run_is_under_way(graded: Result, course: Path) -> None:
    """Two runs in one course: the second says that there is a first."""
    journal = Journal(journal_path(course, "resnet"))
    try:
        result = run("grade", "resnet", "--course", str(course))
    finally:
        journal.close()
    assert result.exit_code == 2
    assert "another run is grading into" in result.output


def test_a_damaged_record_stops_what_would_read_it(graded: Result, course: Path) -> None:
    """Each command says which line to delete; nothing is written on the way."""
    path = journal_path(course, "resnet")
    before = path.read_bytes()
    written = course / ".autograder" / "resnet" / "written.jsonl"
    kept = written.read_bytes()
    try:
        written.unlink()
        path.write_bytes(before.replace(b'"cells":[{', b'"cellz":[{', 1))
        for command in ("grade", "report", "export"):
            result = run(command, "resnet", "--course", str(course))
            assert result.exit_code == 2
            assert "is damaged" in result.output
            assert "delete that line and run `autograder grade` again" in result.output
        assert not written.exists()
    finally:
        path.write_bytes(before)
        written.write_bytes(kept)


def test_nobody_handed_in(graded: Result, course: Path, tmp_path: Path) -> None:
    """A course without submissions names the command that collects."""
    (tmp_path / "submitted").mkdir()
    result = run("grade", "resnet", "--course", str(tmp_path))
    assert result.exit_code == 2
    assert "nobody handed in 'resnet'" in result.output


def test_what_was_not_released_is_told_before_grading(graded: Result, course: Path) -> None:
    """Nobody waits for an evening of grading that has nowhere to go."""
    place = course / "submitted" / "ada" / "mobilenet"
    place.mkdir()
    shutil.copy(course / "submitted" / "ada" / "resnet" / "resnet.ipynb", place / "mobilenet.ipynb")
    result = run("grade", "mobilenet", "resnet", "--course", str(course), "--workers", "1")
    assert result.exit_code == 2
    assert "the gradebook does not know the assignment 'mobilenet'" in result.stderr
    assert "resnet: 0 graded" in result.stdout  # what is wrong with one is not the next one's
    assert f"autograder release mobilenet --course {course}" in result.stderr
    assert not journal_path(course, "mobilenet").read_text()
    shutil.rmtree(place)


def test_grader_errors_end_with_one(
    graded: Result, course: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Our own errors are the exit code and are listed; they have no score in the gradebook."""
    record = from_json(graded.stdout.splitlines()[0])
    theirs = Fault(code="timeout", message="a cell took too long", blame=Blame.SUBMISSION)
    ours = Fault(code="grader", message="ZeroDivisionError: ours\nmore", blame=Blame.GRADER)
    broken: SubmissionRecord = replace(
        record, status=SubmissionStatus.GRADER_ERROR, faults=(theirs, ours), questions=(), cells=()
    )
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add(broken)
    journal.close()
    summary = RunSummary(
        journal.select(["ada"]), graded=1, unchanged=0, errors=1, unreadable=0, seconds=2.0,
        left_out=("worker gpu7: no sandbox",),
    )  # fmt: skip

    def broke(*_: object, finish: Callable[[RunSummary], object], **__: object) -> RunSummary:
        finish(summary)
        return summary

    monkeypatch.setattr("autograder.commands_grade.grade", broke)
    result = run("grade", "resnet", "--course", str(course))
    assert result.exit_code == 1
    assert "1 grader errors" in result.output
    assert result.stderr == "a worker got no work: worker gpu7: no sandbox\n"
    assert "grader error: ada: ZeroDivisionError: ours\n" in result.output


def test_whose_grader_error_it_is(graded: Result) -> None:
    """Our own fault before the student's; the student's where there is no other; else unknown."""
    record = from_json(graded.stdout.splitlines()[0])
    theirs = Fault(code="timeout", message="a cell took too long", blame=Blame.SUBMISSION)
    ours = Fault(code="check", message="stem/shape: broke\nmore", blame=Blame.GRADER)
    for faults, told in (
        ((theirs, ours), "stem/shape: broke"),
        ((theirs,), "a cell took too long"),
        ((), "unknown"),
    ):
        assert _why(replace(record, faults=faults)) == told


def test_a_full_disk_keeps_what_was_decided(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """No trace: what to free, and that nothing is lost."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.commands_grade.grade", full)
    result = run("grade", "resnet", "--course", str(course))
    assert result.exit_code == 1
    assert "No space left on device. What was decided before is kept; free some" in result.output


def test_check_of_one_notebook(course: Path) -> None:
    """`check` prints each question's public checks; with --json the record."""
    path = str(course / "release" / "resnet" / "resnet.ipynb")
    result = run("check", path, "--json")
    record = from_json(result.stdout)
    shown = {c.visibility.value for question in record.questions for c in question.checks}
    assert shown == {"public"}
    assert json.loads(result.stdout)["schema"] == 1


def test_changed_grades_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Who, from what to what, in which questions; of very many the first ones and how many more."""
    changes = tuple(
        Change(f"s{number:02}", 50.0, 48.5, (("area", 2.0, 0.5),)) for number in range(SHOWN + 3)
    )
    nobody = Records(Path("journal.jsonl"), [])
    summary = RunSummary(nobody, 50, 0, 0, 0, 9.0, partly=50, changes=changes)
    _tell_changes(summary)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  of 50 only the questions were checked again whose checks changed")
    assert lines[2] == "    s00: 50 → 48.5 (area 2 → 0.5)"
    assert lines[-1] == "    ... and 3 more"
    assert len(lines) == SHOWN + 3
    _tell_changes(RunSummary(nobody, 50, 0, 0, 0, 9.0))
    assert capsys.readouterr().out == ""
