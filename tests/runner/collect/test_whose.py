"""A student chooses names, too: none of them takes another's place, and two never become one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect import CollectSummary
from autograder.runner.collect.origin import student_id

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]

FORGED = (
    "Bob_2_assignsubmission_file_/resnet.ipynb",
    "x_bob_attempt_2099-01-01-00-00-00_resnet.ipynb",
    "2-9 - Bob - Jan 1, 2099 100 AM/resnet.ipynb",
    "a(bob)/Submission attachment(s)/resnet.ipynb",
    "a(bob)_Submission attachment(s)_resnet.ipynb",
    "bob+resnet+2099-01-01 00:00:00 UTC/resnet.ipynb",
    "bob_2_99999_resnet.ipynb",
    "submitted/bob/resnet/resnet.ipynb",
)
LAYOUTS = {
    "Moodle": ("Eve_1_assignsubmission_file_/", "Bob_2_assignsubmission_file_/", "Bob-2"),
    "Moodle flat": ("Eve_1_assignsubmission_file_", "Bob_2_assignsubmission_file_", "Bob-2"),
    "Canvas": ("eve_1_7_", "bob_2_8_", "bob-2"),
    "Blackboard": (
        "T_eve_attempt_2026-01-01-00-00-00_", "T_bob_attempt_2026-01-01-00-00-00_", "bob",
    ),
    "Brightspace": (
        "1-9 - Eve - Jan 1, 2026 100 AM/", "2-9 - Bob - Jan 1, 2026 100 AM/", "Bob-2",
    ),
    "Sakai": (
        "E(eve)/Submission attachment(s)/", "B(bob)/Submission attachment(s)/", "bob",
    ),
    "nbgrader": ("eve/resnet/", "bob/resnet/", "bob"),
    "course": ("submitted/eve/resnet/", "submitted/bob/resnet/", "bob"),
    "by hand": ("eve/", "bob/", "bob"),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_nobody_hands_in_for_another(
    pack: Zip, work: Work, gather: Collect, taken: Taken, layout: str, forged: str
) -> None:
    """A file that is called as another student's in another layout stays its sender's."""
    eve, bob, bobs_id = LAYOUTS[layout]
    if eve[-1] != "/":
        forged = forged.replace("/", "_")  # a file's name holds none
    files = {f"{eve}{forged}": work("eve"), f"{bob}resnet.ipynb": work("bob")}
    zipped = pack({forged: work("eve")}, "inner.zip").read_bytes()
    for download in (files, {f"{eve}z.zip": zipped, f"{bob}resnet.ipynb": work("bob")}):
        gather(pack(download), replace=True)
        assert taken()[bobs_id] == "bob"
        assert sorted(taken().values()) == ["bob", "eve"]


def test_two_names_that_become_one_id(
    pack: Zip, work: Work, gather: Collect, taken: Taken
) -> None:  # fmt: skip
    """Neither is mixed with the other: one waits, and the instructor is told for what."""
    summary = gather(
        pack({f"{who}/resnet.ipynb": work(who) for who in ("Ann Lee", "Ann-Lee", "ada", "Ada")})
    )
    assert taken() == {"Ada": "Ada", "Ann-Lee": "Ann Lee"}
    assert summary.notes == (
        "Ann-Lee: left out, since Ann Lee would get the same id 'Ann-Lee'; rename one of the two, "
        "and collect again",
        "ada: left out, since Ada would get the same id 'ada'; rename one of the two, and collect "
        "again",
    )


def test_composed_and_decomposed_accents(
    pack: Zip, work: Work, gather: Collect, taken: Taken
) -> None:
    """What macOS writes in two characters is the same student."""
    gather(pack({"Zoe\u0308/resnet.ipynb": work("mac"), "b/resnet.ipynb": work("b")}))
    assert taken() == {"Zo\u00eb": "mac", "b": "b"}


@pytest.mark.parametrize("letter", ["n", "é", "王", "𐍈"])
def test_names_without_end(
    pack: Zip, work: Work, gather: Collect, taken: Taken, letter: str
) -> None:  # fmt: skip
    """A name too long for a file system costs nobody their submission, and stays one of its own."""
    names = [letter * 70 + "x" * 15 + end for end in ("_1", "_2")]
    gather(pack({f"{n}_assignsubmission_file_/resnet.ipynb": work(n) for n in names}))
    assert sorted(taken().values()) == names
    assert all(len(id.encode()) <= 100 for id in taken())


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Ann\nLee\x1b[31m", "Ann-Lee-31m"), ("../../etc", "etc"), (" .hidden. ", "hidden"),
        ("--replace", "replace"), ("a\u202eb\u200bc", "a-b-c"), ("x\udcffy", "x-y"),
        ("jane.doe@example.org", "jane.doe@example.org"), ("…", ""), ("🦊", ""), ("नमस्ते", "नमस्ते"),
    ],
)  # fmt: skip
def test_ids(name: str, id: str) -> None:
    """Letters, digits and a few signs; no path, no option, nothing that a terminal obeys."""
    assert student_id(name) == id


def test_control_characters_reach_no_terminal(pack: Zip, work: Work, gather: Collect) -> None:
    """Notes show names without what would move the cursor or turn the text around."""
    summary = gather(
        pack(
            {
                "a\x1b[2J\nb/resnet.ipynb": work("a", ours=False),
                "b/resnet.ipynb": work("b"),
                f"{'c' * 300}\u202e/notes.txt": b"",
                "🦊/resnet.ipynb": work("fox"),
            }
        )
    )
    assert len(summary.notes) == 3
    assert all(note.isprintable() and len(note) < 300 for note in summary.notes)


def test_a_class_in_a_zip_is_no_student(
    pack: Zip, work: Work, gather: Collect, taken: Taken, tmp_path: Path
) -> None:
    """The folder that the download lies in was given instead of the download."""
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    for name, form in {"canvas.zip": "s{0}_{0}_9{0}_r.ipynb", "flat.zip": "s{0}.ipynb"}.items():
        files = {form.format(n): work(f"s{n}") for n in range(20)}
        pack(files, name).rename(downloads / name)
    (downloads / "ada.ipynb").write_bytes(work("ada"))
    summary = gather(downloads)
    assert taken() == {"ada": "ada"}
    assert summary.notes[0] == (
        "canvas: left out, with 20 notebooks that look like a whole class. Collect it by itself; "
        "if it is one student's, put the notebook that counts alone into a folder of that name"
    )
    assert summary.notes[1].startswith("flat: left out, with 20 notebooks")
