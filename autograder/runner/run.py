"""A bulk run: find submissions, leave out what is decided, grade the rest, keep every record."""

from __future__ import annotations

import functools
import itertools
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.config import Assignment
from autograder.printable import printable
from autograder.records import SubmissionStatus
from autograder.runner.again import Change, Task, is_decided, task
from autograder.runner.bench import Setting, verdict_key
from autograder.runner.crew import Crew, WorkersGone
from autograder.runner.executors import LocalSlot, patience
from autograder.runner.intake import file_digest, read_submission
from autograder.runner.journal import Journal, Records, journal_path
from autograder.runner.rounds import Progress, Rounds, Waiting
from autograder.sandbox import BoxUnavailable


class CourseError(ValueError):
    """The course folder is not one, or has nothing to grade; says what to do."""


@dataclass(frozen=True)
class RunSummary:
    """What a run did. ``records`` are those of all submissions, decided before or now."""

    records: Records
    graded: int
    unchanged: int
    errors: int
    unreadable: int
    seconds: float
    partly: int = 0
    """Of those graded, how many in some questions alone."""
    left_out: tuple[str, ...] = ()
    """Why workers got no work."""
    changes: tuple[Change, ...] = ()
    """Grades that changed though the submissions did not."""


@dataclass(frozen=True)
class Folders:
    """``submitted/<student>/<id>`` of each student, made when asked for: names take less room."""

    submitted: Path
    students: Sequence[str]
    id: str

    def __len__(self) -> int:
        return len(self.students)

    def __iter__(self) -> Iterator[Path]:
        return map(self.of, self.students)

    def of(self, student: str) -> Path:
        """One student's."""
        return self.submitted / student / self.id


def find_submissions(course: Path, assignment: Assignment) -> Folders:
    """``submitted/<student>/<assignment>`` of everybody, sorted by student.

    Raises:
        CourseError: there is no such course folder, or nobody handed in.
    """
    submitted = course / "submitted"
    if not submitted.is_dir():
        raise CourseError(
            f"{course} is no course folder with submissions: it has no folder 'submitted'. "
            f"Make one with `autograder release {assignment.id} --course {course}`, then put "
            f"submissions into submitted/<student>/{assignment.id}/ (`autograder collect` does)."
        )
    students = sorted(
        entry.name for entry in os.scandir(submitted) if not entry.name.startswith(".")
    )
    odd = [name for name in students if not _nameable(name)]
    if odd:
        raise CourseError(
            f"{submitted} has folders whose names are no text or hold control characters: "
            f"{', '.join(map(ascii, odd[:5]))}. Neither a gradebook nor a page can name these "
            "students: rename the folders."
        )
    students = [name for name in students if is_there(submitted / name / assignment.id)]
    if not students:
        raise CourseError(
            f"nobody handed in {assignment.id!r}: there is no submitted/<student>/{assignment.id} "
            f"in {course}. `autograder collect ARCHIVE {assignment.id} --course {course}` sorts in "
            "what an LMS hands out."
        )
    return Folders(submitted, students, assignment.id)


def is_there(folder: Path) -> bool:
    """Whether somebody has this folder; a broken link is there, and cannot be read.

    Raises:
        CourseError: nobody can tell, which is not the same as that it is not there.
    """
    try:
        os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise CourseError(
            f"{folder.parent} cannot be looked into ({error.strerror}), so nobody can tell whether "
            f"{folder.parent.name!r} handed in. Mend its permissions, or the disk, and give the "
            "same command again."
        ) from error
    return True


def handed_in(course: Path, assignments: Sequence[Assignment]) -> list[Assignment]:
    """Those of ``assignments`` that anybody handed in.

    Raises:
        CourseError: none of them.
    """
    students = [entry for entry in os.scandir(course / "submitted") if entry.name[0] != "."]
    found = [one for one in assignments if any(is_there(Path(s.path) / one.id) for s in students)]
    if not found:
        known = ", ".join(assignment.id for assignment in assignments)
        raise CourseError(
            f"nobody handed in anything that is known: submitted/<student>/ in {course} holds none "
            f"of {known}. `autograder collect ARCHIVE ID --course {course}` sorts in what an LMS "
            "hands out."
        )
    return found


def _nameable(name: str) -> bool:
    return printable(name) == name and "\n" not in name


