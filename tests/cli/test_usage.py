"""What the commands say to somebody who got something wrong, and how light they are to start."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from autograder.commands import box_holds
from autograder.records import SubmissionRecord, SubmissionStatus
from autograder.runner.bench import Setting
from autograder.runner.journal import Journal, journal_path
from autograder.sandbox import BoxUnavailable, devices

Run = Callable[..., Result]
COMMANDS = [
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback is not None
]
LIGHT = """
import sys
from typer.testing import CliRunner
from autograder.cli import app

for arguments in ([], *([name] for name in {names!r})):
    result = CliRunner().invoke(app, [*arguments, "--help"])
    assert result.exit_code == 0, result.output
print(sorted(name for name in {heavy!r} if name in sys.modules))
"""
HEAVY = ["torch", "numpy", "nbgrader", "nbformat", "sqlalchemy", "jupytext", "pytest", "IPython"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder of its own: exit code and all that it printed."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, list(arguments), catch_exceptions=False, env={"COLUMNS": "200"}
        )

    return invoke


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder in which nobody was graded."""
    folder = tmp_path / "course" / "submitted" / "ada" / "resnet"
    folder.mkdir(parents=True)
    (folder / "resnet.ipynb").write_text("{}", encoding="utf-8")
    return tmp_path / "course"


def usage(result: Result) -> str:
    """What was said on one line, the exit code being that of a mistake in usage."""
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


