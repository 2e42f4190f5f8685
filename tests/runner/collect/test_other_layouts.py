"""Downloads of Blackboard, Brightspace, Sakai and nbgrader, and what was put together by hand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from autograder.runner.collect import CollectSummary

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]


def here(*moment: int) -> str:
    """A time of this machine's zone, as nbgrader writes it."""
    local = datetime.datetime(*moment).astimezone()  # type: ignore[arg-type,misc]
    return local.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def stamp(course: Path, student: str) -> str:
    """What ``timestamp.txt`` of a student says."""
    return (course / "submitted" / student / "resnet" / "timestamp.txt").read_text("ascii")


def test_blackboard(
    pack: Zip, work: Work, gather: Collect, taken: Taken, course: Path
) -> None:  # fmt: skip
    """The latest attempt counts, with its time; a student without a notebook is told."""
    title = "Lab 3_ResNet"
    first, last = "attempt_2026-01-02-03-04-05", "attempt_2026-01-10-23-59-00"
    summary = gather(
        pack(
            {
                f"{title}_jdoe_{last}_work.ipynb": work("last"),
                f"{title}_jdoe_{first}_resnet.ipynb": work("first"),
                f"{title}_jdoe_{last}.txt": b"Name: Jane Doe (jdoe)",
                f"{title}_mroe_{first}_resnet.ipynb": work("mary"),
                f"{title}_nil_{first}.txt": b"Name: Nil Nobody (nil)",
            }
        )
    )
    assert taken() == {"jdoe": "last", "mroe": "mary"}
    assert stamp(course, "jdoe") == here(2026, 1, 10, 23, 59)
    assert f"nil: handed in no notebook, but {title}_nil_{first}.txt" in summary.notes


def test_blackboard_users_with_underscores(
    pack: Zip, work: Work, gather: Collect, taken: Taken
) -> None:
    """Where a title ends cannot be told; two users are never taken for one."""
    attempt = "attempt_2026-01-02-03-04-05_resnet.ipynb"
    summary = gather(
        pack({f"ResNet_j_doe_{attempt}": work("j"), f"ResNet_k_doe_{attempt}": work("k")})
    )
    assert taken() == {"doe": "j"}
    assert summary.notes == (
        "ResNet_k_doe: left out, since ResNet_j_doe would get the same id 'doe'; rename one of "
        "the two, and collect again",
    )


def test_brightspace(
    pack: Zip, work: Work, gather: Collect, taken: Taken, course: Path
) -> None:  # fmt: skip
    """The latest of many tries counts; with folders and without."""
    tries = {
        f"301-77 - Mary-Ann Smith - Jan {day}, 2026 926 PM/resnet.ipynb": work(f"try {day}")
        for day in range(1, 20)
    }
    summary = gather(
        pack(
            {
                "index.html": b"<table>",
                **tries,
                "302-77 - José Núñez- Sep 2, 2025 1105 AM/resnet.ipynb": work("josé"),
                "303-77 - Li - Bo - Dec 31, 2025 1200 AM - resnet.ipynb": work("bo"),
            }
        )
    )
    assert taken() == {"Mary-Ann-Smith-301": "try 19", "José-Núñez-302": "josé", "Li-Bo-303": "bo"}
    assert stamp(course, "Mary-Ann-Smith-301") == here(2026, 1, 19, 21, 26)
    assert stamp(course, "José-Núñez-302") == here(2025, 9, 2, 11, 5)
    assert stamp(course, "Li-Bo-303") == here(2025, 12, 31)
    assert [note.split(":")[0] for note in summary.notes] == ["Mary-Ann-Smith-301"]


def test_sakai(pack: Zip, work: Work, gather: Collect, taken: Taken, course: Path) -> None:
    """The user is in brackets, the time in a file beside; feedback is not handed in."""
    summary = gather(
        pack(
            {
                "ResNet/grades.csv": b"ResNet,Points",
                "ResNet/Doe, Jane(jdoe)/timestamp.txt": b"20260102030405006",
                "ResNet/Doe, Jane(jdoe)/Submission attachment(s)/resnet.ipynb": work("jane"),
                "ResNet/Doe, Jane(jdoe)/comments.txt": b"",
                "ResNet/Roe, Max (Jr)(mroe)/Submission attachment(s)/a/b.ipynb": work("max"),
                "ResNet/Poe, Ann(apoe)/comments.txt": b"",
            }
        )
    )
    assert taken() == {"jdoe": "jane", "mroe": "max"}
    assert stamp(course, "jdoe") == here(2026, 1, 2, 3, 4, 5)
    assert summary.layouts == (("Sakai", 2),)


