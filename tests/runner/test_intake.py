"""Reading submissions: what is read, what is flagged, what is refused and in which words."""

import json
import os
import re
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from autograder.config import Assignment, Question
from autograder.records import Blame
from autograder.runner.intake import (
    MAX_CELLS,
    MAX_NOTEBOOKS,
    Intake,
    Unreadable,
    _read,
    file_digest,
    handed_in_at,
    read_submission,
)


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """An assignment of one question."""
    question = Question(id="one", title="One", points=1, defines=("one",))
    return Assignment(id="tiny", title="Tiny", questions=(question,), folder=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty submission folder."""
    place = tmp_path / "submitted" / "ada" / "tiny"
    place.mkdir(parents=True)
    return place


def notebook(*cells: Any, **more: Any) -> bytes:
    """A notebook file."""
    return json.dumps({"cells": list(cells), "nbformat": 4, **more}).encode()


def code(source: Any, grade_id: str = "") -> dict[str, Any]:
    """A code cell."""
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "source": source, "metadata": metadata}


def read(folder: Path, assignment: Assignment, data: bytes, name: str = "tiny.ipynb") -> Intake:
    """Write a file and read the submission."""
    (folder / name).write_bytes(data)
    return read_submission(folder, assignment)


def test_cells_ids_and_student(folder: Path, assignment: Assignment) -> None:
    """Sources as text or lists, ids from the metadata, the student from the folder."""
    found = read(folder, assignment, notebook(code(["a\n", "b"], "one"), code("c")))
    assert [(cell.source, cell.grade_id) for cell in found.cells] == [("a\nb", "one"), ("c", "")]
    assert found.student == "ada"
    assert not found.faults


def test_format_three_is_read(folder: Path, assignment: Assignment) -> None:
    """Old notebooks keep their cells in worksheets and their sources in input."""
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}], "nbformat": 3}
    found = read(folder, assignment, json.dumps(old).encode())
    assert [cell.source for cell in found.cells] == ["x = 1"]
    assert [flag.code for flag in found.flags] == ["old_format"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_read(folder: Path, assignment: Assignment, encoding: str) -> None:
    """Windows editors save so."""
    found = read(folder, assignment, notebook(code("é")).decode().encode(encoding))
    assert not found.faults
    assert len(found.cells) == 1


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "is empty"),
        (b"   \n", "empty", "is empty"),
        (b"{", "not_json", r"not valid JSON \(line 1\); was it cut short"),
        (b"1" * 5000, "not_json", "not valid JSON"),
        (b"[1]", "not_a_notebook", "no notebook"),
        (b"{}", "not_a_notebook", "no list of cells"),
        (b'{"cells": 7}', "not_a_notebook", "no list of cells"),
        (b"[" * 200_000, "nesting", "nested too deeply"),
        (b"\xff\x00\xffnope", "encoding", "not UTF-8"),
        (notebook(*[code("")] * (MAX_CELLS + 1)), "too_many_cells", "cells, over"),
    ],
)
def test_unreadable_files_say_why(
    folder: Path, assignment: Assignment, data: bytes, code: str, words: str
) -> None:
    """The fault is the submission's; it names the reason and what to do."""
    found = read(folder, assignment, data)
    (fault,) = found.faults
    assert fault.code == code
    assert fault.blame == "submission"
    assert re.search(words, fault.message), fault.message


def test_a_large_file_is_refused_unread(folder: Path, assignment: Assignment) -> None:
    """Size is looked at before reading; the message says how to make it smaller."""
    with (folder / "tiny.ipynb").open("wb") as file:
        file.truncate(40 * 2**20)
    (fault,) = read_submission(folder, assignment).faults
    assert fault.code == "too_large"
    assert "Clear the outputs" in fault.message


@pytest.mark.parametrize("what", ["notebook", "folder", "student"])
def test_links_are_never_followed(tmp_path: Path, assignment: Assignment, what: str) -> None:
    """A link to somebody else's notebook or folder is refused at every level."""
    other = tmp_path / "submitted" / "bob" / "tiny"
    other.mkdir(parents=True)
    (other / "tiny.ipynb").write_bytes(notebook(code("stolen")))
    student = tmp_path / "submitted" / "eve"
    if what == "student":
        student.symlink_to(other.parent)
    elif what == "folder":
        student.mkdir()
        (student / "tiny").symlink_to(other)
    else:
        (student / "tiny").mkdir(parents=True)
        (student / "tiny" / "tiny.ipynb").symlink_to(other / "tiny.ipynb")
    (fault,) = read_submission(student / "tiny", assignment).faults
    assert fault.code == "link"


def test_pipes_do_not_hang(folder: Path, assignment: Assignment) -> None:
    """A named pipe in place of the notebook is refused at once."""
    os.mkfifo(folder / "tiny.ipynb")
    (fault,) = read_submission(folder, assignment).faults
    assert fault.code == "special"


def test_no_notebook_lists_what_there_is(folder: Path, assignment: Assignment) -> None:
    """The message names the expected file and the files found."""
    (fault,) = read(folder, assignment, b"", name="essay\n.docx").faults
    assert "expected tiny.ipynb" in fault.message
    assert "essay?.docx" in fault.message


def test_an_unreadable_folder_is_said(folder: Path, assignment: Assignment) -> None:
    """A submission that is a file instead of a folder is a fault, not a crash."""
    folder.rmdir()
    folder.write_text("x", encoding="utf-8")
    (fault,) = read_submission(folder, assignment).faults
    assert fault.code == "folder"


def test_a_renamed_notebook_is_taken(folder: Path, assignment: Assignment) -> None:
    """The only notebook counts under any name, with a flag; of several the likeliest."""
    (folder / "other.ipynb").write_bytes(notebook(code("x")))
    found = read(folder, assignment, notebook(code("y", "one")), name="my homework.ipynb")
    assert [cell.source for cell in found.cells] == ["y"]
    assert [flag.code for flag in found.flags] == ["renamed"]


@pytest.mark.parametrize("name", ["tiny.ipynb", "work.ipynb"])
def test_a_notebook_among_many_files(folder: Path, assignment: Assignment, name: str) -> None:
    """However many figures lie before it, the notebook is found, and as the same file."""
    for number in range(MAX_NOTEBOOKS + 5):
        (folder / f"figure_{number:03}.png").touch()
    found = read(folder, assignment, notebook(code("y", "one")), name)
    assert [cell.source for cell in found.cells] == ["y"]
    assert file_digest(folder, assignment) == found.file != ""


def test_the_right_name_among_many_notebooks(folder: Path, assignment: Assignment) -> None:
    """It is taken without a look at the others."""
    for number in range(MAX_NOTEBOOKS + 5):
        (folder / f"copy_{number:03}.ipynb").write_bytes(notebook(code("x", "one")))
    found = read(folder, assignment, notebook(code("y")))
    assert [cell.source for cell in found.cells] == ["y"]
    assert not found.flags


def test_not_every_notebook_is_read(folder: Path, assignment: Assignment) -> None:
    """Of very many under other names the first are compared: nobody keeps a worker for hours."""
    for number in range(MAX_NOTEBOOKS + 5):
        (folder / f"copy_{number:03}.ipynb").write_bytes(notebook(code(str(number), "one")))
    found = read_submission(folder, assignment)
    assert [cell.source for cell in found.cells] == [str(MAX_NOTEBOOKS - 1)]
    (flag,) = found.flags
    assert f"of {MAX_NOTEBOOKS} notebooks it has the most" in flag.message


@pytest.mark.parametrize("what", ["link", "special"])
def test_what_stands_under_the_right_name_counts(
    folder: Path, assignment: Assignment, what: str
) -> None:
    """A link or a pipe there is refused as ever; no other notebook is taken in its place."""
    (folder / "another.ipynb").write_bytes(notebook(code("x")))
    if what == "link":
        (folder / "tiny.ipynb").symlink_to("nowhere")
    else:
        os.mkfifo(folder / "tiny.ipynb")
    (fault,) = read_submission(folder, assignment).faults
    assert fault.code == what


def test_malformed_cells_are_left_out(folder: Path, assignment: Assignment) -> None:
    """Odd cells and odd metadata are flags; the others count."""
    cells = ["text", {"cell_type": "code"}, {"cell_type": "x", "source": ""}, code(7), code("good")]
    found = read(folder, assignment, notebook(*cells, metadata=[]))
    assert [cell.source for cell in found.cells] == ["good"]
    assert [flag.code for flag in found.flags] == ["odd_cell"] * 4


def test_text_that_no_database_takes_is_cleaned(folder: Path, assignment: Assignment) -> None:
    """Lone surrogates and NUL are replaced, so that every later step can encode the text."""
    found = read(
        folder, assignment, b'{"cells": [{"cell_type": "code", "source": "\\ud800\\u0000"}]}'
    )
    found.cells[0].source.encode("utf-8")
    assert "\x00" not in found.cells[0].source


def test_the_digest_is_of_what_counts(folder: Path, assignment: Assignment) -> None:
    """Outputs do not change it, sources do."""
    first = read(folder, assignment, notebook(code("a"))).digest
    shown = {**code("a"), "outputs": [{"output_type": "stream", "text": "hello"}]}
    assert read(folder, assignment, notebook(shown)).digest == first
    assert read(folder, assignment, notebook(code("b"))).digest != first


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-01-02 03:04:05.000006 UTC", "2026-01-02T03:04:05.000006+00:00"),
        ("2026-01-02 04:04:05 +0100", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_time_of_submission(folder: Path, assignment: Assignment, stamp: str, moment: str) -> None:
    """timestamp.txt counts where it holds a time."""
    (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
    assert read(folder, assignment, notebook(code("a"))).submitted_at == moment


@pytest.mark.parametrize("stamp", ["99999999999999999999", "99999999999999999999999999999m1e9"])
def test_a_bad_timestamp_falls_back(folder: Path, assignment: Assignment, stamp: str) -> None:
    """Nonsense in timestamp.txt is passed over for the file's own time."""
    (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
    found = read(folder, assignment, notebook(code("a")))
    assert found.submitted_at.startswith("20")


def test_what_is_no_ordinary_file_is_not_opened_for_long(
    folder: Path, assignment: Assignment
) -> None:
    """A pipe in the notebook's place would be read for ever."""
    os.mkfifo(folder / "tiny.ipynb")
    (fault,) = read_submission(folder, assignment).faults
    assert (fault.code, fault.message) == ("special", "tiny.ipynb is not an ordinary file")


def test_what_cannot_be_opened_says_why(
    folder: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket cannot be opened: the system's words are told."""
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("tiny.ipynb")
        (fault,) = read_submission(folder, assignment).faults
    assert fault.message == "tiny.ipynb cannot be opened: No such device or address"


@pytest.mark.parametrize("text", ["[1, 2]", "7", "null", '"text"'])
def test_json_that_is_no_notebook(folder: Path, assignment: Assignment, text: str) -> None:
    """Lists and numbers are JSON, too."""
    (fault,) = read(folder, assignment, text.encode()).faults
    assert fault.message.startswith("the file holds JSON, but no notebook. Open it in Jupyter")


def test_what_the_disk_keeps_from_us_is_no_fault_of_the_submission() -> None:
    """A file that opens and cannot be read: the error of the system, and whose fault it is not."""
    with pytest.raises(Unreadable) as caught:
        _read(Path("/proc/self/mem"), 2**20)
    fault = caught.value.fault
    assert fault.blame is Blame.GRADER
    assert fault.message.startswith("/proc/self/mem cannot be read (Input/output error).")
    assert "the next `autograder grade` tries it again" in fault.message


def test_folders_that_we_may_not_look_into(
    folder: Path, assignment: Assignment, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """That is ours to mend; nobody is said to have handed in nothing."""
    (folder / "tiny.ipynb").write_bytes(notebook(code("a")))
    folder.chmod(0o700)
    with as_nobody():
        found = read_submission(folder, assignment)
        assert handed_in_at(folder, assignment) == ""
    (fault,) = found.faults
    assert fault.blame is Blame.GRADER
    assert fault.message.startswith(f"{folder} cannot be read (Permission denied).")


def test_a_file_for_a_folder(folder: Path, assignment: Assignment) -> None:
    """It was handed in so."""
    folder.rmdir()
    folder.write_text("")
    (fault,) = read_submission(folder, assignment).faults
    assert (fault.blame, fault.message) == (Blame.SUBMISSION, "the submission's folder is a file")