def grade(
    assignment: Assignment,
    course: Path,
    *,
    workers: int = 1,
    setting: Setting | None = None,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    scheduler: str = "",
    finish: Callable[[RunSummary], object] = lambda _: None,
) -> RunSummary:
    """Grade every submission to ``assignment`` in ``course`` that is not decided yet.

    Each record is on disk before the next begins to matter, so the run may be killed at any moment
    and started again. Records of ``grader_error``, and of time lost on an overloaded machine, are
    never kept as decided: they are tried again alone, once now and once in each later run.
    ``meanwhile`` is called before the first is graded, while workers start. With the address of a
    Dask ``scheduler`` its workers grade, those that join meanwhile too, and none is started here.
    ``finish`` is called at the end, before another run may begin in this course: what it writes is
    of the newest records. Where workers or boxes fail in the middle it is called all the same, with
    what was decided.

    Raises:
        CourseError, CourseBusy, BoxUnavailable, WorkersGone: as named there.
        Exception: whatever ``meanwhile`` raises, nothing was graded then; whatever ``finish`` does.
    """
    started = time.perf_counter()
    setting = setting or Setting()
    folders = find_submissions(course, assignment)
    journal = Journal(journal_path(course, assignment.id))
    try:
        key = verdict_key(assignment, setting)
        undecided = _undecided(folders, assignment, journal, key)
        todo = deque(itertools.islice(undecided, max(1, workers)))
        left_out: tuple[str, ...] = ()
        stopped: WorkersGone | BoxUnavailable | None = None
        run = Rounds(assignment, setting, journal, progress, len(todo))
        if todo:
            crew = _crew(assignment, setting, min(workers, len(todo)), scheduler, key)

            def look() -> None:
                """Read the rest of the class while workers start."""
                todo.extend(undecided)
                run.total = len(todo)
                meanwhile()

            try:
                run.all(todo, functools.partial(_task, folders, journal, key), crew, look)
            except (WorkersGone, BoxUnavailable) as error:
                if not run.done:
                    raise
                stopped = error  # once what was decided has been written
            left_out = tuple(crew.left_out)
        else:
            meanwhile()
        students = [name for name in folders.students if name in journal.heads]
        records = journal.select(students)
        status = Counter(head.status for head in records.heads)
        summary = RunSummary(
            records,
            graded=run.done,
            unchanged=len(folders) - run.total,
            errors=status[SubmissionStatus.GRADER_ERROR],
            unreadable=status[SubmissionStatus.UNREADABLE],
            seconds=time.perf_counter() - started,
            partly=run.partly,
            left_out=left_out,
            changes=tuple(sorted(run.changes, key=lambda change: change.student)),
        )
        finish(summary)
        if stopped is not None:
            raise stopped
        return summary
    finally:
        journal.close()


def _crew(
    assignment: Assignment, setting: Setting, workers: int, scheduler: str, key: dict[str, str]
) -> Crew:
    """Processes of this machine, one a core, or what a scheduler has."""
    if scheduler:
        from autograder.runner.remote import connect

        return connect(scheduler, assignment, setting, key)
    toml = assignment.folder / "assignment.toml"
    return Crew([LocalSlot(toml, setting, patience(assignment)) for _ in range(max(1, workers))])


def _undecided(
    folders: Folders, assignment: Assignment, journal: Journal, key: Mapping[str, str]
) -> Iterator[Waiting]:
    """What is not decided yet; how much of it, is looked up when its turn comes."""
    last: list[Waiting] = []  # workers may have died over them
    for student, folder in zip(folders.students, folders, strict=True):
        head = journal.heads.get(student)
        if head is not None and head.file and head.file == file_digest(folder, assignment):
            digest = head.submission  # the same bytes say the same
        else:
            digest = read_submission(folder, assignment).digest[:16]
        if not is_decided(head, digest, key):
            waiting = Waiting(student, digest)
            if head is not None and head.status == SubmissionStatus.GRADER_ERROR:
                last.append(waiting)
            else:
                yield waiting
    yield from last


def _task(folders: Folders, journal: Journal, key: Mapping[str, str], waiting: Waiting) -> Task:
    """What is to be done for one that waited, under the whole ``key`` of its verdict."""
    folder = folders.of(waiting.student)
    return task(folder, journal.get(waiting.student), {"submission": waiting.digest, **key})
