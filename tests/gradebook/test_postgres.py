"""A course whose gradebook is a real PostgreSQL server: what differs there from a file."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from autograder.build.release import ReleaseError, release
from autograder.config import Assignment
from autograder.gradebook import GradebookError, check_reachable, check_released, write
from autograder.gradebook.tables import Tables
from autograder.records import SubmissionRecord

if TYPE_CHECKING:
    from benchmarks.postgres_server import Server

Make = Callable[..., SubmissionRecord]
Hand = Callable[..., Path]
Opened = Callable[[str], contextlib.AbstractContextManager[Connection]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own, in no hurry to reach the disk."""
    from benchmarks.postgres_server import NoServer, programs
    from benchmarks.postgres_server import server as started

    try:
        programs()
    except NoServer as error:
        pytest.skip(str(error))
    with started(durable=False) as running:
        yield running


def configure(course: Path, url: str, *, named: bool = True) -> Path:
    """A course folder whose configuration names this database."""
    course.mkdir(parents=True, exist_ok=True)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n")
        file.write("c.CourseDirectory.course_id = 'cnn'\n" if named else "")
    return course


@pytest.fixture(scope="module")
def first(server: Server, tiny: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny assignment released by real nbgrader into the database ``released``."""
    course = configure(tmp_path_factory.mktemp("postgres") / "course", server.create("released"))
    release(tiny, course)
    return course


@pytest.fixture
def url(server: Server, first: Path, request: pytest.FixtureRequest) -> str:
    """A fresh copy of the released database."""
    return server.create(request.node.name[:60], template="released")


@pytest.fixture
def course(first: Path, url: str, tmp_path: Path) -> Path:
    """A fresh copy of the released course with its database."""
    shutil.copytree(first, tmp_path / "course")
    return configure(tmp_path / "course", url)


@contextlib.contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Somebody else's transaction on the database."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with connected(url) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_release_and_write(course: Path, url: str, tiny: Assignment, make: Make) -> None:
    """What is released is found, what is written is there, and no file is made beside it."""
    check_reachable(course)
    check_released(course, tiny)
    write(course, tiny, [make("ada", scale=3, area=1), make("bob", scale=1.5)])
    found = rows(
        url,
        "select student_id, sum(auto_score), bool_or(needs_manual_grade) from grade"
        " join submitted_notebook n on n.id = grade.notebook_id"
        " join submitted_assignment s on s.id = n.assignment_id group by 1 order by 1",
    )
    assert found == [("ada", 4.0, True), ("bob", 1.5, True)]
    assert not (course / "gradebook.db").exists()


def test_indexes_are_made_once(course: Path, url: str, tiny: Assignment, make: Make) -> None:
    """Once made they are not asked for: that would wait for whoever writes meanwhile."""
    write(course, tiny, [make("ada", scale=3)])
    made = rows(url, "select indexname from pg_indexes where indexname like 'autograder%'")
    assert len(made) == 4
    with connected(url) as other:
        other.execute(text("insert into student (id) values ('newcomer')"))
        other.execute(text("update comment set manual_comment = 'x' where false"))
        assert write(course, tiny, [make("ada", scale=2)]).submissions == 1


def test_twice_is_once(course: Path, url: str, tiny: Assignment, make: Make) -> None:
    """Writing the same records again changes no row."""
    records = [make("ada", scale=3), make("bob", area=2)]
    everything = "select * from grade order by id", "select * from comment order by id"
    write(course, tiny, records)
    before = [rows(url, query) for query in everything]
    assert write(course, tiny, records).notebooks == 0
    assert [rows(url, query) for query in everything] == before


def test_a_reader_is_in_nobodys_way(course: Path, url: str, tiny: Assignment, make: Make) -> None:
    """A formgrader keeps a transaction open after it has read."""
    with connected(url) as reader:
        reader.execute(text("select * from grade, comment, student"))
        assert write(course, tiny, [make("ada", scale=3)]).submissions == 1


def test_another_writer_is_waited_for_as_long_as_we_say(
    course: Path, url: str, tiny: Assignment, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the message says what to close; nothing is written, no notebook either."""
    write(course, tiny, [make("ada", scale=3)])
    monkeypatch.setattr("autograder.gradebook.database.LOCK_SECONDS", 0.2)
    with connected(url) as other:
        other.execute(text("update grade set manual_score = 1"))
        said = (
            r"\*\*\*@.*canceling statement due to lock timeout\. If a formgrader or another .*close"
        )
        with pytest.raises(GradebookError, match=said):
            write(course, tiny, [make("ada", scale=1), make("bob")])
    assert rows(url, "select id from student") == [("ada",)]
    assert not (course / "autograded" / "bob").exists()
    assert write(course, tiny, [make("ada", scale=1), make("bob")]).submissions == 2


def test_two_of_us_write_one_after_the_other(
    course: Path, url: str, tiny: Assignment, make: Make, tmp_path: Path
) -> None:
    """Two machines with one database each: the second waits, no student is added twice."""
    second = tmp_path / "second"
    shutil.copytree(course, second)
    for folder in (course, second):  # a configuration is read in its folder: not by two threads
        check_released(folder, tiny)
    records = [make(f"s{number}", scale=3) for number in range(50)]
    raised: list[BaseException] = []

    def run(folder: Path) -> None:
        try:
            write(folder, tiny, records)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(folder,)) for folder in (course, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert rows(url, "select count(*), count(distinct cell_id) from grade") == [(150, 3)]


def test_more_than_one_batch(
    course: Path, url: str, tiny: Assignment, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server sends what was asked for bit by bit; the second time nothing is written."""
    monkeypatch.setattr("autograder.gradebook.writer.BATCH", 2)
    monkeypatch.setattr("autograder.gradebook.tables.FETCHED", 2)
    records = [make(f"s{number}", scale=3) for number in range(5)]
    write(course, tiny, records)
    assert rows(url, "select count(*), count(distinct notebook_id) from grade") == [(15, 5)]
    monkeypatch.setattr(Tables, "write", None)  # whoever called it would raise
    assert write(course, tiny, records).submissions == 5


def test_a_course_moves_from_its_file_to_a_server(
    server: Server, tiny: Assignment, make: Make, tmp_path: Path
) -> None:
    """As docs/instructors.md says: release, set two lines, release again; the rest is kept."""
    moved = tmp_path / "course"
    release(tiny, moved)
    url = server.create("moved")
    with (moved / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f'c.CourseDirectory.course_id = "cnn"\nc.CourseDirectory.db_url = {url!r}\n')
    release(tiny, moved)
    assert write(moved, tiny, [make("ada", scale=3)]).submissions == 1
    assert rows(url, "select id from student") == [("ada",)]
    assert "ClassExportPlugin" in (moved / "nbgrader_config.py").read_text(encoding="utf-8")


def test_a_role_that_may_not_add_indexes(
    course: Path, server: Server, url: str, tiny: Assignment, make: Make
) -> None:
    """Who may write the tables need not own them: nbgrader would work, so do we."""
    with connected(url) as owner:
        owner.execute(text("create role assistant login password 'hunter2'"))
        owner.execute(text("grant all on all tables in schema public to assistant"))
    database = make_url(url).database
    assert database is not None
    configure(course, server.url(database, username="assistant", password="hunter2"))
    assert write(course, tiny, [make("ada", scale=3)]).submissions == 1
    assert rows(url, "select 1 from pg_indexes where indexname like 'autograder%'") == []


def test_times_are_utc_wherever_the_server_is(
    course: Path, server: Server, url: str, tiny: Assignment, make: Make, hand_in: Hand
) -> None:
    """UTC is kept without being named; a server's own zone must not move it."""
    server.run(f"alter database \"{make_url(url).database}\" set timezone to 'Asia/Kathmandu'")
    with connected(url) as teacher:
        teacher.execute(text("update assignment set duedate = '2026-03-01 09:00:00'"))
    hand_in(course, "ada", "2026-03-01 05:00:00 EST")
    hand_in(course, "bob", "2026-03-01T09:59:59.5+01:00")
    write(course, tiny, [make("ada", scale=3), make("bob", scale=3)])
    found = rows(url, "select student_id, timestamp from submitted_assignment")
    assert dict(found) == {
        "ada": datetime.datetime(2026, 3, 1, 10, 0),
        "bob": datetime.datetime(2026, 3, 1, 8, 59, 59, 500000),
    }


def test_an_extension_counts(
    course: Path, url: str, tiny: Assignment, make: Make, hand_in: Hand
) -> None:
    """An extension is an interval here and a number in a file; late penalties read both."""
    (course / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Late(BasePlugin):\n"
        "    def late_submission_penalty(self, student, score, seconds):\n"
        "        return 1.0\n",
        encoding="utf-8",
    )
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("c.AssignLatePenalties.plugin_class = 'late.Late'\n")
        file.write(f"import sys; sys.path.insert(0, {str(course)!r})\n")
    for student in ("ada", "bob"):
        hand_in(course, student, "2026-03-01 10:00:00 UTC")
    write(course, tiny, [make("ada", scale=3), make("bob", scale=3)])
    with connected(url) as teacher:
        teacher.execute(text("update assignment set duedate = '2026-03-01 09:00:00'"))
        teacher.execute(
            text("update submitted_assignment set extension = '2 hours' where student_id = 'bob'")
        )
    write(course, tiny, [make("ada", scale=3), make("bob", scale=3)])
    found = rows(
        url,
        "select student_id, late_submission_penalty from submitted_notebook n"
        " join submitted_assignment s on s.id = n.assignment_id order by 1",
    )
    assert found == [("ada", 1.0), ("bob", None)]


def test_a_name_that_does_not_fit(
    course: Path, tiny: Assignment, make: Make, hand_in: Hand
) -> None:
    """Told before an evening of grading, with the folder to rename."""
    hand_in(course, "n" * 129)
    said = r"submitted/n+ has a name of 129 characters; this gradebook takes 128\. Rename it"
    with pytest.raises(GradebookError, match=said):
        check_released(course, tiny)
    with pytest.raises(GradebookError, match=said):
        write(course, tiny, [make("n" * 129)])
    assert write(course, tiny, [make("n" * 128)]).submissions == 1


def test_a_course_without_a_name(server: Server, tiny: Assignment, tmp_path: Path) -> None:
    """A file lets nbgrader name a course that is not there; a server does not."""
    course = configure(tmp_path / "course", server.create("nameless"), named=False)
    with pytest.raises(
        ReleaseError, match=r"CourseDirectory\.course_id = 'course' to .*config\.py"
    ):
        release(tiny, course)
    configure(course, server.url("nameless"))
    release(tiny, course)


def test_released_into_no_database_yet(server: Server, tiny: Assignment, tmp_path: Path) -> None:
    """An empty database is reachable, and asks for a release."""
    course = configure(tmp_path / "course", server.create("empty"))
    check_reachable(course)
    with pytest.raises(GradebookError, match=r"no gradebook at postgresql.*\*\*\*@.*release the"):
        check_released(course, tiny)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"password": "hunter2"}, "password authentication failed for user"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody", "password": "hunter2"}, "password authentication failed for user"),
    ],
)
def test_not_let_in(
    server: Server, tiny: Assignment, tmp_path: Path, changes: dict[str, str], answer: str
) -> None:
    """The server's own words, what to look at, and no password."""
    url = server.url(**{"database": "postgres", **changes})
    course = configure(tmp_path / "course", url)
    for ask in (lambda: check_reachable(course), lambda: check_released(course, tiny)):
        with pytest.raises(GradebookError, match=r"cannot be reached\. Is the server runn") as told:
            ask()
        assert answer in str(told.value)
        assert "hunter2" not in str(told.value)
        assert server.password not in str(told.value)
