"""Collecting twice, replacing, and what is left when it cannot be written: nothing is lost."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.runner.collect import CollectError, CollectSummary, collect

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]


def written(course: Path) -> dict[str, bytes]:
    """All files of the course, by path."""
    files = sorted(path for path in course.rglob("*") if path.is_file())
    return {str(path.relative_to(course)): path.read_bytes() for path in files}


@pytest.fixture
def first(pack: Zip, work: Work, gather: Collect) -> CollectSummary:
    """Ada and Bob were collected."""
    return gather(pack({f"{who}/resnet.ipynb": work(who) for who in ("ada", "bob")}))


@pytest.fixture
def second(pack: Zip, work: Work, first: CollectSummary) -> Path:
    """A later download: Ada's as before, Bob's anew, Cyr for the first time."""
    files = {"ada": work("ada"), "bob": work("bob again"), "cyr": work("cyr")}
    return pack({f"{who}/resnet.ipynb": data for who, data in files.items()}, "second.zip")


def test_twice_is_once(pack: Zip, first: CollectSummary, gather: Collect, course: Path) -> None:
    """The same download again changes nothing, with --replace neither."""
    before = written(course)
    for replace in (False, True):
        again = gather(course.parent / "download.zip", replace=replace)
        assert (again.collected, again.kept, again.notes) == (0, 2, ())
        assert written(course) == before


def test_what_was_collected_is_kept(second: Path, gather: Collect, taken: Taken) -> None:
    """Who is new is added; who handed in anew is told, and kept as before."""
    summary = gather(second)
    assert (summary.collected, summary.kept) == (1, 2)
    assert taken() == {"ada": "ada", "bob": "bob", "cyr": "cyr"}
    assert summary.notes == (
        "1 of those kept are not what was collected before: --replace takes the new",
    )


def test_replaced_is_put_aside(
    second: Path, gather: Collect, taken: Taken, course: Path, work: Work
) -> None:
    """What differs is replaced; what lay there, files beside it included, can be had back."""
    (course / "submitted" / "bob" / "resnet" / "remark.txt").write_text("by hand")
    (course / "submitted" / "zoe" / "resnet").mkdir(parents=True)
    (course / "submitted" / "bob" / "mobilenet").mkdir()
    summary = gather(second, replace=True)
    assert (summary.collected, summary.kept) == (2, 1)
    assert taken() == {"ada": "ada", "bob": "bob again", "cyr": "cyr"}
    aside = course / ".autograder" / "resnet" / "replaced"
    assert summary.notes == (f"1 replaced; what was there before lies in {aside}",)
    assert written(aside) == {"bob/1/remark.txt": b"by hand", "bob/1/resnet.ipynb": work("bob")}
    assert (course / "submitted" / "zoe" / "resnet").is_dir()
    assert (course / "submitted" / "bob" / "mobilenet").is_dir()
    gather(course.parent / "download.zip", replace=True)
    assert sorted(path.name for path in (aside / "bob").iterdir()) == ["1", "2"]
    assert not list(course.glob(".autograder/resnet/collect-*"))


def test_an_old_download(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Replacing what was handed in later by what was handed in earlier is told."""
    name = "1-2 - Ada - Jan {0}, 2026 100 PM/resnet.ipynb"
    gather(pack({name.format(20): work("new")}))
    summary = gather(pack({name.format(10): work("old")}), replace=True)
    assert taken() == {"Ada-1": "old"}
    assert summary.notes[0].startswith("Ada-1: replaced what was handed in later (2026-01-20 ")
    assert summary.notes[0].endswith("); is this an old download?")


def test_replacing_what_is_no_folder(
    second: Path, gather: Collect, taken: Taken, course: Path, tmp_path: Path, work: Work
) -> None:
    """A link in a submission's place is itself put aside; where it leads nothing changes."""
    place = course / "submitted" / "bob" / "resnet"
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    gather(second, replace=True)
    assert taken()["bob"] == "bob again"
    assert not place.is_symlink()
    assert (tmp_path / "elsewhere" / "resnet.ipynb").read_bytes() == work("bob")


def test_something_in_the_way(
    second: Path, gather: Collect, taken: Taken, course: Path
) -> None:  # fmt: skip
    """A file where a student's folder should be: named, with how far it came; then it goes on."""
    (course / "submitted" / "cyr").write_text("")
    with pytest.raises(CollectError) as caught:
        gather(second, replace=True)
    assert str(caught.value) == (
        f"cannot write to the course folder {course}: File exists ({course}/submitted/cyr). Mend "
        "its permissions, move what is in the way or free some space, then run the same command "
        "again. 1 of 3 submissions were written, each of them whole."
    )
    (course / "submitted" / "cyr").unlink()
    assert gather(second, replace=True).collected == 1
    assert taken() == {"ada": "ada", "bob": "bob again", "cyr": "cyr"}


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow over a few bytes: what a full disk does, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_full_disk_is_nobodys_notebook(
    second: Path, work: Work, course: Path, resnet: Assignment, tmp_path: Path, kind: str
) -> None:  # fmt: skip
    """No room is told as such, and nobody is left out for it."""
    source = second if kind == "zip" else tmp_path / "folder"
    if kind == "folder":
        (source / "ada").mkdir(parents=True)
        (source / "ada" / "resnet.ipynb").write_bytes(work("ada again"))
    before = written(course)
    full = pytest.raises(CollectError, match="cannot write to the course folder")
    with no_room(), full as caught:
        collect(source, resnet, course, replace=True)
    assert "File too large" in str(caught.value)
    assert str(caught.value).endswith("then run the same command again. Nothing was collected.")
    assert written(course) == before


@pytest.mark.box
def test_a_course_that_is_read_only(second: Path, course: Path) -> None:
    """A file system that takes no writes, also not by root: exit code 2 and what to do."""
    before = written(course)
    command = [sys.executable, "-m", "autograder.cli", "collect", str(second), "resnet"]
    done = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(course), str(course), *command,
         "--course", str(course)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert f"cannot write to the course folder {course}: Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert written(course) == before
