"""What a question's verdict depends on: an edit asks for another verdict there and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.config import Assignment, known_assignments, load_assignment
from autograder.sources import Sources

PUBLIC = '''\
"""Public checks."""

from autograder.expect import check

HEIGHTS = (1, 2)
"""Heights."""
FACTOR: float = 2.0


def sizes():
    return [(height, 3) for height in HEIGHTS]


@check("area", points=1)
def area_is_right(submission):
    """It is right."""
    for size in sizes():
        submission.call("area", *size)


@check("scale", points=2, needs="area/is_right")
def scale_scales(submission):
    """It scales."""
    submission.call("scale", FACTOR)
'''
HIDDEN = '''\
"""Hidden checks."""

from autograder.checks.tiny.public import sizes
from autograder.expect import check

TOLERANCE = 1e-3


@check("area", points=1, needs="is_right")
def area_same(submission, oracle):
    """It is the same."""
    assert sizes(), TOLERANCE


@check("scale", points=1, needs=("scales",))
def scale_same(submission, oracle):
    """It is the same."""
'''


def digests(tmp_path: Path, tiny: Assignment, public: str = PUBLIC, hidden: str = HIDDEN):
    """The digest of each question."""
    files = [tmp_path / "public.py", tmp_path / "hidden.py"]
    for path, text in zip(files, (public, hidden), strict=True):
        path.write_text(text, encoding="utf-8")
    return dict(Sources(files).of_questions(tiny))


def changed(tmp_path: Path, tiny: Assignment, old: str, new: str) -> set[str]:
    """The questions that the exchange of ``old`` for ``new`` asks about."""
    assert (old in PUBLIC) + (old in HIDDEN) == 1, old
    before = digests(tmp_path, tiny)
    after = digests(tmp_path, tiny, PUBLIC.replace(old, new), HIDDEN.replace(old, new))
    return {question for question in before if before[question] != after[question]}


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ('submission.call("scale", FACTOR)', "pass", {"scale"}),
        ("FACTOR: float = 2.0", "FACTOR: float = 3.0", {"scale"}),
        ("TOLERANCE = 1e-3", "TOLERANCE = 1e-2", {"area"}),
        ("    assert sizes(), TOLERANCE", "    assert sizes()", {"area"}),
        ('"""It scales."""', '"""It multiplies."""', {"scale"}),
        ('"""Heights."""', '"""Of rectangles."""', set()),
        ("import sizes\n", "import HEIGHTS, sizes\n", set()),
        ("import sizes\n", "import FACTOR as sizes\n", {"area"}),
        ('"""Hidden checks."""', "# Hidden checks.", set()),
        ("def sizes():\n", "def sizes():\n    # both\n", set()),
    ],
)
def test_who_is_asked_again(
    tmp_path: Path, tiny: Assignment, old: str, new: str, asked: set[str]
) -> None:
    """Whose check uses it, directly or not; comments and explanations are nobody's."""
    assert changed(tmp_path, tiny, old, new) == asked


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HEIGHTS = (1, 2)", "HEIGHTS = (1, 3)"),  # of the other file, by way of a helper
        ('submission.call("area", *size)', "pass"),  # a check that the other question needs
        ("FACTOR: float", "HEIGHTS += (4,)\nFACTOR: float"),  # a statement that only acts
        ("FACTOR: float", "by_hand = check('area', points=1)(print)\nFACTOR: float"),
        ('@check("scale", points=1', "@check('sca' + 'le', points=1"),  # of any question
        ("FACTOR: float", "HEIGHTS[0] = 3\nFACTOR: float"),  # another that only acts
    ],
)
def test_what_concerns_all(tmp_path: Path, tiny: Assignment, old: str, new: str) -> None:
    """What both use, and what nobody can tell."""
    assert changed(tmp_path, tiny, old, new) == {"area", "scale"}


