"""Sorting what a learning management system hands out into ``submitted/``, trusting nothing in it.

Understood are a zip or a folder with one of

- ``<student>/.../name.ipynb`` (one folder a student, nbgrader's own layout included);
- ``<student>_..._name.ipynb`` or ``<student>.ipynb`` (Canvas, Moodle and most others);
- a zip a student in place of the notebook.

Nothing is overwritten unless asked; links, encrypted entries and bombs are refused one by one.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.config import Assignment

MAX_FILE = 32 * 2**20
MAX_TOTAL = 4 * 2**30
MAX_ENTRIES = 100_000
MAX_RATIO = 200
STUDENT = re.compile(r"[^\w.@-]+")


class CollectError(ValueError):
    """Nothing could be collected; says what was expected and what to do."""


@dataclass(frozen=True)
class CollectSummary:
    """How many submissions were written or kept, and what was left out and why."""

    collected: int
    kept: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    path: PurePosixPath
    data: bytes


def collect(
    source: Path, assignment: Assignment, course: Path, *, replace: bool = False
) -> CollectSummary:
    """Write each student's notebook to ``course/submitted/<student>/<assignment>/``.

    Raises:
        CollectError: ``source`` is neither zip nor folder, cannot be read, or holds no notebook.
    """
    notes: list[str] = []
    found = list(_notebooks(source, notes))
    if not found:
        listed = f" ({'; '.join(notes[:5])})" if notes else ""
        raise CollectError(
            f"found no notebook in {source}{listed}. Expected a zip or a folder with one folder, "
            "notebook or zip a student, as an LMS hands them out."
        )
    collected = kept = 0
    seen: set[str] = set()
    for one in found:
        student = _student(one.path, assignment)
        if not student:
            notes.append(f"{_printable(one.path)}: no student can be told from its name")
            continue
        if student.casefold() in seen:
            notes.append(f"{_printable(one.path)}: a second notebook of {student}, left out")
            continue
        seen.add(student.casefold())
        if _place(course, student, assignment, one.data, replace):
            collected += 1
        else:
            kept += 1
    if kept:
        notes.append(f"{kept} were there before; --replace overwrites them")
    return CollectSummary(collected, kept, tuple(notes))


def _place(course: Path, student: str, assignment: Assignment, data: bytes, replace: bool) -> bool:
    folder = course / "submitted" / student / assignment.id
    target = folder / assignment.notebook
    if os.path.lexists(target) and not replace:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{assignment.notebook}.part"
    temporary.write_bytes(data)
    temporary.replace(target)
    return True


def _notebooks(source: Path, notes: list[str]) -> Iterator[_Found]:
    if source.is_dir():
        yield from _in_folder(source, notes)
        return
    if not source.is_file():
        raise CollectError(f"there is no {source}. Give the zip or the folder that your LMS made.")
    try:
        with source.open("rb") as file:
            yield from _in_zip(file.read(MAX_TOTAL), PurePosixPath(), notes, depth=0)
    except zipfile.BadZipFile as error:
        raise CollectError(
            f"{source} is neither a zip nor a folder ({error}). Other archives: unpack them into a "
            "folder and give that."
        ) from error


def _in_folder(source: Path, notes: list[str]) -> Iterator[_Found]:
    for folder, folders, names in os.walk(source, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            relative = PurePosixPath(path.relative_to(source).as_posix())
            about = path.lstat()
            if not stat.S_ISREG(about.st_mode):
                notes.append(f"{_printable(relative)}: a link or special file, left out")
            elif about.st_size > MAX_FILE:
                notes.append(f"{_printable(relative)}: over {MAX_FILE // 2**20} MiB, left out")
            elif name.lower().endswith(".ipynb"):
                yield _Found(relative, path.read_bytes())
            elif name.lower().endswith(".zip"):
                yield from _nested(path.read_bytes(), relative, notes, depth=0)


def _in_zip(data: bytes, prefix: PurePosixPath, notes: list[str], depth: int) -> Iterator[_Found]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise CollectError(f"the archive has {len(entries)} entries, over {MAX_ENTRIES}")
        total = 0
        for entry in entries:
            path = prefix / entry.filename.replace("\\", "/")
            problem = _refused(entry)
            total += entry.file_size
            if total > MAX_TOTAL:
                raise CollectError(f"the archive unpacks to more than {MAX_TOTAL // 2**30} GiB")
            if entry.is_dir() or "__MACOSX" in path.parts:
                continue
            if problem:
                notes.append(f"{_printable(path)}: {problem}, left out")
                continue
            lower = entry.filename.lower()
            if lower.endswith((".ipynb", ".zip")):
                try:
                    content = archive.read(entry)
                except (RuntimeError, zipfile.BadZipFile, OSError, NotImplementedError) as error:
                    notes.append(f"{_printable(path)}: cannot be unpacked ({error}), left out")
                    continue
                if lower.endswith(".ipynb"):
                    yield _Found(path, content)
                else:
                    yield from _nested(content, path, notes, depth)


def _nested(data: bytes, path: PurePosixPath, notes: list[str], depth: int) -> Iterator[_Found]:
    """A zip within: one level is what LMS make, more is somebody playing."""
    if depth >= 2:
        notes.append(f"{_printable(path)}: zips within zips within zips, left out")
        return
    try:
        yield from _in_zip(data, path.with_suffix(""), notes, depth + 1)
    except zipfile.BadZipFile:
        notes.append(f"{_printable(path)}: a damaged zip, left out")


def _refused(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not unpacked; empty when it may be."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or re.match(r"^[A-Za-z]:", name):
        return "its path leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a symbolic link"
    if entry.flag_bits & 1:
        return "encrypted"
    if entry.file_size > MAX_FILE:
        return f"over {MAX_FILE // 2**20} MiB"
    if (
        entry.compress_size
        and entry.file_size / entry.compress_size > MAX_RATIO > 0
        and (entry.file_size > 2**20)
    ):
        return "compressed beyond belief"
    return ""


def _student(path: PurePosixPath, assignment: Assignment) -> str:
    """The student's id: the folder, or the first part of the file's name."""
    parts = [part for part in path.parts[:-1] if part not in ("submitted", assignment.id)]
    if parts:
        name = parts[-1].partition("_")[0] if "_assignsubmission_" in parts[-1] else parts[-1]
    else:
        name = path.stem.partition("_")[0]
        if name.casefold() == assignment.id.casefold():
            return ""
    cleaned = STUDENT.sub("-", name.strip()).strip(".-")
    return cleaned[:100]


def _printable(path: PurePosixPath) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(path))[:120]
