"""What was written already is not read again, and whatever is missing of it is written anew."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.gradebook import ledger, write
from autograder.gradebook.ledger import Listed
from autograder.records import SubmissionRecord

Make = Callable[..., SubmissionRecord]
Hand = Callable[..., Path]


class Counted(Listed):
    """Counts how many records are read."""

    reads = 0

    def __getitem__(self, at: int) -> SubmissionRecord:
        """As ever, counted."""
        self.reads += 1
        return super().__getitem__(at)


@pytest.fixture
def put(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand
) -> Callable[..., tuple[int, int]]:
    """Write ada and bob, written once before; how many records were read, how many files made."""

    def again(*records: SubmissionRecord) -> tuple[int, int]:
        source = Counted(records or (make("ada", scale=3), make("bob", area=2)))
        written = write(course, tiny, source)
        assert written.submissions == 2
        return source.reads, written.notebooks

    for student in ("ada", "bob"):
        hand_in(course, student)
    assert again() == (2, 2)
    return again


def state(course: Path) -> tuple[list[str], dict[str, bytes]]:
    """The gradebook as SQL without the ids of rows, and all autograded files."""
    columns = "student_id, timestamp, auto_score, needs_manual_grade, c.name"
    rows = (
        f"SELECT {columns} FROM submitted_assignment s JOIN submitted_notebook n"
        " ON n.assignment_id = s.id JOIN grade g ON g.notebook_id = n.id"
        " JOIN base_cell c ON c.id = g.cell_id ORDER BY 1, 5"
    )
    with sqlite3.connect(course / "gradebook.db") as database:
        found = [repr(row) for row in database.execute(rows)]
        comments = database.execute("SELECT auto_comment FROM comment ORDER BY 1")
        found += [repr(row) for row in comments]
    database.close()
    root = course / "autograded"
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    return found, files


def sql(course: Path, statement: str) -> None:
    """Change the gradebook behind our back."""
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute(statement)
    database.close()


def nothing(_: Path) -> None:
    """Leave everything as it is."""


def notebook_gone(course: Path) -> None:
    """Somebody tidied up."""
    shutil.rmtree(course / "autograded" / "ada")


def notebook_edited(course: Path) -> None:
    """As `nbgrader autograde` would, run by mistake."""
    (course / "autograded" / "ada" / "tiny" / "tiny.ipynb").write_text("{}")


def notebook_linked(course: Path) -> None:
    """A link stands in the notebook's place."""
    path = course / "autograded" / "ada" / "tiny" / "tiny.ipynb"
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def grades_gone(course: Path) -> None:
    """As `nbgrader db student remove` leaves it, or a restored gradebook."""
    sql(course, "DELETE FROM grade WHERE rowid = (SELECT min(rowid) FROM grade)")


def comments_gone(course: Path) -> None:
    """A comment was lost."""
    sql(course, "DELETE FROM comment WHERE rowid = (SELECT min(rowid) FROM comment)")


def grade_changed(course: Path) -> None:
    """An automatic score is another."""
    sql(course, "UPDATE grade SET auto_score = 99 WHERE auto_score = 3")


def grades_moved(course: Path) -> None:
    """The same sum, from other questions."""
    point = "UPDATE grade SET auto_score = {} WHERE cell_id = (SELECT id FROM base_cell WHERE name"
    of_ada = (
        "= '{}') AND notebook_id = (SELECT n.id FROM submitted_notebook n JOIN submitted_assignment"
        " s ON n.assignment_id = s.id WHERE s.student_id = 'ada')"
    )
    for cell, score in (("scale_check", 2), ("area_check", 1)):
        sql(course, f"{point.format(score)} {of_ada.format(cell)}")


def comment_changed(course: Path) -> None:
    """What a student reads is of before, as in a restored gradebook."""
    sql(course, "UPDATE comment SET auto_comment = 'stale' WHERE auto_comment LIKE '3 of 3%'")


def time_changed(course: Path) -> None:
    """So is when somebody handed in."""
    sql(course, "UPDATE submitted_assignment SET timestamp = NULL WHERE student_id = 'ada'")


def stamp_gone(course: Path) -> None:
    """The formgrader needs it beside the notebook."""
    (course / "autograded" / "ada" / "tiny" / "timestamp.txt").unlink()