def test_sakai_without_folders(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Sakai can put all of it before the file's name."""
    names = ("Doe, Jane(jdoe)", "Roe, Max(mroe)")
    gather(pack({f"{n}_Submission attachment(s)_resnet.ipynb": work(n) for n in names}))
    assert taken() == {"jdoe": names[0], "mroe": names[1]}


def test_course_folder(
    pack: Zip, work: Work, gather: Collect, taken: Taken, course: Path
) -> None:  # fmt: skip
    """In nbgrader's layout other assignments are left out, its time stamp is kept."""
    summary = gather(
        pack(
            {
                "submitted/ada/resnet/resnet.ipynb": work("ada"),
                "submitted/ada/resnet/timestamp.txt": b"2026-01-02 03:04:05.000006 UTC\n",
                "submitted/ada/mobilenet/mobilenet.ipynb": work("no", ours=False),
                "submitted/bob/resnet/homework.ipynb": work("bob"),
                "submitted/bob/resnet/timestamp.txt": b"rm -rf /",
                "submitted/cyr/mobilenet/mobilenet.ipynb": work("no", ours=False),
            }
        )
    )
    assert taken() == {"ada": "ada", "bob": "bob"}
    assert stamp(course, "ada") == "2026-01-02 03:04:05.000006 UTC"
    assert not (course / "submitted" / "bob" / "resnet" / "timestamp.txt").exists()
    assert "submitted/cyr/mobilenet/mobilenet.ipynb: of another assignment, left out" in (
        summary.notes
    )


def test_one_student_of_a_course(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Alone, a renamed notebook in nbgrader's layout still is its folder's."""
    gather(pack({"submitted/ada/resnet/homework.ipynb": work("ada")}))
    assert taken() == {"ada": "ada"}


def test_exchange(
    pack: Zip, work: Work, gather: Collect, taken: Taken, course: Path
) -> None:  # fmt: skip
    """The inbound folder of nbgrader's exchange: all tries of all assignments side by side."""
    first, last = "2026-01-02 03:04:05.000006 UTC", "2026-01-03 03:04:05.000006 UTC"
    summary = gather(
        pack(
            {
                f"inbound/ada+resnet+{last}+x7/resnet.ipynb": work("last"),
                f"inbound/ada+resnet+{first}+y8/resnet.ipynb": work("first"),
                f"inbound/ada+resnet+{last}+x7/timestamp.txt": last.encode(),
                f"inbound/bob+resnet+{first}/resnet.ipynb": work("bob"),
                f"inbound/bob+mobilenet+{last}/mobilenet.ipynb": work("no", ours=False),
            }
        )
    )
    assert taken() == {"ada": "last", "bob": "bob"}
    assert stamp(course, "ada") == last
    assert summary.notes[0] == (
        f"inbound/bob+mobilenet+{last}/mobilenet.ipynb: of another assignment, left out"
    )


def test_by_hand(pack: Zip, work: Work, gather: Collect, taken: Taken, tmp_path: Path) -> None:
    """A folder, a notebook or a zip a student, side by side."""
    inner = pack({"deep/resnet.ipynb": work("zipped")}, "inner.zip").read_bytes()
    folder = tmp_path / "hand"
    for name, data in {
        "ada l/resnet.ipynb": work("ada"), "bob_resnet (1).ipynb": work("bob"),
        "Resnet-cyr.ipynb": work("cyr"), "dan.zip": inner, "resnet.ipynb": work("whose"),
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    summary = gather(folder)
    assert taken() == {"ada-l": "ada", "bob": "bob", "cyr": "cyr", "dan": "zipped"}
    assert summary.notes == (
        "resnet.ipynb: no student can be told from its name; put it into a folder of the "
        "student's name",
    )
