"""Downloads of the two that most courses have: who is who in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect import CollectSummary

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]

MOODLE = {
    "Ada Lovelace_1001_assignsubmission_file_/resnet.ipynb": "Ada-Lovelace-1001",
    "José Núñez Ibáñez_1002_assignsubmission_file/resnet.ipynb": "José-Núñez-Ibáñez-1002",
    "O'Brien, Mary-Ann_1003_assignsubmission_file_/my work.ipynb": "O-Brien-Mary-Ann-1003",
    "王小明_1004_assignsubmission_file_/src/final/resnet.ipynb": "王小明-1004",
    "Group A-Bo Li_1005_assignsubmission_file_/resnet.ipynb": "Group-A-Bo-Li-1005",
    "Participant 77_1006_assignsubmission_file_/resnet.ipynb": "Participant-77-1006",
    "Ada Lovelace_1007_assignsubmission_file_/resnet.ipynb": "Ada-Lovelace-1007",
}
CANVAS = {
    "lovelaceada_1001_90001_resnet.ipynb": "lovelaceada-1001",
    "nunezjosé_LATE_1002_90002_resnet-1.ipynb": "nunezjosé-1002",
    "obrienmaryann_late_1003_90003_my_own_work.ipynb": "obrienmaryann-1003",
    "doe_smith_1004_90004_resnet.ipynb": "doe_smith-1004",
    "doe_smith_1005_90005_resnet.ipynb": "doe_smith-1005",
    "group3_1006_90006_resnet (2).ipynb": "group3-1006",
}


@pytest.mark.parametrize("wrapper", ["", "CS231-ResNet-4711/", "a/b/"])
def test_moodle_folders(
    pack: Zip, work: Work, gather: Collect, taken: Taken, wrapper: str
) -> None:  # fmt: skip
    """Accents, commas, other scripts, groups, anonymous ids; namesakes stay two."""
    summary = gather(pack({f"{wrapper}{path}": work(who) for path, who in MOODLE.items()}))
    assert taken() == {who: who for who in MOODLE.values()}
    assert (summary.collected, summary.notes) == (7, ())
    assert summary.layouts == (("Moodle", 7),)


def test_moodle_without_folders(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Moodle can put all of the name before that of the file, too."""
    flat = {path.replace("_/", "_").replace("/", "_"): who for path, who in MOODLE.items()}
    gather(pack({path: work(who) for path, who in flat.items()}))
    assert taken() == {who: who for who in MOODLE.values()}


def test_moodle_online_text(pack: Zip, work: Work, gather: Collect) -> None:
    """Who wrote into Moodle's text field only is told; who did both is not."""
    summary = gather(
        pack(
            {
                "Ada_1_assignsubmission_file_/resnet.ipynb": work("ada"),
                "Ada_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>here you are</p>",
                "Bob_2_assignsubmission_onlinetext_/onlinetext.html": b"<p>it is in git</p>",
            }
        )
    )
    assert summary.notes == ("Bob-2: handed in no notebook, but onlinetext.html",)


@pytest.mark.parametrize("wrapper", ["", "submissions/"])
def test_canvas_files(
    pack: Zip, work: Work, gather: Collect, taken: Taken, wrapper: str
) -> None:  # fmt: skip
    """Late ones, names with underscores, groups: the number is the user's, not the file's."""
    summary = gather(pack({f"{wrapper}{path}": work(who) for path, who in CANVAS.items()}))
    assert taken() == {who: who for who in CANVAS.values()}
    assert summary.layouts == (("Canvas", 6),)


def test_canvas_anonymous(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Canvas writes LATE first where it writes no name."""
    gather(
        pack(
            {
                "anon_a1B2c_90001_resnet.ipynb": work("one"),
                "LATE_anon_Zz9yX_90002_resnet.ipynb": work("two"),
                "anon_12345_90003_resnet.ipynb": work("three"),
            }
        )
    )
    assert taken() == {"anon-a1B2c": "one", "anon-Zz9yX": "two", "anon-12345": "three"}


def test_canvas_text_and_link(pack: Zip, work: Work, gather: Collect) -> None:
    """Canvas' own pages for text and links are no notebooks, and their students are named."""
    summary = gather(
        pack(
            {
                "adaada_1_90_resnet.ipynb": work("ada"),
                "bobbob_2_text.html": b"<p>see my repository</p>",
                "cyrcyr_LATE_3_link.html": b"<a href='https://example.org'>",
            }
        )
    )
    assert summary.notes == (
        "bobbob-2: handed in no notebook, but bobbob_2_text.html",
        "cyrcyr-3: handed in no notebook, but cyrcyr_LATE_3_link.html",
    )


def test_a_class_of_one(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """A download of a single student has no second name to compare with."""
    gather(pack({"Ada L_1_assignsubmission_file_/sub/resnet.ipynb": work("ada")}, "a.zip"))
    gather(pack({"lovelaceada_1_90_resnet.ipynb": work("canvas")}, "b.zip"))
    assert taken() == {"Ada-L-1": "ada", "lovelaceada-1": "canvas"}


def test_sections_side_by_side(pack: Zip, work: Work, gather: Collect, taken: Taken) -> None:
    """Two downloads unpacked beside each other are one class."""
    gather(
        pack(
            {
                "section 1/Ada_1_assignsubmission_file_/resnet.ipynb": work("ada"),
                "section 2/Bob_2_assignsubmission_file_/resnet.ipynb": work("bob"),
            }
        )
    )
    assert taken() == {"Ada-1": "ada", "Bob-2": "bob"}
