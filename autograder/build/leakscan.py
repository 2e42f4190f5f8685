"""Does what students get contain an answer or a hidden check? Looked for, not assumed.

Finds copies in any text of a kit: code, prose, comments, outputs and metadata of notebooks, names
and text in array files; also renamed copies. Does not find what is encoded (base64, encryption) or
retold in other words.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.build.answers import BEGIN, END
from autograder.build.windows import Secrets

FORBIDDEN_NAMES = re.compile(
    r"(^|/)(hidden(_\w+)?\.py|misconceptions\.py|mistakes|freeze\.py|stock\.py|gradebook\.db"
    r"|alternatives|solutions)(/|$)"
)
KINDS = (".ipynb", ".py", ".npz", ".txt", ".toml", ".ini")
"""What a kit consists of: kinds of files that can be looked into."""

FORBIDDEN_TEXT = (BEGIN, END, "BEGIN HIDDEN TESTS", "autograder.stock", "# slot: solutions")


@dataclass(frozen=True)
class Leak:
    """Something that students must not get, and the file (and cell) that has it."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def scan(place: Path, secrets: Secrets) -> list[Leak]:
    """Leaks in a folder or a zip that students get; an empty list is what there should be.

    Raises:
        OSError: ``place`` cannot be read.
    """
    leaks: list[Leak] = []
    for name, data in sorted(_files(place)):
        if FORBIDDEN_NAMES.search(name):
            leaks.append(Leak(name, "a file that students must not have"))
        elif PurePosixPath(name).suffix not in KINDS:
            leaks.append(Leak(name, f"no kind of file that belongs in a kit: {', '.join(KINDS)}"))
        for where, text in _texts(name, data):
            leaks += [Leak(where, f"the text {mark!r}") for mark in FORBIDDEN_TEXT if mark in text]
            leaks += [
                Leak(where, f"a part of {origin}: `{told}`")
                for origin, told in sorted(secrets.found_in(text).items())
            ]
    return leaks


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for path in place.rglob("*"):
            if path.is_file():
                yield path.relative_to(place).as_posix(), path.read_bytes()
        return
    with zipfile.ZipFile(place) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                yield name, archive.read(name)


def _texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """All text in a file, with where in it: a notebook by cells, arrays by their names."""
    if name.endswith(".npz"):
        yield from _array_texts(name, data)
        return
    text = data.decode("utf-8", "replace")
    document = _json(text) if name.endswith(".ipynb") else None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        yield name, text
        return
    for number, cell in enumerate(document.pop("cells"), start=1):
        yield f"{name}, cell {number}", "\n".join(_strings(cell))
    yield f"{name}, metadata", "\n".join(_strings(document))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _strings(value: object) -> Iterator[str]:
    """Every string in a JSON value, keys too; a list of lines is one string."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)


def _array_texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The names of arrays, and what is text in them."""
    import numpy as np

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for key in arrays.files:
                array = arrays[key]
                letters = array.dtype.kind in "SU"
                text = "\n".join(map(str, array.ravel())) if letters else ""
                if array.dtype == np.uint8:
                    text = array.tobytes().decode("utf-8", "replace")
                yield f"{name}, array {key}", f"{key}\n{text}"
    except (ValueError, OSError, zipfile.BadZipFile):
        yield name, data.decode("latin-1")