def test_help_is_light() -> None:
    """No command's --help imports what takes seconds."""
    code = LIGHT.format(names=COMMANDS, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_grading_starts_light() -> None:
    """What takes seconds is imported while workers start, or not at all where nothing is new."""
    heavy = {*HEAVY, "distributed"}
    code = f"import sys, autograder.commands_grade; print({heavy!r} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(run: Run, command: str) -> None:
    """Every command shows how it is called."""
    assert f"autograder {command}" in run(command, "--help").output


def test_nothing_asked(run: Run) -> None:
    """The bare command lists what there is."""
    output = run().output
    assert all(command in output for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [("grade", "resnt"), ("report", "resnt"), ("export", "resnt"), ("release", "resnt"),
     ("sample", "resnt"), ("collect", "x.zip", "resnt"), ("preflight", "resnt")],
)  # fmt: skip
def test_wrong_id(run: Run, course: Path, arguments: tuple[str, ...]) -> None:
    """A close match is offered."""
    said = usage(run(*arguments))
    assert "there is no assignment 'resnt'. Did you mean 'resnet'? Known: " in said


def test_an_id_like_no_other(run: Run, course: Path) -> None:
    """Where nothing is close the known ones are listed."""
    assert "there is no assignment 'zzz'. Known: " in usage(run("report", "zzz"))


@pytest.mark.parametrize("command", ["grade", "report", "export"])
def test_no_course_folder(run: Run, command: str) -> None:
    """The message says what a course folder is and which command makes one."""
    said = usage(run(command, "resnet", "--course", "nowhere"))
    assert "nowhere is no course folder (there is no such folder)." in said
    assert "`autograder release ID --course nowhere` makes" in said


def test_a_folder_that_is_no_course(run: Run, tmp_path: Path) -> None:
    """A folder without submissions says what it lacks."""
    said = usage(run("grade", "resnet", "--course", str(tmp_path)))
    assert "is no course folder (it has no folder 'submitted')" in said


def test_a_file_for_a_course(run: Run, tmp_path: Path) -> None:
    """--course names a folder."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = usage(run("release", "resnet", "--no-preflight", "--course", "file"))
    assert "file is a file; --course names a folder." in said


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--sandbox", "ful"), "--sandbox 'ful' is not one of full, reduced, none."),
        (("--device", "gpu"), "--device 'gpu' is not one of auto, cpu, cuda."),
        (
            ("--device", "cuda"),
            "--device cuda: this machine shows no GPU of NVIDIA's",
        ),
    ],
)
def test_wrong_level_and_device(
    run: Run, course: Path, option: tuple[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message lists what there is."""
    monkeypatch.setattr(devices, "NODES", ("/dev/no-such-card",))
    assert said in usage(run("grade", "resnet", *option))


def test_doctor_tries_a_gpu(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, it is one finding more; where there is none that is told with what to do."""
    monkeypatch.setattr(devices, "NODES", ("/dev/no-such-card",))
    result = run("doctor", "--device", "cuda")
    assert result.exit_code == 1
    assert "NO  full: cuda: " in result.output
    assert "Grade with --device cpu." in result.output
    assert (
        "--device 'gpu' is not one of auto, cpu, cuda." in run("doctor", "--device", "gpu").output
    )
    assert "cuda" not in run("doctor", "--device", "auto").output
    monkeypatch.setattr("autograder.runner.device.device_problem", lambda setting: "")
    result = run("doctor", "--device", "cuda")
    said = "ok  full: cuda: two steps of training were made there; more of it nobody has tried"
    assert said in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("options", "share"),
    [
        (("--workers", "3"), 0.3),
        (("--workers", "3", "--slots", "2"), 0.45),
        (("--scheduler", "tcp://x:1"), 0.9),
    ],
)
def test_submissions_share_a_gpus_memory(
    run: Run, course: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], share: float
) -> None:
    """As many as there are workers, if nothing else is said; a tenth is left for their start."""
    seen: list[Setting] = []

    def grade_assignments(*given: Any, **_: Any) -> int:
        seen.extend(part for part in given if isinstance(part, Setting))
        return 0

    monkeypatch.setattr("autograder.commands_grade.grade_assignments", grade_assignments)
    monkeypatch.setattr("autograder.runner.device.device_problem", lambda setting: "")
    (course / "submitted" / "ada" / "resnet").mkdir(parents=True, exist_ok=True)
    result = run("grade", "resnet", "--device", "cuda", *options)
    assert result.exit_code == 0, result.output
    assert [(setting.device, round(setting.share, 9)) for setting in seen] == [("cuda", share)]
    assert "have never run --device cuda on a GPU" in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["report", "export"])
def test_before_grading(run: Run, course: Path, command: str) -> None:
    """A report of nothing names the command that is missing."""
    said = usage(run(command, "resnet"))
    assert f"nothing of 'resnet' is graded in {course}: autograder grade resnet --course" in said


def decided(course: Path, *students: str) -> None:
    """Records of these students in the journal, as if they had been graded."""
    journal = Journal(journal_path(course, "resnet"))
    for student in students:
        journal.add(
            SubmissionRecord(
                student=student, assignment="resnet", status=SubmissionStatus.GRADED,
                key={"submission": ""}, sandbox="full", device="cpu",
            )
        )  # fmt: skip
    journal.close()


def test_a_renamed_folder_counts_once(run: Run, course: Path) -> None:
    """What is of no folder any more is in neither table nor page, and one line says so."""
    decided(course, "ada", "ada-old", "bob")
    (course / "submitted" / "bob").mkdir()  # who handed in another assignment, say
    table, page = course / "exports" / "resnet.csv", course / "reports" / "resnet.html"
    for command, written in (("export", table), ("report", page)):
        result = run(command, "resnet", "--course", str(course))
        assert (result.exit_code, result.stdout.strip()) == (0, str(written))
        assert result.stderr == (
            "2 records are left out: there is no submitted/<student>/resnet for them any more. "
            "Where a folder was renamed, `autograder grade resnet` grades it under its new name.\n"
        )
    assert [line.split(",")[0] for line in table.read_text().splitlines()] == ["student", "ada"]
    assert "1 submissions;" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["report", "export"])
def test_every_folder_is_gone(run: Run, course: Path, command: str) -> None:
    """One record that is left out; then there is nothing to report."""
    decided(course, "ada-old")
    said = usage(run(command, "resnet", "--course", str(course)))
    assert said.startswith("1 record is left out: there is no submitted/<student>/resnet for it")
    assert "nothing of 'resnet' is graded in" in said


def test_nobody_is_left_out(run: Run, course: Path) -> None:
    """Where every folder is there nothing is said of it; a link in its place is one that is."""
    decided(course, "ada", "eve")
    (course / "submitted" / "eve").mkdir()
    (course / "submitted" / "eve" / "resnet").symlink_to("nowhere")
    result = run("export", "resnet", "--course", str(course))
    assert (result.exit_code, result.stderr) == (0, "")


def test_verify_without_a_sample(run: Run, course: Path) -> None:
    """--verify needs a sample class."""
    said = usage(run("sample", "resnet", "--verify"))
    assert "there is no sample class of 'resnet' in" in said
    assert "make one without --verify" in said


def test_sample_in_the_way_of_real_work(run: Run, course: Path) -> None:
    """A sample class takes nobody's place."""
    (course / "submitted" / "ada").rename(course / "submitted" / "reference")
    assert "Write the sample class into another folder: --course trial" in usage(
        run("sample", "resnet", "-n", "1")
    )


def test_check_without_a_file(run: Run) -> None:
    """A notebook that is not there."""
    told = usage(run("check", "nothing.ipynb"))
    assert "there is no file nothing.ipynb. Give the path of a notebook" in told


def test_check_of_a_renamed_notebook(run: Run, tmp_path: Path) -> None:
    """A notebook's name that names no assignment: the option that does is told."""
    (tmp_path / "homework.ipynb").write_text("{}", encoding="utf-8")
    said = usage(run("check", "homework.ipynb"))
    assert "there is no assignment 'homework'" in said
    assert "autograder check homework.ipynb --assignment ID" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.zip", "nothing.zip does not exist. Give the zip or the folder that"),
        ("damaged.zip", "damaged.zip is neither a zip nor a folder. Other archives"),
        ("empty.zip", "found no student's notebook in empty.zip. Expected a zip or a"),
    ],
)
def test_wrong_archive(run: Run, tmp_path: Path, name: str, said: str) -> None:
    """What an LMS does not hand out is told as such."""
    (tmp_path / "damaged.zip").write_bytes(b"PK no zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    assert said in usage(run("collect", name, "resnet"))


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            "unpack:MAX_ENTRIES",
            "the zip has 2 entries, over 1. Nothing was collected; unpack it, and",
        ),
        (
            "download:MAX_TOTAL",
            "the download holds more than 0 GiB of notebooks and zips. Nothing was",
        ),
    ],
)
def test_downloads_beyond_belief(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, said: str
) -> None:
    """A download over a limit is refused as a whole, with what to do."""
    module, name = limit.split(":")
    monkeypatch.setattr(importlib.import_module(f"autograder.runner.collect.{module}"), name, 1)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ada/resnet.ipynb", '{"cells": []}')
        archive.writestr("bob/resnet.ipynb", '{"cells": []}')
    assert said in usage(run("collect", "all.zip", "resnet"))
    assert not list((tmp_path / "course").glob("submitted/*"))


