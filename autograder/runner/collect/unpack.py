"""Notebooks out of a zip or a folder, into a folder of ours, under limits.

Links are never followed, nothing is written where an archive says, what is too large or does not
unpack costs only itself.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.runner.collect.download import Download, Found
from autograder.runner.collect.names import is_notebook
from autograder.runner.collect.notes import CollectError, printable
from autograder.runner.collect.zips import (
    MAX_ENTRIES,
    MAX_FILE,
    MAX_STUDENT_ENTRIES,
    MAX_STUDENT_INDEX,
    MAX_ZIP,
    MIB,
    STAMP,
    index_bytes,
    is_junk,
    moment,
    safe,
    wanted,
)

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError,
    struct.error,
)  # fmt: skip


def unpack(source: Path, staging: Path) -> Download:
    """All notebooks in a zip or folder.

    Raises:
        CollectError: it is neither, is damaged, or has too many entries.
    """
    download = Download(staging)
    try:
        if source.is_dir():
            _folder(source, download)
            return download
        if not source.is_file():
            what = "is no file" if os.path.lexists(source) else "does not exist"
            raise CollectError(f"{source} {what}. Give the zip or the folder that your LMS made.")
        archive = zipfile.ZipFile(source)
    except OSError as error:
        raise CollectError(
            f"{source} cannot be read: {error.strerror or error}. Mend its permissions, or "
            "download it again."
        ) from error
    except CollectError:
        raise
    except DAMAGED as error:
        raise CollectError(_no_zip(source)) from error
    with archive:
        _entries(archive, PurePosixPath(), None, download)
    return download


def _no_zip(source: Path) -> str:
    with source.open("rb") as file:
        head = file.read(8)
    if not head:
        return f"{source} is empty; was the download cut short? Download it again."
    if is_notebook(source.name) or head.lstrip()[:1] == b"{":
        return (
            f"{source} is a notebook. Put it into a folder of the student's name, and give the "
            "folder above that."
        )
    if head[:4] == b"PK\x03\x04":
        return (
            f"{source} is a damaged zip; was the download cut short? Nothing was collected. "
            "Download it again."
        )
    return (
        f"{source} is neither a zip nor a folder. Other archives (tar, rar, 7z): unpack them into "
        "a folder and give that."
    )


def _folder(source: Path, download: Download) -> None:
    """A folder with what an LMS's zip would hold, or that was put together by hand."""

    def unreadable(error: OSError) -> None:
        relative = PurePosixPath(os.path.relpath(error.filename, source))
        download.notes.add(relative, f"cannot be read ({error.strerror}), left out")

    for folder, folders, names in os.walk(source, onerror=unreadable, followlinks=False):
        here = PurePosixPath(os.path.relpath(folder, source))
        for name in sorted(name for name in folders if (Path(folder) / name).is_symlink()):
            download.notes.add(here / name, "a symbolic link, left out")
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not is_junk(here / name):
                _file(Path(folder) / name, here / name, download)


def _file(path: Path, relative: PurePosixPath, download: Download) -> None:
    """One file of a folder; neither links nor pipes are opened."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            download.notes.add(relative, "a symbolic link or no ordinary file, left out")
            return
        if not wanted(relative):
            download.others.append(relative)
            return
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            _take(file, about.st_mtime, relative, None, download)
    except OSError as error:
        download.notes.add(relative, f"cannot be read ({error.strerror}), left out")


def _take(
    file: IO[bytes],
    moment: float,
    path: PurePosixPath,
    outer: PurePosixPath | None,
    download: Download,
) -> None:
    """Keep a notebook, look into a student's zip, remember a time stamp."""
    if path.name == STAMP:
        if outer is None:
            download.stamps[path.parent] = file.read(200).decode("ascii", "replace")
        return
    zipped = path.suffix.lower() == ".zip"
    limit = MAX_ZIP if zipped else MAX_FILE
    staged = download.keep(file, limit)
    if staged is None:
        download.notes.add(path, f"over {limit // MIB} MiB, left out", outer)
    elif not zipped:
        download.notebooks.append(Found(path, outer or path, staged, moment))
    elif _depth(path) > 2:
        download.notes.add(path, "a zip in a zip in a zip, left out", outer)
    else:
        _student_zip(staged, path, outer or path, download)


def _depth(path: PurePosixPath) -> int:
    return sum(part.lower().endswith(".zip") for part in path.parts)


def _student_zip(
    staged: Path, path: PurePosixPath, outer: PurePosixPath, download: Download
) -> None:
    before = len(download.notebooks)
    try:
        if index_bytes(staged) > MAX_STUDENT_INDEX:
            download.notes.add(path, f"over {MAX_STUDENT_ENTRIES} files, left out", outer)
        else:
            with zipfile.ZipFile(staged) as archive:
                _entries(archive, path, outer, download)
    except CollectError:
        raise
    except DAMAGED:
        download.notes.add(path, "a damaged zip, left out", outer)
    finally:
        staged.unlink(missing_ok=True)
    if len(download.notebooks) == before and path == outer:
        download.others.append(outer)


def _entries(
    archive: zipfile.ZipFile,
    prefix: PurePosixPath,
    outer: PurePosixPath | None,
    download: Download,
) -> None:
    """All entries of a zip; of the LMS's when ``outer`` is None, else of a student's."""
    entries = archive.infolist()
    limit = MAX_ENTRIES if outer is None else MAX_STUDENT_ENTRIES
    if len(entries) > limit:
        if outer is None:
            raise CollectError(
                f"the zip has {len(entries)} entries, over {limit}. Nothing was collected; unpack "
                "it, and collect the folder in parts."
            )
        download.notes.add(prefix, f"over {limit} files, left out", outer)
        return
    for entry, path in safe(entries, prefix, outer, download.notes):
        if not wanted(path):
            if outer is None:
                download.others.append(path)
            continue
        try:
            with archive.open(entry) as file:
                _take(file, moment(entry), path, outer, download)
        except CollectError:
            raise
        except DAMAGED as error:
            download.notes.add(
                path, f"cannot be unpacked ({printable(str(error))}), left out", outer
            )
