"""Records become the rows that nbgrader would have written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.config import Assignment
from autograder.gradebook import write
from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    Fault,
    SubmissionRecord,
    SubmissionStatus,
)

Make = Callable[..., SubmissionRecord]
UNREADABLE = {
    "status": SubmissionStatus.UNREADABLE,
    "faults": (Fault(code="empty", message="the file is empty", blame=Blame.SUBMISSION),),
    "words": "YOUR ANSWER HERE",
}
BROKEN = {
    "status": SubmissionStatus.GRADER_ERROR,
    "faults": (Fault(code="grader", message="it broke", blame=Blame.GRADER),),
}


def dump(course: Path) -> list[str]:
    """The whole gradebook as SQL."""
    with sqlite3.connect(course / "gradebook.db") as database:
        lines = list(database.iterdump())
    database.close()
    return lines


def grades(gradebook: Any, student: str) -> dict[str, tuple[float | None, bool]]:
    """Automatic score and whether a person must look, by cell."""
    notebook = gradebook.find_submission_notebook("tiny", "tiny", student)
    return {g.cell.name: (g.auto_score, g.needs_manual_grade) for g in notebook.grades}


def comments(gradebook: Any, student: str) -> dict[str, str | None]:
    """What the student reads, by cell."""
    notebook = gradebook.find_submission_notebook("tiny", "tiny", student)
    return {c.cell.name: c.comment for c in notebook.comments}


def test_every_row_is_there(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """Student, submission, notebook, a grade for every graded cell, a comment for every answer."""
    written = write(course, tiny, [make("ada", scale=3, area=1)])
    assert (written.submissions, written.notebooks) == (1, 1)
    with book(course) as gradebook:
        assert [student.id for student in gradebook.students] == ["ada"]
        submission = gradebook.find_submission("tiny", "ada")
        assert [notebook.name for notebook in submission.notebooks] == ["tiny"]
        assert (submission.score, submission.max_score) == (4.0, 6.0)
        assert grades(gradebook, "ada") == {
            "scale_check": (3.0, False), "area_check": (1.0, False), "words": (None, True),
        }  # fmt: skip
        assert comments(gradebook, "ada") == {
            "scale": "3 of 3 points. Every check holds.",
            "area": "1 of 2 points. First to mend: It holds: it does not hold.",
            "words": None,
        }


def test_untouched_answers_get_what_nbgrader_gives(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """An untouched written answer is zero without a person, and says so."""
    write(course, tiny, [make("ada", scale=3, words="YOUR ANSWER HERE")])
    with book(course) as gradebook:
        assert grades(gradebook, "ada")["words"] == (0.0, False)
        assert comments(gradebook, "ada")["words"] == "No response."
        assert not gradebook.find_submission("tiny", "ada").needs_manual_grade


def test_our_own_errors_have_no_score(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """A grader_error waits for a person in every cell; its comment says whose fault it is."""
    write(course, tiny, [make("ada", scale=3, **BROKEN)])
    with book(course) as gradebook:
        assert set(grades(gradebook, "ada").values()) == {(None, True)}
        assert set(comments(gradebook, "ada").values()) == {
            "Not graded yet, by our fault and not yours: a person will look at it."
        }


def test_unreadable_is_zero_and_told(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """An unreadable submission has no points, and the reason beside every answer."""
    write(course, tiny, [make("ada", **UNREADABLE)])
    with book(course) as gradebook:
        assert set(grades(gradebook, "ada").values()) == {(0.0, False)}
        assert set(comments(gradebook, "ada").values()) == {"Not graded: the file is empty"}


def test_twice_is_once(course: Path, tiny: Assignment, make: Make) -> None:
    """Writing the same records again changes no row and no notebook."""
    records = [make("ada", scale=3), make("bob", area=2), make("eve", **UNREADABLE)]
    write(course, tiny, records)
    before = dump(course)
    assert write(course, tiny, records).notebooks == 0
    assert dump(course) == before


def test_regrading_updates_scores(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """A changed verdict replaces the automatic score and comment; others stay."""
    write(course, tiny, [make("ada", scale=1), make("bob", area=2)])
    assert write(course, tiny, [make("ada", scale=3), make("bob", area=2)]).notebooks == 1
    with book(course) as gradebook:
        assert grades(gradebook, "ada")["scale_check"] == (3.0, False)
        assert comments(gradebook, "ada")["scale"] == "3 of 3 points. Every check holds."
        assert grades(gradebook, "bob")["area_check"] == (2.0, False)


def test_a_repaired_grader_error_gets_its_score(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """Graded at the second try, nothing waits for a person any more but what must."""
    write(course, tiny, [make("ada", **BROKEN)])
    write(course, tiny, [make("ada", scale=3, area=2)])
    with book(course) as gradebook:
        assert grades(gradebook, "ada") == {
            "scale_check": (3.0, False), "area_check": (2.0, False), "words": (None, True),
        }  # fmt: skip


def enter_by_hand(gradebook: Any, student: str) -> None:
    """What an instructor types into the formgrader."""
    for cell in ("words", "scale_check"):
        grade = gradebook.find_grade(cell, "tiny", "tiny", student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.75, 0.5, False
    gradebook.find_comment("scale", "tiny", "tiny", student).manual_comment = "Well done."
    gradebook.db.commit()


def by_hand(gradebook: Any, student: str) -> set[tuple[float | None, float | None, str | None]]:
    """The same, read again."""
    comment = gradebook.find_comment("scale", "tiny", "tiny", student)
    found = [
        gradebook.find_grade(cell, "tiny", "tiny", student) for cell in ("words", "scale_check")
    ]
    return {(grade.manual_score, grade.extra_credit, comment.manual_comment) for grade in found}


def test_what_was_entered_by_hand_stays(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """Regrading, in whatever direction, touches no manual score, comment or extra credit."""
    write(course, tiny, [make("ada", scale=3)])
    with book(course) as gradebook:
        enter_by_hand(gradebook, "ada")
    for record in (make("ada", scale=3), make("ada", scale=0), make("ada", **BROKEN)):
        write(course, tiny, [record])
        with book(course) as gradebook:
            assert by_hand(gradebook, "ada") == {(0.75, 0.5, "Well done.")}


def test_what_is_graded_by_hand_stays_graded(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """Unchanged records do not ask for a second look; a changed score beside a manual one does."""
    write(course, tiny, [make("ada", scale=3)])
    with book(course) as gradebook:
        enter_by_hand(gradebook, "ada")
    write(course, tiny, [make("ada", scale=3, area=2)])
    with book(course) as gradebook:
        assert grades(gradebook, "ada")["words"] == (None, False)
        assert grades(gradebook, "ada")["scale_check"] == (3.0, False)
    write(course, tiny, [make("ada", scale=1)])
    with book(course) as gradebook:
        assert grades(gradebook, "ada")["scale_check"] == (1.0, True)


def test_a_new_written_answer_is_read_again(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """Handed in again with another text, it asks for a person; its old manual score stays."""
    write(course, tiny, [make("ada", scale=3)])
    with book(course) as gradebook:
        enter_by_hand(gradebook, "ada")
    write(course, tiny, [make("ada", scale=3, words="On second thoughts, no.")])
    with book(course) as gradebook:
        assert grades(gradebook, "ada")["words"] == (None, True)
        assert grades(gradebook, "ada")["scale_check"] == (3.0, False)
        assert by_hand(gradebook, "ada") == {(0.75, 0.5, "Well done.")}


def test_students_who_were_there_stay(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """Names that an instructor imported are kept."""
    with book(course) as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace")
    write(course, tiny, [make("ada", scale=3)])
    with book(course) as gradebook:
        assert gradebook.find_student("ada").last_name == "Lovelace"


def test_rows_of_another_assignment_stay(
    course: Path, tiny: Assignment, make: Make, book: Any
) -> None:
    """The same student handed in something else, too: each assignment has a row of its own."""
    write(course, tiny, [make("ada")])
    columns = "student_id, timestamp, count(n.id)"
    other = (
        f"SELECT {columns} FROM submitted_assignment s LEFT JOIN submitted_notebook n"
        " ON n.assignment_id = s.id WHERE s.assignment_id = 'other'"
    )
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("DELETE FROM grade")
        database.execute("DELETE FROM comment")
        database.execute("DELETE FROM submitted_notebook")
        database.execute(
            "INSERT INTO assignment(id, name, course_id) SELECT 'other', 'other', "
            "course_id FROM assignment"
        )
        moved = "UPDATE submitted_assignment SET assignment_id = 'other', timestamp = '2026-02-01'"
        database.execute(moved)
    database.close()
    write(course, tiny, [make("ada", scale=3), make("bob", scale=1)])
    with sqlite3.connect(course / "gradebook.db") as database:
        assert list(database.execute(other)) == [("ada", "2026-02-01", 0)]
    database.close()
    with book(course) as gradebook:
        both = gradebook.assignment_submissions("tiny")
        assert {one.student.id: one.score for one in both} == {"ada": 3.0, "bob": 1.0}


def test_some_were_written_before(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """Of one batch: whose scores are whose."""
    write(course, tiny, [make("ada", scale=3), make("cyd", scale=2)])
    write(course, tiny, [make("zoe", scale=1), make("cyd", scale=1), make("ada"), make("bob")])
    with book(course) as gradebook:
        found = [(one.student.id, one.score) for one in gradebook.assignment_submissions("tiny")]
    assert sorted(found) == [("ada", 0.0), ("bob", 0.0), ("cyd", 1.0), ("zoe", 1.0)]


def test_a_thousand_students(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """More rows than a statement takes parameters."""
    write(course, tiny, [make(f"s{number}", scale=3) for number in range(1000)])
    with book(course) as gradebook:
        assert gradebook.average_assignment_score("tiny") == 3.0


def test_added_cells_have_no_rows(course: Path, tiny: Assignment, make: Make, book: Any) -> None:
    """A student's own cells are in the notebook and not in the gradebook."""
    own = CellRecord(grade_id="", cell_type="code", role=CellRole.OWN, source="print(1)")
    write(course, tiny, [make("ada", scale=3, own=(own,))])
    with book(course) as gradebook:
        assert len(grades(gradebook, "ada")) == 3