@pytest.mark.parametrize(
    ("more", "edit"),
    [
        # a check made by hand, and what it uses
        ("def given():\n    return 1\n\nby_hand = check('area', points=1)(given)\n", "return 2"),
        # what only a block at the top uses
        ("def given():\n    return 1\n\nif HEIGHTS:\n    def more(): given()\n", "return 2"),
    ],
)
def test_what_is_used_out_of_sight(tmp_path: Path, tiny: Assignment, more: str, edit: str) -> None:
    """By statements that act at the top of the file: it concerns all."""
    before = digests(tmp_path, tiny, PUBLIC + more)
    after = digests(tmp_path, tiny, PUBLIC + more.replace("return 1", edit))
    assert {name for name in before if before[name] != after[name]} == {"area", "scale"}


@pytest.mark.parametrize(
    "way",
    [
        "    from autograder.checks.tiny.public import FACTOR\n    assert FACTOR",
        "    from autograder.checks.tiny import public\n    assert public.FACTOR",
        "    import autograder.checks.tiny.public as beside\n    assert beside.FACTOR",
    ],
)
def test_imports_inside_a_check(tmp_path: Path, tiny: Assignment, way: str) -> None:
    """A name of the sibling file is used, however it is got."""
    hidden = HIDDEN.replace("    assert sizes(), TOLERANCE", way)
    before = digests(tmp_path, tiny, hidden=hidden)
    after = digests(tmp_path, tiny, PUBLIC.replace("= 2.0", "= 3.0"), hidden)
    assert before["area"] != after["area"]


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ('"""It scales."""', '"""It multiplies."""', set()),
        ('submission.call("scale", FACTOR)', 'submission.call("scales", FACTOR)', {"scale"}),
        ("FACTOR: float = 2.0", "FACTOR: float = 3.0", {"scale"}),
    ],
)
def test_without_words(tmp_path: Path, old: str, new: str, asked: set[str]) -> None:
    """Sentences count for nothing then; names and numbers do as before."""
    path = tmp_path / "public.py"
    found = []
    for text in (PUBLIC, PUBLIC.replace(old, new)):
        path.write_text(text, encoding="utf-8")
        sources = Sources([path], words=False)
        found.append({check.question: sources.digest(*check.name) for check in sources.checks})
    before, after = found
    assert {question for question in before if before[question] != after[question]} == asked


def test_needs_that_are_not_written_down(tmp_path: Path, tiny: Assignment) -> None:
    """Such a check may need any other."""
    hidden = HIDDEN.replace('needs=("scales",)', "needs=NEEDED") + "\nNEEDED = ('scales',)\n"
    before = digests(tmp_path, tiny, hidden=hidden)
    after = digests(tmp_path, tiny, PUBLIC.replace('call("scale", FACTOR)', "names()"), hidden)
    assert {name for name in before if before[name] != after[name]} == {"area", "scale"}


def test_points_are_part_of_the_verdict(
    tmp_path: Path, tiny: Assignment, write_tiny, files: dict[str, str]
) -> None:
    """Another title or number of points in ``assignment.toml`` concerns that question."""
    path = next(name for name in files if name.endswith("assignment.toml"))
    other = write_tiny({path: files[path].replace("An area", "The area")})
    before, after = digests(tmp_path, tiny), digests(tmp_path, other)
    assert {name for name in before if before[name] != after[name]} == {"area"}


@pytest.mark.parametrize("name", known_assignments())
def test_every_real_check_is_seen(name: str) -> None:
    """The text and the judge know the same checks, none is of an unknown question."""
    assignment = load_assignment(name)
    files = [*assignment.public_checks, *assignment.hidden_checks]
    sources = Sources(files)
    marks = sum(path.read_text(encoding="utf-8").count("\n@check(") for path in files)
    assert len({check.id for check in sources.checks}) == len(sources.checks) == marks
    ids = {check.id for check in sources.checks}
    for check in sources.checks:
        assert assignment.question(check.question)
        assert check.needs <= ids
    assert not sources._unseen, "the edit of one check would ask for all verdicts anew"
