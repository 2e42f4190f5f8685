"""The journal: what was decided survives a kill, a torn line, another version, a full disk."""

import dataclasses
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.records import (
    Blame,
    CellRecord,
    CellRole,
    Fault,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.runner.journal import CourseBusy, DamagedRecord, Journal, read_journal


def record(student: str, digest: str = "d") -> SubmissionRecord:
    """A small record."""
    return SubmissionRecord(
        student=student, assignment="tiny", status=SubmissionStatus.GRADED,
        key={"submission": digest}, sandbox="full", device="cpu",
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "course" / ".autograder" / "tiny" / "journal.jsonl"


def test_records_come_back(path: Path) -> None:
    """What was added is there when the journal is opened again; the newest counts."""
    journal = Journal(path)
    for made in (record("ada"), record("bob"), record("ada", "new")):
        journal.add(made)
    journal.close()
    again = Journal(path)
    assert list(again.select(["ada", "bob"])) == [record("ada", "new"), record("bob")]
    again.close()
    assert [one.student for one in read_journal(path)] == ["ada", "bob"]


def test_heads_are_read_whatever_a_record_says(path: Path) -> None:
    """What a student wrote can look like the places between which a line is not read."""
    trap = ',"questions":[] ,"faults":[{"code":"machine_busy"}],"schema":0}'
    cell = CellRecord(
        grade_id=trap, cell_type="code", role=CellRole.OWN, source=trap,
        outputs=({"faults": [], "x": 1, "questions": {"faults": [{"code": "machine_busy"}]}},),
    )  # fmt: skip
    fault = Fault(code="cell", message=trap, blame=Blame.SUBMISSION)
    made = dataclasses.replace(record("ada"), cells=(cell,), faults=(fault,), file="f")
    journal = Journal(path)
    journal.add(made)
    journal.close()
    again = Journal(path)
    head = again.heads["ada"]
    assert (head.status, head.submission, head.file, head.busy) == ("graded", "d", "f", False)
    assert again.get("ada") == again.select(["ada"])[0] == made
    assert again.get("bob") is None
    again.close()


def test_a_damaged_record_is_named(path: Path) -> None:
    """What lies between the ends of a line is read later: then it is told what to do."""
    journal = Journal(path)
    for student in ("ada", "bob"):
        journal.add(record(student))
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"cells":[]', b'"cells":[]'[::-1], 1))
    assert journal.get("ada") is None
    both = journal.select(["ada", "bob"])
    with pytest.raises(DamagedRecord, match=r"record of 'ada' in .* is damaged .*delete that line"):
        both[0]
    assert [one.student for one in both[1:]] == ["bob"]
    with pytest.raises(DamagedRecord, match="all others are kept"):
        list(read_journal(path))
    path.write_bytes(data.replace(b'"device":"cpu"', b'"device":"gpu"', 1))
    with pytest.raises(DamagedRecord, match="the file was edited meanwhile"):
        both[0]
    path.unlink()
    with pytest.raises(DamagedRecord, match="No such file"):
        both[1]
    journal.close()


@pytest.mark.parametrize("cut", [1, 5, 50])
def test_a_torn_line_is_cut_off(path: Path, cut: int) -> None:
    """A kill in the middle of a write costs that record only, and later ones are whole."""
    journal = Journal(path)
    journal.add(record("ada"))
    size = path.stat().st_size
    journal.add(record("bob"))
    journal.close()
    os.truncate(path, size + cut)
    again = Journal(path)
    assert set(again.heads) == {"ada"}
    again.add(record("eve"))
    again.close()
    assert [one.student for one in read_journal(path)] == ["ada", "eve"]


def test_lines_of_another_version_are_passed_over(path: Path) -> None:
    """Records that cannot be read are graded again, not crashed over."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"schema": 99}\n\xff\xfe\nnonsense\n')
    journal = Journal(path)
    assert journal.heads == {}
    journal.add(record("ada"))
    journal.close()
    assert [one.student for one in read_journal(path)] == ["ada"]


def test_two_runs_do_not_write_at_once(path: Path) -> None:
    """A second run is told that the course is busy and what to do."""
    journal = Journal(path)
    script = (
        "import sys; from pathlib import Path\n"
        "from autograder.runner.journal import Journal\n"
        "Journal(Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    journal.close()
    assert "CourseBusy: another run is grading into" in done.stderr
    Journal(path).close()


def test_the_same_process_is_held_to_it_too(path: Path) -> None:
    """Also within one process."""
    journal = Journal(path)
    with pytest.raises(CourseBusy, match="what it decided is kept"):
        Journal(path)
    journal.close()


def test_a_full_disk_keeps_nothing_half(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a write fails half-way, the half is taken back and the error passed on."""
    journal = Journal(path)
    journal.add(record("ada"))
    size = path.stat().st_size
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) > 10:
            return write(handle, bytes(data[: len(data) - 10]))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        journal.add(record("b"))
    monkeypatch.undo()
    assert path.stat().st_size == size
    journal.add(record("c"))
    journal.close()
    assert [one.student for one in read_journal(path)] == ["ada", "c"]
