"""The entries of a zip that may be opened: judged by what the zip says of them, before any is."""

from __future__ import annotations

import datetime
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from autograder.runner.collect.names import is_notebook
from autograder.runner.collect.notes import Notes

MIB = 2**20
MAX_FILE = 32 * MIB
MAX_ZIP = 256 * MIB
"""A student's zip may hold data besides the notebook."""
MAX_ENTRIES = 100_000
MAX_STUDENT_ENTRIES = 10_000
MAX_STUDENT_INDEX = 4 * MIB
"""Of a student's zip: the list of its entries, which is read before they can be counted."""
MAX_RATIO = 200
STAMP = "timestamp.txt"
JUNK = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
ORDINARY = (0, stat.S_IFREG, stat.S_IFDIR)
"""Kinds of files; many tools do not state one."""


def wanted(path: PurePosixPath) -> bool:
    """A notebook, a zip that may hold one, or when it was handed in."""
    return is_notebook(path.name) or path.suffix.lower() == ".zip" or path.name == STAMP


def is_junk(path: PurePosixPath) -> bool:
    """What macOS, Windows and Jupyter add, and hidden folders."""
    hidden = any(part.startswith(".") and part != ".." for part in path.parts[:-1])
    return (
        hidden
        or path.name.startswith("._")
        or any(part.casefold() in JUNK for part in path.parts)
    )  # fmt: skip


def safe(
    entries: list[zipfile.ZipInfo],
    prefix: PurePosixPath,
    outer: PurePosixPath | None,
    notes: Notes,
) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The entries that may be opened, with where they lie; the others are noted."""
    for entry in entries:
        name = _name(entry)
        path = prefix / name.lstrip("/")
        if not name or entry.is_dir() or is_junk(path):
            continue
        problem = _refused(entry, name, path)
        if problem:
            notes.add(path, f"{problem}, left out", outer)
        else:
            yield entry, path


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name; many tools write UTF-8 without saying so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/")


def _refused(entry: zipfile.ZipInfo, name: str, path: PurePosixPath) -> str:
    """Why an entry is not unpacked; empty when it may be."""
    if name.startswith("/") or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        return "its path leads out of the archive"
    if stat.S_IFMT(entry.external_attr >> 16) not in ORDINARY:
        return "a symbolic link or no ordinary file"
    if not wanted(path):
        return ""
    if entry.flag_bits & 1:
        return "encrypted (ask for it without a password)"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed by a method that no LMS uses (ask for a plain zip)"
    limit = MAX_ZIP if path.suffix.lower() == ".zip" else MAX_FILE
    if entry.file_size > limit:
        return f"over {limit // MIB} MiB"
    if entry.file_size > MIB and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        return f"shrunk more than {MAX_RATIO}-fold: a zip bomb"
    return ""


def moment(entry: zipfile.ZipInfo) -> float:
    """When a file was written, as its zip says, in this machine's time zone."""
    try:
        return datetime.datetime(*entry.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def index_bytes(path: Path) -> int:
    """The size of a zip's list of entries, from its last record."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = len(tail) - 22 if tail[-22:-18] == b"PK\x05\x06" else tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return 0  # no zip: zipfile says so
    if tail[max(0, at - 20) : at][:4] == b"PK\x06\x07":
        large = tail[max(0, at - 76) : at - 20]  # a zip64 states it in a record of its own
        stated = large[:4] == b"PK\x06\x06" and len(large) == 56
        return int(struct.unpack_from("<Q", large, 40)[0]) if stated else size
    return int(struct.unpack_from("<L", tail, at + 12)[0])
