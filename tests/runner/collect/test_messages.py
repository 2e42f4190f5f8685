"""What is said when nothing can be collected: what was found, and what to do."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect import CollectError, CollectSummary

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Said = Callable[[Path], str]


@pytest.fixture
def said(gather: Collect, course: Path) -> Said:
    """Why nothing was collected; nothing was."""

    def run(source: Path) -> str:
        with pytest.raises(CollectError) as caught:
            gather(source)
        assert not list(course.glob("submitted/*"))
        assert not list(course.glob(".autograder/resnet/*"))
        return str(caught.value)

    return run


def test_no_such_download(said: Said, tmp_path: Path) -> None:
    """A mistyped path, a dangling link, a device, and a path that no file system takes."""
    hint = "Give the zip or the folder that your LMS made."
    (tmp_path / "link").symlink_to("nowhere")
    assert said(tmp_path / "x.zip") == f"{tmp_path}/x.zip does not exist. {hint}"
    assert said(tmp_path / "link") == f"{tmp_path}/link is no file. {hint}"
    assert said(Path("/dev/null")) == f"/dev/null is no file. {hint}"
    assert said(tmp_path / ("x" * 300)).endswith(
        "cannot be read: File name too long. Mend its permissions, or download it again."
    )


def test_no_zip(said: Said, tmp_path: Path, work: Work) -> None:
    """A notebook, nothing, and a page that asks to log in."""
    for name, data, expected in (
        ("resnet.ipynb", work("ada"),
         "is a notebook. Put it into a folder of the student's name, and give the folder above "
         "that."),
        ("empty.zip", b"", "is empty; was the download cut short? Download it again."),
        ("login.zip", b"<!DOCTYPE html>",
         "is neither a zip nor a folder. Other archives (tar, rar, 7z): unpack them into a folder "
         "and give that."),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert said(tmp_path / name) == f"{tmp_path / name} {expected}"


def test_a_download_cut_short(said: Said, pack: Zip, work: Work) -> None:
    """At any length, a zip whose end is missing is told as damaged."""
    download = pack({f"{who}/resnet.ipynb": work(who) for who in ("ada", "bob")})
    whole = download.read_bytes()
    for length in (8, len(whole) // 2, len(whole) - 1):
        download.write_bytes(whole[:length])
        assert said(download) == (
            f"{download} is a damaged zip; was the download cut short? Nothing was collected. "
            "Download it again."
        )


def test_a_zip_of_the_future(said: Said, pack: Zip, work: Work) -> None:
    """One that the standard library does not read is told, not traced."""
    download = pack({"ada/resnet.ipynb": work("ada")})
    data = bytearray(download.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 6] = 99
    download.write_bytes(data)
    assert "is a damaged zip" in said(download)


def test_nothing_in_it(said: Said, pack: Zip, work: Work, tmp_path: Path) -> None:
    """What was expected, and what was found instead."""
    empty = pack({})
    expected = (
        f"found no student's notebook in {empty}. Expected a zip or a folder as your LMS hands it "
        "out: one folder, notebook or zip a student, with notebooks that end in .ipynb. Found:"
    )
    assert said(empty) == f"{expected} nothing like one."
    pack({"Ada_1_assignsubmission_file_/a.pdf": b"", "resnet.ipynb": work("whose")})
    assert said(empty) == (
        f"{expected}\n  resnet.ipynb: no student can be told from its name; put it into a folder "
        "of the student's name\n  Ada-1: handed in no notebook, but a.pdf"
    )
    (tmp_path / "nothing").mkdir()
    assert said(tmp_path / "nothing").endswith("Found: nothing like one.")


def test_the_course_itself(gather: Collect, course: Path, tmp_path: Path) -> None:
    """A folder that holds the course would be collected into itself."""
    course.mkdir()
    with pytest.raises(CollectError) as caught:
        gather(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds the course folder itself. Give the folder of the download alone."
    )
    assert list(course.iterdir()) == []


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("unpack:MAX_ENTRIES", "the zip has 2 entries, over 1. Nothing was collected; unpack it, "
         "and collect the folder in parts."),
        ("download:MAX_TOTAL", "the download holds more than 0 GiB of notebooks and zips. Nothing "
         "was collected; collect it in parts."),
    ],
)  # fmt: skip
def test_more_than_a_class_hands_in(
    said: Said, pack: Zip, work: Work, monkeypatch: pytest.MonkeyPatch, limit: str, expected: str
) -> None:
    """Limits on the whole (lowered here) end it before anything is written."""
    module, name = limit.split(":")
    # The package's function of that name hides the module from the dotted form.
    monkeypatch.setattr(importlib.import_module(f"autograder.runner.collect.{module}"), name, 1)
    assert said(pack({"a/r.ipynb": work("a"), "b/r.ipynb": work("b")})) == expected
