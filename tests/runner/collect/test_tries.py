"""Of several files of a student the one that counts is taken, and the choice is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograder.runner.collect import CollectSummary

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]

ADA, BOB = "Ada_1_assignsubmission_file_", "Bob_2_assignsubmission_file_"


def test_later_upload_counts(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Canvas numbers uploads: the higher number wins, whatever the files are called or dated."""
    summary = gather(
        pack(
            {
                "ada_1_101_resnet-1.ipynb": ((2026, 1, 1), work("second")),
                "ada_1_99_resnet.ipynb": ((2026, 2, 2), work("first")),
                "bob_2_98_resnet.ipynb": work("bob"),
            }
        )
    )
    assert taken() == {"ada-1": "second", "bob-2": "bob"}
    assert summary.notes == (
        "ada-1: 2 notebooks, took ada_1_101_resnet-1.ipynb, the newest of this assignment",
    )


def test_two_notebooks_in_a_folder(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """That of this assignment is taken, though another is newer and has the right name."""
    summary = gather(
        pack(
            {
                f"{ADA}/resnet.ipynb": ((2026, 3, 3), work("notes", ours=False)),
                f"{ADA}/Untitled7.ipynb": ((2026, 1, 1), work("old")),
                f"{ADA}/Untitled8.ipynb": ((2026, 2, 2), work("new")),
                f"{BOB}/resnet (1).ipynb": ((2026, 1, 1), work("copy")),
                f"{BOB}/resnet.ipynb": ((2026, 1, 1), work("bob")),
            }
        )
    )
    assert taken() == {"Ada-1": "new", "Bob-2": "bob"}
    assert summary.notes[0] == (
        f"Ada-1: 3 notebooks, took {ADA}/Untitled8.ipynb, the newest of this assignment"
    )


def test_another_assignment_only(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """A notebook without any of the questions is collected all the same, and told."""
    summary = gather(
        pack({f"{ADA}/x.ipynb": work("other", ours=False), f"{BOB}/resnet.ipynb": work("bob")})
    )
    assert taken() == {"Ada-1": "other", "Bob-2": "bob"}
    assert summary.notes == (
        f"Ada-1: {ADA}/x.ipynb has none of resnet's questions; collected all the same",
    )


def test_what_lies_beside_is_left(
    pack: Zip, work: Work, gather: Collect, course: Path
) -> None:  # fmt: skip
    """Data files, and what macOS, Windows and Jupyter add, are neither taken nor told."""
    extras = (
        "data.csv", "img/plot.png", ".DS_Store", "Thumbs.db", "desktop.ini", "._resnet.ipynb",
        ".ipynb_checkpoints/resnet-checkpoint.ipynb", "__MACOSX/resnet.ipynb", ".git/x.ipynb",
    )  # fmt: skip
    files = {f"{ADA}/{name}": work("extra") for name in extras}
    summary = gather(
        pack(
            {
                **files,
                f"__MACOSX/{ADA}/._resnet.ipynb": b"\x00\x05\x16\x07",
                f"{ADA}/resnet.ipynb": work("ada"),
                f"{BOB}/.DS_Store": b"",
                "Cyr_3_assignsubmission_file_/report.pdf": b"%PDF",
                "Cyr_3_assignsubmission_file_/work.tar.gz": b"\x1f\x8b",
            }
        )
    )
    assert summary.notes == ("Cyr-3: handed in no notebook, but report.pdf, work.tar.gz",)
    written = [path.name for path in course.rglob("submitted/*/*/*")]
    assert written == ["resnet.ipynb"]


def test_zips_of_students(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """A zipped folder, a zip in a zip; what comes after it is not touched."""
    inner = pack(
        {
            "resnet/resnet.ipynb": work("ada"),
            "resnet/data.csv": b"1,2",
            "__MACOSX/resnet/._resnet.ipynb": b"junk",
        },
        "inner.zip",
    ).read_bytes()
    twice = pack({"hand-in.zip": inner}, "twice.zip").read_bytes()
    thrice = pack({"a/b.zip": twice}, "thrice.zip").read_bytes()
    summary = gather(
        pack(
            {
                f"{ADA}/work.zip": inner,
                f"{BOB}/resnet.ipynb": work("bob"),
                "Cyr_3_assignsubmission_file_/work.ZIP": twice,
                "Dan_4_assignsubmission_file_/resnet.ipynb": work("dan"),
                "Eve_5_assignsubmission_file_/work.zip": thrice,
                "Fay_6_assignsubmission_file_/resnet.ipynb": work("fay"),
            }
        )
    )
    assert taken() == {
        "Ada-1": "ada", "Bob-2": "bob", "Cyr-3": "ada", "Dan-4": "dan", "Fay-6": "fay",
    }  # fmt: skip
    assert summary.notes == (
        "Eve_5_assignsubmission_file_/work.zip/a/b.zip/hand-in.zip: a zip in a zip in a zip, left "
        "out",
        "Eve-5: handed in no notebook, but work.zip",
    )


def test_many_zips_in_a_row(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """A class in which everybody zipped their work."""
    files = {
        f"S{n}_{n}_assignsubmission_file_/w.zip": pack(
            {"resnet.ipynb": work(f"s{n}"), "b.ipynb": work("b", ours=False)}, "inner.zip"
        ).read_bytes()
        for n in range(1, 30)
    }
    gather(pack(files))
    assert taken() == {f"S{n}-{n}": f"s{n}" for n in range(1, 30)}


def test_an_empty_notebook(pack: Zip, gather: Collect, course: Path) -> None:
    """A file of no bytes is handed over as it is: the grader tells the student."""
    summary = gather(pack({f"{ADA}/resnet.ipynb": b""}))
    assert summary.collected == 1
    assert (course / "submitted" / "Ada-1" / "resnet" / "resnet.ipynb").read_bytes() == b""
