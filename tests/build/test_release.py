"""Releases through real nbgrader: repeatable, and never at the price of what was there before."""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build.leakscan import scan
from autograder.build.release import (
    ReleaseError,
    ReleaseSummary,
    _alone,
    _restored_on_failure,
    release,
)
from autograder.build.windows import load_secrets
from autograder.config import Assignment

TEXT, TOML = "assignments/tiny/tiny.py", "assignments/tiny/assignment.toml"
Write = Callable[..., Assignment]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(course: Path, query: str) -> list[tuple[object, ...]]:
    """What the gradebook answers."""
    with sqlite3.connect(course / "gradebook.db") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def hand_in(course: Path, student: str) -> None:
    """One submission in nbgrader's gradebook and in ``submitted/``."""
    from nbgrader.api import Gradebook

    with warnings.catch_warnings(), Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        warnings.simplefilter("ignore")  # SQLAlchemy's, of how nbgrader adds rows
        gradebook.add_student(student)
        gradebook.add_submission("tiny", student)
    folder = course / "submitted" / student / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_text("{}", encoding="utf-8")


def test_gradebook_knows_the_assignment(resnet: Assignment, released: ReleaseSummary) -> None:
    """Graded cells with their points are in gradebook.db."""
    course = released.kit.parent.parent
    found = rows(course, "select name, max_score from grade_cells join base_cell using (id)")
    points = {f"{q.id}_check": q.points for q in resnet.questions if not q.manual}
    assert dict(found) == points | {"reading": 6.0}  # type: ignore[arg-type]


def test_release_and_kit_hold_the_same(released: ReleaseSummary) -> None:
    """What `nbgrader fetch` gives is what the zip has."""
    with zipfile.ZipFile(released.kit) as archive:
        kit = {
            name.removeprefix("resnet/"): archive.read(name)
            for name in archive.namelist()
        }  # fmt: skip
    assert kit == snapshot(released.release)


def test_nothing_leaks(resnet: Assignment, released: ReleaseSummary) -> None:
    """Neither the release nor the kit gives anything away."""
    secrets = load_secrets(resnet)
    assert scan(released.release, secrets) == []
    assert scan(released.kit, secrets) == []


def test_released_again_over_submissions(
    write_tiny: Write, files: dict[str, str], tmp_path: Path
) -> None:
    """New wording and new points come through; submissions stay where they are."""
    course = tmp_path / "course"
    release(write_tiny(), course)
    hand_in(course, "ada")
    before = snapshot(course / "submitted")
    text = files[TEXT].replace("# Now an area.", "# Now the area.")
    changed = write_tiny({TEXT: text, TOML: files[TOML].replace("points = 2", "points = 4")})
    made = release(changed, course)
    assert "Now the area." in (made.release / "tiny.ipynb").read_text(encoding="utf-8")
    assert snapshot(course / "submitted") == before
    assert rows(course, "select student_id from submitted_assignment") == [("ada",)]
    query = "select max_score from grade_cells join base_cell using (id) where name='area_check'"
    assert rows(course, query) == [(4.0,)]
    assert list((course / ".autograder" / "tiny").iterdir()) == []


def test_new_cell_after_submissions_is_refused(
    write_tiny: Write, files: dict[str, str], tmp_path: Path
) -> None:
    """Nbgrader's refusal is explained, and the first release is still there."""
    course = tmp_path / "course"
    release(write_tiny(), course)
    hand_in(course, "ada")
    before = {name: snapshot(course / name) for name in ("source", "release", "kits")}
    text = files[TEXT].replace("# Now an area.", "# Now an area.\n\n# %% [markdown]\n# More.")
    with pytest.raises(
        ReleaseError, match=r"gradebook of .* has submissions to it, and .*Undo that"
    ):
        release(write_tiny({TEXT: text}), course)
    assert {name: snapshot(course / name) for name in before} == before


def test_secret_in_the_text_is_refused(
    write_tiny: Write, files: dict[str, str], tmp_path: Path
) -> None:
    """A leak is found before anything is written."""
    leaky = "# Now an area, which is longer, shorter = max(height, width), min(height, width)."
    assignment = write_tiny({TEXT: files[TEXT].replace("# Now an area.", leaky)})
    with pytest.raises(ReleaseError, match=r"(?s)gives 1 secret.*tiny\.ipynb, cell 5: .*Mend"):
        release(assignment, tmp_path / "course")
    assert not (tmp_path / "course").exists()


def test_stub_of_the_instructors_own(tiny: Assignment, tmp_path: Path) -> None:
    """A configuration that changes cells is named: the grader would expect others."""
    course = tmp_path / "course"
    course.mkdir()
    own = "c = get_config()\nc.ClearSolutions.code_stub = {'python': 'pass'}\n"
    (course / "nbgrader_config.py").write_text(own, encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"another cell 'scale' than the grader expects. Does"):
        release(tiny, course)
    assert (course / "nbgrader_config.py").read_text(encoding="utf-8") == own
    assert not (course / "release" / "tiny").exists()
    assert not (course / "kits" / "tiny.zip").exists()


def test_nbgrader_that_fails(tiny: Assignment, tmp_path: Path) -> None:
    """Whatever else nbgrader says is passed on."""
    course = tmp_path / "course"
    course.mkdir()
    (course / "gradebook.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ReleaseError, match=r"could not generate 'tiny' in .*: .*not a database"):
        release(tiny, course)


def test_configuration_names_the_course(tiny: Assignment, tmp_path: Path) -> None:
    """A new course folder gets a configuration with its id, and none of our grading in it."""
    release(tiny, tmp_path / "vision 101")
    text = (tmp_path / "vision 101" / "nbgrader_config.py").read_text(encoding="utf-8")
    assert "course_id = 'vision 101'" in text
    notebook = (tmp_path / "vision 101" / "source" / "tiny" / "tiny.ipynb").read_bytes()
    assert json.loads(notebook)["nbformat"] == 4


def test_two_releases_at_once(tiny: Assignment, tmp_path: Path) -> None:
    """The second says that there is a first, and touches nothing of what that puts aside."""
    course = tmp_path / "course"
    aside = course / ".autograder" / tiny.id
    aside.mkdir(parents=True)
    said = r"another release of 'tiny' into .* is under way. Wait until it has ended"
    with _alone(aside), pytest.raises(ReleaseError, match=said):
        release(tiny, course)
    assert not (course / "source").exists()
    release(tiny, course)


def test_what_a_killed_release_left(tiny: Assignment, tmp_path: Path) -> None:
    """What it had put aside takes its place again, before another release begins."""
    course = tmp_path / "course"
    made = release(tiny, course)
    before = snapshot(made.source)
    aside = course / ".autograder" / tiny.id / "before-killed"
    aside.mkdir(parents=True)
    made.source.rename(aside / "source")
    made.source.mkdir()
    (made.source / "half").write_text("made")
    with pytest.raises(ZeroDivisionError), _restored_on_failure(made, aside.parent):
        _ = 1 / 0
    assert snapshot(made.source) == before
    assert not aside.exists()
