"""Sample classes in a course folder: complete, repeatable, and in nobody's way."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from dateutil import parser

from autograder.config import Assignment, load_assignment
from autograder.expect.variants import load_alternatives
from autograder.records import (
    Blame,
    Diagnosis,
    Fault,
    Flag,
    QuestionRecord,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.sample import SampleError, Student, fixed_students, left_out, sample, verify
from autograder.sample import students as students_module
from autograder.sample.expected import differs
from autograder.sample.students import mixed_students
from autograder.sample.write import STUDENT_ID


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_layout_is_nbgraders(tiny: Assignment, tmp_path: Path) -> None:
    """Everybody has submitted/<student>/<assignment> with a timestamp that nbgrader reads."""
    students = sample(tiny, tmp_path, 90)
    assert len(students) == 90
    for student in students:
        folder = tmp_path / "submitted" / student.id / "tiny"
        files = {name.rstrip("/") for name in student.files}
        assert files | {"timestamp.txt"} <= {path.name for path in folder.iterdir()}
        if "timestamp.txt" not in student.files:
            stamp = (folder / "timestamp.txt").read_text(encoding="ascii")
            assert parser.parse(stamp).tzinfo is not None


def test_a_spread_has_some_of_every_kind(tiny: Assignment, tmp_path: Path) -> None:
    """A small class that is just as large as asked for, with every kind in it; repeatable."""
    students = sample(tiny, tmp_path, 20, spread=True)
    assert len(students) == len(list((tmp_path / "submitted").iterdir())) == 20
    assert {s.kind for s in students} == {s.kind for s in sample(tiny, tmp_path, 60)}
    again = sample(tiny, tmp_path, 20, spread=True)
    assert [s.id for s in again] == [s.id for s in students]


def test_same_seed_same_class(tiny: Assignment, tmp_path: Path) -> None:
    """A class made twice is the same, byte for byte."""
    sample(tiny, tmp_path / "one", 50, seed=3)
    sample(tiny, tmp_path / "two", 50, seed=3)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_another_seed_another_class(tiny: Assignment) -> None:
    """Mixed students differ with the seed, and do not depend on how many there are."""
    few, many = mixed_students(tiny, 5, 0), mixed_students(tiny, 30, 0)
    assert [dict(s.files) for s in few] == [dict(s.files) for s in many[:5]]
    other = mixed_students(tiny, 30, 1)
    assert [dict(s.answers) for s in many] != [dict(s.answers) for s in other]


def test_mixed_students_are_a_class(tiny: Assignment) -> None:
    """Some are right, some wrong, some left something out; what they gave is written down."""
    gave = [what for student in mixed_students(tiny, 60, 0) for what in student.answers.values()]
    kinds = {what.partition(" ")[0] for what in gave}
    assert kinds == {"reference", "alternative", "misconception", "nothing"}
    assert 0.5 < sum(what.startswith(("ref", "alt")) for what in gave) / len(gave) < 0.9


def test_mixed_bounds(tiny: Assignment) -> None:
    """Who left a question out cannot have its points."""
    for student in mixed_students(tiny, 40, 0):
        assert student.at_most is not None
        left = sum(
            tiny.question(question).points
            for question, what in student.answers.items()
            if what == "nothing"
        )
        assert student.at_most <= 5 - left


def test_a_smaller_class_replaces_a_larger_one(tiny: Assignment, tmp_path: Path) -> None:
    """Students of an earlier sample class are gone, also their empty folders."""
    sample(tiny, tmp_path, 80)
    students = sample(tiny, tmp_path, 0)
    names = {path.name for path in (tmp_path / "submitted").iterdir()}
    assert names == {student.id for student in students}


def test_real_submissions_stay(tiny: Assignment, tmp_path: Path) -> None:
    """Whoever is not of the sample class keeps their work."""
    theirs = tmp_path / "submitted" / "ada" / "tiny" / "tiny.ipynb"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", encoding="utf-8")
    sample(tiny, tmp_path, 0)
    sample(tiny, tmp_path, 0)
    assert theirs.read_text(encoding="utf-8") == "mine"


def test_real_submission_in_the_way(tiny: Assignment, tmp_path: Path) -> None:
    """A real student with a sample student's id is an error, before anything is written."""
    theirs = tmp_path / "submitted" / "reference" / "tiny" / "tiny.ipynb"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", encoding="utf-8")
    with pytest.raises(SampleError, match=r"has 'tiny' of reference already.*--course trial"):
        sample(tiny, tmp_path, 0)
    assert tree(tmp_path / "submitted") == {"reference/tiny/tiny.ipynb": b"mine"}
    assert not (tmp_path / ".autograder").exists()


def test_other_assignments_of_sample_students_stay(tiny: Assignment, tmp_path: Path) -> None:
    """A sample class is one assignment's: the same students may have others."""
    other = tmp_path / "submitted" / "blank" / "other"
    other.mkdir(parents=True)
    sample(tiny, tmp_path, 0)
    sample(tiny, tmp_path, 0)
    assert other.is_dir()


