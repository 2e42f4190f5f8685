"""The gradebook's database, file or server: opened for one transaction; what is wrong, in words.

No message holds the password of a db_url, and none the rows that were refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from autograder.config import Assignment
from autograder.gradebook.course import database_url
from autograder.gradebook.errors import GradebookError

LOCK_SECONDS = 30
"""How long somebody else's write is waited for."""
CONNECT_SECONDS = 15
"""How long a server may take to answer at all."""
NAME_LENGTH = 128
"""nbgrader's width of a student's id: SQLite takes more, servers do not."""
OUR_LOCK = 0x6175746F
"""The advisory lock of our writers, within one database of PostgreSQL."""
INDEXES = {
    "autograder_submitted": ("submitted_notebook", "assignment_id"),
    "autograder_grade_notebook": ("grade", "notebook_id"),
    "autograder_grade_cell": ("grade", "cell_id"),
    "autograder_comment_notebook": ("comment", "notebook_id"),
}
"""What nbgrader looks for in every page of its formgrader, and has no index of: table, column."""
DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary"}
"""Drivers of PostgreSQL, and the packages that bring them together with the client library."""
EXAMPLE = "postgresql://user:password@host:5432/database"


def place_of(url: URL) -> str:
    """A database's url without any password in it."""
    secret = {key: "***" for key in url.query if "password" in key.lower()}
    # The mask is put in after rendering: quoted, it would be unreadable.
    shown = url.difference_update_query(secret).update_query_dict(secret) if secret else url
    return shown.render_as_string().replace("%2A%2A%2A", "***")


def _url(course: Path) -> URL:
    """Where the gradebook of ``course`` is.

    Raises:
        GradebookError: its configuration names no url; the message does not repeat it.
    """
    where = f"the db_url that nbgrader has for {course} (see nbgrader_config.py there)"
    encode = "In a password write @ as %40, / as %2F, : as %3A."
    try:
        url = make_url(database_url(course))
    except (SQLAlchemyError, ValueError):
        raise GradebookError(
            f"{where} is no database url; one looks like {EXAMPLE}. {encode}"
        ) from None
    if "@" in (url.host or ""):
        raise GradebookError(f"{where} has two @ before its host. {encode}")
    return url


def _engine(url: URL) -> Engine:
    """An engine that waits as long as we say, for locks and for servers.

    Raises:
        GradebookError: the kind of database is unknown, or its driver is not installed.
    """
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        arguments["timeout"] = LOCK_SECONDS
    try:
        if url.get_dialect().driver in DRIVERS and "connect_timeout" not in url.query:
            arguments["connect_timeout"] = CONNECT_SECONDS
        engine = create_engine(url, connect_args=arguments)
    except NoSuchModuleError:
        raise GradebookError(
            f"SQLAlchemy knows no database {url.drivername!r}, which db_url begins with: "
            f"mend nbgrader_config.py. One of PostgreSQL looks like {EXAMPLE}"
        ) from None
    except ImportError as error:
        driver = url.get_dialect().driver
        package = DRIVERS.get(driver, driver)
        raise GradebookError(
            f"the gradebook at {place_of(url)} needs the driver {driver!r}, which this environment "
            f"lacks ({error}): python -m pip install '{package}'"
        ) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _: Any) -> None:
    """One writer, read by others meanwhile: foreign keys checked."""
    connection.execute("PRAGMA foreign_keys = ON")


def check_reachable(course: Path) -> None:
    """Whether the server of this course's gradebook lets us in; a file may be there or not.

    Raises:
        GradebookError: it does not; says what to do.
    """
    course = course.resolve()
    if not course.is_dir():
        return
    url = _url(course)
    engine = _engine(url)
    if url.get_backend_name() == "sqlite":
        return
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        raise _unreachable(url, error) from error
    finally:
        engine.dispose()


@contextlib.contextmanager
def opened(course: Path, assignment: Assignment) -> Iterator[Connection]:
    """One transaction on the gradebook of ``course``.

    Raises:
        GradebookError: there is no gradebook, or it refused what was done inside.
    """
    url = _url(course)
    place = place_of(url)
    none = (
        f"there is no gradebook at {place}; release the assignment first: "
        f"autograder release {assignment.id} --course {course}"
    )
    file = url.get_backend_name() == "sqlite"
    if file and url.database and not Path(url.database).is_file():
        raise GradebookError(none)
    engine = _engine(url)
    try:
        if not file:
            try:
                engine.connect().close()
            except SQLAlchemyError as error:
                raise _unreachable(url, error) from error
        with engine.begin() as connection:
            if not inspect(connection).has_table("assignment"):
                raise GradebookError(none)
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}"))
            yield connection
    except (OperationalError, IntegrityError) as error:
        raise GradebookError(
            f"the gradebook at {place} cannot be written: {_said(error)}. If a formgrader or "
            "another nbgrader command is open on it, close that and run the same command again. "
            "Every record is kept."
        ) from error
    except SQLAlchemyError as error:
        raise GradebookError(
            f"the gradebook at {place} cannot be written: {_said(error)}"
        ) from error
    finally:
        engine.dispose()


def _said(error: SQLAlchemyError) -> str:
    """The first line of what the database said: the rest may hold grades and comments."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__


def _unreachable(url: URL, error: SQLAlchemyError) -> GradebookError:
    """Nothing was asked yet: what to look at, before what the server said."""
    whole = str(getattr(error, "orig", None) or error)
    said = "; ".join(line.strip() for line in whole.splitlines() if line.strip())
    return GradebookError(
        f"the gradebook at {place_of(url)} cannot be reached. Is the server running, are user and "
        "password right, and was the database made (createdb)? What is used is db_url in "
        f"nbgrader_config.py. The answer was: {said}"
    )


def settle(connection: Connection, students: Sequence[str]) -> None:
    """Before the first row: one writer of ours at a time, indexes, names that fit.

    Raises:
        GradebookError: a student's name is longer than the database takes.
    """
    fitting(connection, students)
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({OUR_LOCK})"))
    _index(connection)


def fitting(connection: Connection, students: Sequence[str]) -> None:
    """Names that a server's column takes.

    Raises:
        GradebookError: one is longer; nothing would be written for anybody.
    """
    long = [student for student in students if len(student) > NAME_LENGTH]
    if long and connection.dialect.name != "sqlite":
        raise GradebookError(
            f"the folder submitted/{long[0]} has a name of {len(long[0])} characters; this "
            f"gradebook takes {NAME_LENGTH}. Rename it."
        )


def _index(connection: Connection) -> None:
    """What makes nbgrader's pages fast; where we may not add it, they are as slow as before.

    What is there already is not asked for again: asking alone would wait for every other writer.
    """
    tables = sorted({table for table, _ in INDEXES.values()})
    found = inspect(connection).get_multi_indexes(filter_names=tables)
    there = {index["name"] for indexes in found.values() for index in indexes}
    quote = connection.dialect.identifier_preparer.quote
    for name, (table, column) in INDEXES.items():
        if name in there:
            continue
        # Whoever may write a table in PostgreSQL need not own it.
        with contextlib.suppress(ProgrammingError), connection.begin_nested():
            connection.execute(
                text(f"CREATE INDEX IF NOT EXISTS {name} ON {quote(table)} ({quote(column)})")
            )