def test_arguments_in_each_others_place(run: Run, tmp_path: Path) -> None:
    """What is a file is no assignment's name."""
    (tmp_path / "all.zip").write_bytes(b"")
    said = run("collect", "resnet", "all.zip").output
    assert "there is no assignment 'all.zip'. That is a file: are two arguments in each" in said


def test_collect_says_what_it_did(run: Run, tmp_path: Path) -> None:
    """How many were collected, how many kept, and how to replace them."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ada/resnet.ipynb", "{}")
    assert (
        "Read as one folder a student: 1.\n1 collected, 0 kept as they were."
        in run("collect", "all.zip", "resnet").output
    )
    again = run("collect", "all.zip", "resnet").output
    assert "0 collected, 1 kept as they were." in again
    assert "resnet is not released in" in again
    assert "that comes before grading (autograder release resnet --course" in again
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ada/resnet.ipynb", '{"cells": []}')
    assert "--replace takes the new" in run("collect", "all.zip", "resnet").output
    assert (tmp_path / "course/submitted/ada/resnet/resnet.ipynb").is_file()


@pytest.fixture
def no_bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which bubblewrap is not installed."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_without_bubblewrap_nothing_runs(run: Run, course: Path, no_bubblewrap: None) -> None:
    """`grade` refuses with the line that helps; no box, no record, no grade comes of it."""
    before = sorted(course.rglob("*"))
    said = usage(run("grade", "resnet"))
    assert "refusing to grade: the sandbox of level 'full' does not hold on this machine." in said
    assert "sudo apt-get install bubblewrap" in said
    assert "`autograder doctor` tells more." in said
    assert sorted(course.rglob("*")) == before


def test_doctor_without_bubblewrap(run: Run, no_bubblewrap: None) -> None:
    """`doctor` ends with 1, and says what is missing and how to get it; in JSON, too."""
    result = run("doctor")
    assert result.exit_code == 1
    assert "bubblewrap (bwrap) is not installed" in result.output
    assert "sudo apt-get install bubblewrap" in result.output
    told = json.loads(run("doctor", "--json").stdout)
    assert told["level"] != "full"
    first = told["findings"][0]
    assert (first["ok"], "Install it" in first["remedy"]) == (False, True)


def test_release_asks_the_database_first(run: Run, course: Path) -> None:
    """What nbgrader would say after the minutes of a preflight is said before, no password."""
    (course / "nbgrader_config.py").write_text(
        "get_config().CourseDirectory.db_url = 'postgres://u:hunter2@h/d'\n", encoding="utf-8"
    )
    said = usage(run("release", "resnet", "--course", str(course)))
    assert "SQLAlchemy knows no database 'postgres'" in said
    assert "hunter2" not in said
    assert not (course / "source").exists()


def test_a_box_that_cannot_be_had_when_it_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    """It was there when it was tried out: the reason is told, without a traceback."""
    with pytest.raises(typer.Exit) as caught, box_holds():
        raise BoxUnavailable("full", "no memory", "Free some.")
    assert caught.value.exit_code == 1
    assert "no sandbox of level 'full' here: no memory. Free some." in capsys.readouterr().err