def test_expected_is_written(tiny: Assignment, tmp_path: Path) -> None:
    """expected.json says what must come of each student, and what the class lacks."""
    sample(tiny, tmp_path, 0)
    path = tmp_path / ".autograder" / "tiny" / "expected.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["notes"] == list(left_out(tiny))
    told = document["students"]
    assert told["reference"]["points"] == 5.0
    assert told["blank"]["points"] == 0.0
    assert told["mis-area-sum"]["named"] == ["area", "sum"]
    assert told["broken-not-json"]["status"] == "unreadable"


def test_every_variant_of_the_course_has_a_student() -> None:
    """Each misconception and alternative is in the class, under an id that nbgrader takes."""
    resnet = load_assignment("resnet")
    students = fixed_students(resnet)
    ids = [student.id for student in students]
    assert len(set(ids)) == len(ids)
    assert all(STUDENT_ID.match(id) for id in ids)
    cells = dict.fromkeys((q.id for q in resnet.questions), "")
    kinds = [student.kind for student in students]
    assert kinds.count("alternative") == len(load_alternatives(resnet.checks))
    named = {student.named for student in students if student.named}
    assert len(named) == kinds.count("misconception") >= 14
    assert {question for question, _ in named} <= set(cells)
    assert left_out(resnet) == ()


def test_odd_ids_are_refused(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that nbgrader's exchange cannot hold is an error of ours, said early."""
    odd = [Student("a+b", "mixed", {})]
    monkeypatch.setattr("autograder.sample.write.fixed_students", lambda assignment: odd)
    with pytest.raises(SampleError, match=r"'a\+b' is no student id that nbgrader takes"):
        sample(tiny, tmp_path, 0)


def test_missing_catalogue_is_said(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the attack catalogue the class has no hostile students, and says so."""
    monkeypatch.setattr(students_module, "CATALOGUE", tmp_path / "nowhere" / "form.py")
    (note,) = left_out(tiny)
    assert note.startswith("No hostile submissions: the attack catalogue")
    assert "hostile" not in {student.kind for student in fixed_students(tiny)}


def test_attacks_that_do_not_fit_are_said(tiny: Assignment) -> None:
    """Attacks on questions that an assignment has not are left out by name."""
    (note,) = left_out(tiny)
    assert "attacks ask for questions or files that 'tiny' has not: " in note
    assert "kill_everyone" in note


WANTED = {"status": "graded", "points": None, "at_most": None, "named": None, "flags": []}


def record(points: float = 1.0, **changes: object) -> SubmissionRecord:
    """A record with one question of two points."""
    question = QuestionRecord(id="q", title="Q", points=points, max_points=2.0)
    made = SubmissionRecord(
        student="s", assignment="tiny", status=SubmissionStatus.GRADED, key={}, sandbox="full",
        device="cpu", questions=(question,),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


DIFFERENCES = {
    "points": (record(), {"points": 2.0}, "1 points, expected 2 (lost in q)"),
    "at most": (record(), {"at_most": 0.5}, "1 points, expected at most 0.5"),
    "status": (record(), {"status": "unreadable"}, "status graded, expected unreadable"),
    "flags": (record(), {"flags": ["moved"]}, "expected the flags ['moved']"),
    "name": (
        record(), {"named": ["q", "sum"]},
        "q: expected the mistake 'sum' to be named, got none",
    ),
    "grader's fault": (
        record(
            status=SubmissionStatus.GRADER_ERROR,
            faults=(Fault(code="x", message="it broke", blame=Blame.GRADER),),
        ),
        {}, "ended in grader_error: it broke",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENCES)
def test_differences_are_told(case: str) -> None:
    """Each way in which an outcome can differ has its sentence."""
    found, wanted, said = DIFFERENCES[case]
    assert differs(found, {**WANTED, **wanted}) == said


def test_expected_outcomes_are_no_difference() -> None:
    """An outcome as expected is an empty sentence."""
    diagnosis = Diagnosis(misconception="sum", says="Sides add up.")
    question = QuestionRecord(id="q", title="Q", points=1.0, max_points=2.0, diagnoses=(diagnosis,))
    found = record(questions=(question,), flags=(Flag(code="moved", message=""),))
    wanted = {"at_most": 1.5, "named": ["q", "sum"], "flags": ["moved"]}
    assert differs(found, {**WANTED, **wanted}) == ""


def test_missing_records_are_told(tiny: Assignment, tmp_path: Path) -> None:
    """A student without a record is a mismatch."""
    students = sample(tiny, tmp_path, 0)
    wrong = verify(tmp_path, tiny, [])
    assert len(wrong) == len(students)
    assert wrong[0].what == "has no record"


def test_no_sample_class(tiny: Assignment, tmp_path: Path) -> None:
    """Nothing to hold records against is an error that names the file."""
    with pytest.raises(FileNotFoundError, match=r"no sample class: no .*expected\.json"):
        verify(tmp_path, tiny, [])
