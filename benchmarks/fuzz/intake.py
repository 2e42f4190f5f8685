"""What a student may hand in: a file, its name and ``timestamp.txt``, up to the record's notebook.

An input's first two bytes are the lengths of the time stamp and of the file's name (0: as it should
be), which follow; the rest is the notebook file.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

from autograder.build.notebook import MasterCell, notebook_cell, notebook_of
from autograder.config import Assignment, Question
from autograder.gradebook.notebooks import autograded
from autograder.records import (
    CellRecord,
    CellRole,
    SubmissionRecord,
    SubmissionStatus,
    from_json,
    to_json,
)
from autograder.runner.cells import RunCell, rebuild
from autograder.runner.intake import MAX_CELLS, MAX_SOURCE, Intake, read_submission
from benchmarks.fuzz.mutate import Plain, mutated_json

MAX_BYTES = 2**17
FAULTS = {
    "link", "folder", "no_notebook", "open", "special", "too_large", "empty", "encoding", "nesting",
    "not_json", "not_a_notebook", "too_many_cells",
}  # fmt: skip
ASSIGNMENT = Assignment(
    id="tiny",
    title="Tiny",
    questions=(
        Question(id="scale", title="A layer", points=3, defines=("Scale",)),
        Question(id="area", title="An area", points=2, defines=("area", "side")),
        Question(id="words", title="In words", points=1, manual=True),
    ),
    folder=Path("tiny"),
)
STUB = "class Scale:\n    raise NotImplementedError()"
MASTER = (
    MasterCell("title", CellRole.PROSE, "", "markdown", "# Tiny"),
    MasterCell("setup", CellRole.PROVIDED, "", "code", "import torch"),
    MasterCell("scale", CellRole.SOLUTION, "scale", "code", STUB),
    MasterCell("check_scale", CellRole.CHECK, "scale", "code", 'check("scale")', 3.0),
    MasterCell("area", CellRole.SOLUTION, "area", "code", "def area(h, w): ...\nside = 1"),
    MasterCell("try", CellRole.EXPERIMENT, "area", "code", "print(area(1, 2))"),
    MasterCell("check_area", CellRole.CHECK, "area", "code", 'check("area")', 2.0),
    MasterCell("words", CellRole.WRITTEN, "words", "markdown", "YOUR ANSWER HERE", 1.0),
)
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-")) / "student" / "tiny"


def play(data: bytes) -> None:
    """Read, rebuild, record and render one submission.

    Raises:
        Exception: reading raised, or something of it cannot be kept.
    """
    stamp, name, notebook = _parts(data)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in os.scandir(os.fsencode(FOLDER)):
        os.unlink(old.path)
    places = [(name or b"tiny.ipynb", notebook), *([(b"timestamp.txt", stamp)] if stamp else [])]
    for place, content in places:
        with open(os.path.join(os.fsencode(FOLDER), place), "wb") as file:
            file.write(content)
    intake = read_submission(FOLDER, ASSIGNMENT)
    _assert_read(intake)
    cells, flags = rebuild(MASTER, intake.cells, ASSIGNMENT)
    _assert_rebuilt(cells, intake)
    _assert_kept(intake, cells, flags)


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Time stamp, file name (made one that a file can have) and notebook."""
    first, second = (data + b"\0\0")[:2]
    name = data[2 + first : 2 + first + second].replace(b"/", b"_").replace(b"\0", b"_")[:200]
    name = b"" if name.strip(b".") == b"" or name == b"timestamp.txt" else name
    return data[2 : 2 + first], name, data[2 + first + second :][:MAX_BYTES]


def _assert_read(intake: Intake) -> None:
    assert len(intake.cells) <= MAX_CELLS, "too many cells"
    assert not (intake.faults and intake.cells), "cells of what cannot be read"
    assert {fault.code for fault in intake.faults} <= FAULTS, intake.faults
    assert int(intake.digest, 16) >= 0, "a digest"
    assert datetime.datetime.fromisoformat(intake.submitted_at).tzinfo, "a time without a zone"
    for cell in intake.cells:
        assert cell.cell_type in ("code", "markdown"), "a cell of another kind"
        assert len(cell.source) <= MAX_SOURCE, "a long source"
        assert "\0" not in (cell.source + cell.grade_id).encode().decode(), "a NUL"