def ledger_torn(course: Path) -> None:
    """The ledger is no help any more."""
    path = course / ".autograder" / "tiny" / "written.jsonl"
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize(
    ("happens", "read"),
    [
        (nothing, 0),
        (notebook_gone, 1),
        (notebook_edited, 1),
        (notebook_linked, 1),
        (grades_gone, 1),
        (comments_gone, 1),
        (grade_changed, 1),
        (grades_moved, 1),
        (comment_changed, 1),
        (time_changed, 1),
        (stamp_gone, 1),
        (ledger_torn, 2),
    ],
)
def test_what_is_missing_is_written_again(
    course: Path, put: Callable[..., tuple[int, int]], happens: Callable[[Path], None], read: int
) -> None:
    """And nothing else is so much as read."""
    before = state(course)
    happens(course)
    reads, _ = put()
    assert reads == read
    assert state(course) == before
    assert put() == (0, 0)


def test_another_record_or_time_is_written(
    course: Path, put: Callable[..., tuple[int, int]], make: Make, hand_in: Hand
) -> None:
    """A new grade, a new hand-in time: of that student alone."""
    assert put(make("ada", scale=1), make("bob", area=2)) == (1, 1)
    hand_in(course, "bob", "2026-03-02 10:00:00 UTC")
    assert put(make("ada", scale=1), make("bob", area=2)) == (1, 1)
    moment = (course / "autograded" / "bob" / "tiny" / "timestamp.txt").read_text()
    assert moment == "2026-03-02 10:00:00 UTC"
    (course / "submitted" / "bob" / "tiny" / "timestamp.txt").unlink()
    assert put(make("ada", scale=1), make("bob", area=2)) == (1, 1)


@pytest.mark.parametrize("odd", [b"", b"  \n", b"2026-03-01 10:00:00 UTC" + b" " * 300 + b"junk"])
def test_a_stamp_that_would_stop_nbgrader_is_set_aside(
    course: Path, put: Callable[..., tuple[int, int]], odd: bytes
) -> None:
    """Also where nothing else changed."""
    stamp = course / "submitted" / "ada" / "tiny" / "timestamp.txt"
    stamp.write_bytes(odd)
    assert put() == (1, 1)
    assert not stamp.exists()
    assert put() == (0, 0)
    stamp.write_bytes(odd)
    put()
    assert not stamp.exists()


def test_more_than_fits_into_memory_at_once(
    course: Path, tiny: Assignment, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches, the last one short, write what one would."""
    monkeypatch.setattr("autograder.gradebook.writer.BATCH", 2)
    monkeypatch.setattr("autograder.gradebook.tables.FETCHED", 2)
    records = [make(f"s{number}", scale=number % 4) for number in range(5)]
    assert write(course, tiny, Counted(records)).notebooks == 5
    found, files = state(course)
    assert len(found) == 5 * 6
    assert len(files) == 5
    again = Counted(records)
    write(course, tiny, again)
    assert again.reads == 0


def test_other_code_writes_everything_again(
    put: Callable[..., tuple[int, int]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Feedback that would read otherwise is not kept because the record is the same."""
    package = tmp_path / "autograder"
    for room in ledger.WRITERS:
        shutil.copytree(ledger.PACKAGE / room, package / room)
    for name in ledger.ALSO:
        (package / name).parent.mkdir(exist_ok=True)
        shutil.copy(ledger.PACKAGE / name, package / name)
    monkeypatch.setattr(ledger, "PACKAGE", package)
    assert put() == (0, 0)
    table = package / "report" / "table.py"
    table.write_text(table.read_text() + "\n# edited\n")
    assert put() == (2, 0)


def test_penalties_follow_grades_by_hand(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand, book: Callable[..., object]
) -> None:
    """They are worked out for everybody each time, read or not."""
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.LateSubmissionPlugin.penalty_method = "zero"\n')
    hand_in(course, "ada", "2026-03-01 13:00:00 UTC")
    source: Iterable[SubmissionRecord] = [make("ada", scale=3)]
    write(course, tiny, source)
    sql(course, "UPDATE assignment SET duedate = '2026-03-01 12:00:00.000000'")
    for manual, penalty in ((None, 3.0), (2.5, 2.5)):
        if manual is not None:
            sql(course, f"UPDATE grade SET manual_score = {manual} WHERE auto_score = 3")
        again = Counted(source)
        write(course, tiny, again)
        assert again.reads == 0
        with sqlite3.connect(course / "gradebook.db") as database:
            (found,) = database.execute("SELECT late_submission_penalty FROM submitted_notebook")
        database.close()
        assert found == (penalty,)