def _assert_rebuilt(cells: tuple[RunCell, ...], intake: Intake) -> None:
    ours = [cell for cell in cells if cell.role is not CellRole.OWN]
    assert [cell.grade_id for cell in ours] == [cell.grade_id for cell in MASTER], "another order"
    for cell, master in zip(ours, MASTER, strict=True):
        same = (cell.role, cell.question, cell.cell_type)
        assert same == (master.role, master.question, master.cell_type), "another role"
        assert not master.locked or cell.source == master.source, "a locked cell that was edited"
    own = [cell for cell in cells if cell.role is CellRole.OWN]
    assert len(own) <= len(intake.cells), "cells from nowhere"
    assert not any(cell.grade_id or cell.question for cell in own), "an own cell with an id"


def _assert_kept(intake: Intake, cells: tuple[RunCell, ...], flags: tuple[Any, ...]) -> None:
    """The record is read as it was written, and its notebook can be written."""
    record = SubmissionRecord(
        student=intake.student, assignment="tiny", key={"submission": intake.digest[:16]},
        status=SubmissionStatus.UNREADABLE if intake.faults else SubmissionStatus.GRADED,
        sandbox="full", device="cpu", submitted_at=intake.submitted_at,
        cells=tuple(CellRecord(**dataclasses.asdict(cell)) for cell in cells),
        flags=(*intake.flags, *flags), faults=intake.faults,
    )  # fmt: skip
    assert from_json(to_json(record)) == record, "a record that is read as another"
    notebook = autograded(ASSIGNMENT, record)
    assert json.dumps(notebook, ensure_ascii=False).encode(), "a notebook that cannot be written"
    intake.submitted_at.encode("ascii")


# --- inputs ---------------------------------------------------------------------------------------


def _notebook(**changes: Any) -> bytes:
    cells = [notebook_cell(cell, cell.source, ASSIGNMENT) for cell in MASTER]
    return json.dumps({**notebook_of(cells), **changes}).encode()


def valid() -> list[bytes]:
    """An untouched notebook; without metadata; of format 3; with own cells, names and times."""
    bare = [{"cell_type": cell.cell_type, "source": [cell.source]} for cell in MASTER]
    sources = "x = 1\n", 'check("scale")', "class Scale:\n    x", "def area(:", "side = area = 1"
    own: list[dict[str, Any]] = [
        {"cell_type": "code", "source": source, "metadata": {}} for source in sources
    ]
    words = "<b>x</b> &lt; ![i](javascript:a) [l](https://a.b) [r]: c $\\href{x}{y}$ ```mermaid"
    prose = {"cell_type": "markdown", "metadata": {}, "source": words}
    sheets = [
        {"cells": [{"cell_type": "code", "input": "x"}, {"cell_type": "heading", "source": "t"}]}
    ]
    stamps = (b"2026-01-02 03:04:05 UTC", b"2026-01-02T03:04:05.678+02:00", b"Jan 2 2026 3pm")
    return [
        b"\0\0" + _notebook(),
        b"\0\0" + _notebook(cells=bare),
        b"\0\0" + _notebook(cells=[*own, prose, *bare[:3], *own, *bare]),
        b"\0\0" + _notebook(cells=None, worksheets=sheets),
        b"\0\0" + _notebook(cells=bare[:2]).decode().encode("utf-16"),
        b"\0\0\xef\xbb\xbf" + _notebook(cells=own),
        b"\0\x0bother.ipynb" + _notebook(cells=bare[:4]),
        *(bytes([len(stamp), 0]) + stamp + b'{"cells":[]}' for stamp in stamps),
    ]


STAMPED = (
    "UTC", "Z", "+99:99", "-00:00", "1e9", ".", "9" * 21, "am", "Jan", "Mon", ":", "h", "m", "nan",
    "0001-01-01", "9999-12-31", "24:00", " ", "\t", "inf", "/", ",", "_", "T",
)  # fmt: skip


def mutated(data: bytes, limit: int, rng: random.Random, plain: Plain) -> bytes:
    """A change to the bytes, to the notebook's JSON, to the time stamp, or to the name."""
    stamp, name, notebook = _parts(data)
    kind = rng.random()
    if kind < 0.15:
        return plain(data, limit)
    if kind < 0.25 or (stamp and kind < 0.5):
        at = rng.randint(0, len(stamp))
        stamp = stamp[:at] + rng.choice(STAMPED).encode() + stamp[at + rng.choice((0, 0, 1, 4)) :]
    elif kind < 0.28:
        name = plain(name or b"x.ipynb", 60)
    elif kind < 0.4:
        notebook = plain(notebook, min(limit, MAX_BYTES))
    else:
        notebook = mutated_json(notebook, rng) or plain(notebook, min(limit, MAX_BYTES))
    stamp, name = stamp[:255], name[:200]
    made = bytes([len(stamp), len(name)]) + stamp + name + notebook
    return made if len(made) <= limit else plain(data, limit)
