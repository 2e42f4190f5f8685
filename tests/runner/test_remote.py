"""Real Dask workers, each in a folder of its own: proved, killed, hung, refused."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client, LocalCluster

from autograder.config import REPOSITORY, Assignment
from autograder.expect import VariantError
from autograder.records import SubmissionRecord, SubmissionStatus
from autograder.runner import crew, remote
from autograder.runner.again import Task
from autograder.runner.bench import Setting, verdict_key
from autograder.runner.crew import WorkersGone
from autograder.runner.journal import journal_path, read_journal
from autograder.runner.remote import NoCluster
from autograder.runner.run import RunSummary, grade
from autograder.sandbox import BoxUnavailable, Level
from autograder.sandbox.probe import Finding, Report

pytestmark = pytest.mark.box
Hand = Callable[..., Path]
ByStudent = Callable[[Iterable[SubmissionRecord]], dict[str, SubmissionRecord]]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler."""
    log = tmp_path / "scheduler.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
            stdout=out, stderr=out, cwd=tmp_path,
        )  # fmt: skip
        try:
            yield awaited(lambda: re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text()), log)
        finally:
            process.kill()
            process.wait()


DASK = [sys.executable, "-m", "dask"]


def awaited(look: Callable[[], re.Match[str] | None], log: Path) -> str:
    """What is found once it is there."""
    for _ in range(300):
        if found := look():
            return found.group()
        time.sleep(0.1)
    pytest.fail(f"nothing came up: {log.read_text()[-2000:]}")


@pytest.fixture
def worker(scheduler: str, tmp_path: Path) -> Iterator[Start]:
    """Start a worker in a folder of its own, with the package of ``checkout``."""
    started: list[subprocess.Popen[bytes]] = []

    def start(checkout: Path = REPOSITORY) -> subprocess.Popen[bytes]:
        home = tmp_path / f"worker-{len(started)}"
        home.mkdir()
        log = home / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*DASK, "worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                 "--host", "127.0.0.1", "--local-directory", str(home / "dask"),
                 "--death-timeout", "60"],
                stdout=out, stderr=out, cwd=home,
                env={**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        started.append(process)
        awaited(lambda: re.search(r"Registered to", log.read_text()), log)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
            process.kill()
        process.wait()


@pytest.fixture
def small_class(hand_in: Hand, answers: dict[str, str]) -> None:
    """Right, wrong in one question, blank, broken."""
    hand_in("ada", answers)
    hand_in("bob", {**answers, "basic_block": "x = 1"})
    hand_in("cyd", {})
    hand_in("dan", b"no notebook")
    hand_in("eve", {**answers, "resnet50": "import os\nos._exit(0)"})
    hand_in("fay", answers)


@pytest.mark.usefixtures("small_class")
def test_the_same_records_as_here(
    course: Path, resnet: Assignment, scheduler: str, worker: Start, by_student: ByStudent
) -> None:
    """Two workers elsewhere decide what one here does; afterwards nothing is left to do."""
    here = by_student(grade(resnet, course, workers=1).records)
    journal_path(course, resnet.id).unlink()
    worker()
    worker()
    there = grade(resnet, course, scheduler=scheduler)
    assert by_student(there.records) == here
    assert there.graded == 6
    assert grade(resnet, course, scheduler=scheduler).graded == 0


@pytest.mark.usefixtures("small_class")
def test_workers_that_die_and_hang(
    course: Path, resnet: Assignment, scheduler: str, worker: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Their submissions are graded by the third; none is lost, none has two records."""
    killed, stopped, _ = worker(), worker(), worker()
    done: list[str] = []
    plain = remote.RemoteSlot.lost

    def impatient(slot: remote.RemoteSlot, future: Any) -> bool:
        """As if the limits of a submission were short."""
        slot._until = {key: min(until, time.monotonic() + 9) for key, until in slot._until.items()}
        return plain(slot, future)

    def progress(record: SubmissionRecord, *_: int) -> None:
        done.append(record.student)
        if len(done) == 1:
            killed.kill()
            stopped.send_signal(signal.SIGSTOP)
            monkeypatch.setattr(remote.RemoteSlot, "lost", impatient)

    summary = grade(resnet, course, scheduler=scheduler, progress=progress)
    assert sorted(done) == ["ada", "bob", "cyd", "dan", "eve", "fay"]
    assert {record.status for record in summary.records} == {
        SubmissionStatus.GRADED, SubmissionStatus.UNREADABLE
    }  # fmt: skip
    assert len(journal_path(course, resnet.id).read_text().splitlines()) == 6


@pytest.mark.usefixtures("small_class")
def test_the_last_worker_goes(
    course: Path, resnet: Assignment, scheduler: str, worker: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """That is told; what was decided before is kept."""
    monkeypatch.setattr(crew, "JOIN_SECONDS", 2.0)
    only = worker()
    written: list[RunSummary] = []
    with pytest.raises(WorkersGone, match="every worker is gone, or the scheduler is"):
        grade(
            resnet, course, scheduler=scheduler, progress=lambda *_: only.kill(),
            finish=written.append,
        )  # fmt: skip
    assert journal_path(course, resnet.id).read_text().count("\n") >= 1
    assert 1 <= written[0].graded < 6
    assert len(written[0].records) == written[0].graded
    assert written[0].unchanged == 0


def ports(pid: int) -> set[int]:
    """Where a process listens."""
    return {one.laddr.port for one in psutil.Process(pid).net_connections("tcp") if one.laddr}


def test_who_loses_the_last_workers_is_put_last(
    course: Path, resnet: Assignment, hand_in: Hand, answers: dict[str, str], scheduler: str,
    worker: Start, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Two workers die of one submission, alone: it has a record, and stops nobody any more."""
    monkeypatch.setattr(crew, "JOIN_SECONDS", 2.0)
    for name in ("ada", "bob"):
        hand_in(name, answers)
    running = [worker(), worker()]
    plain = remote.RemoteSlot.submit

    def deadly(slot: remote.RemoteSlot, task: Task) -> Any:
        """As if the worker ran out of memory over ada."""
        if task.folder.parent.name == "ada":
            port = int(slot._worker.rpartition(":")[2])
            for process in running:
                if process.poll() is None and port in ports(process.pid):
                    process.kill()
        return plain(slot, task)

    monkeypatch.setattr(remote.RemoteSlot, "submit", deadly)
    with pytest.raises(WorkersGone):
        grade(resnet, course, scheduler=scheduler)
    kept = {record.student: record for record in read_journal(journal_path(course, resnet.id))}
    assert kept["ada"].faults[0].code == "worker_died"
    monkeypatch.setattr(remote.RemoteSlot, "submit", plain)
    worker()
    order: list[str] = []
    grade(resnet, course, scheduler=scheduler, progress=lambda r, *_: order.append(r.student))
    assert order[-1] == "ada"


@pytest.mark.usefixtures("small_class")
def test_a_worker_that_joins(
    course: Path, resnet: Assignment, scheduler: str, worker: Start, other_checks: Path
) -> None:
    """It goes on where the only one died; one that cannot prove itself is left out, and told."""
    only = worker()
    done: list[str] = []

    def progress(record: SubmissionRecord, *_: int) -> None:
        done.append(record.student)
        if len(done) == 1:
            only.kill()
            worker(other_checks)
            worker()

    summary = grade(resnet, course, scheduler=scheduler, progress=progress)
    assert sorted(done) == ["ada", "bob", "cyd", "dan", "eve", "fay"]
    assert summary.errors == 0
    (reason,) = summary.left_out
    assert "has another version of: question basic_block" in reason


@pytest.fixture
def other_checks(tmp_path: Path) -> Path:
    """A checkout in which one check asks something else."""
    checkout = tmp_path / "checkout"
    for part in ("autograder", "assignments", "solutions"):
        shutil.copytree(
            REPOSITORY / part,
            checkout / part,
            ignore=shutil.ignore_patterns("__pycache__", ".signatures-*"),
        )
    public = checkout / "autograder" / "checks" / "resnet" / "public_blocks.py"
    public.write_text(public.read_text().replace("cost = 4 * 3 *", "cost = 1 + 4 * 3 *"))
    return checkout


def test_a_worker_with_other_checks(
    course: Path, resnet: Assignment, hand_in: Hand, answers: dict[str, str], scheduler: str,
    worker: Start, other_checks: Path,
) -> None:  # fmt: skip
    """It is refused, and what differs is named."""
    hand_in("ada", answers)
    worker(other_checks)
    with pytest.raises(BoxUnavailable, match="has another version of: question basic_block"):
        grade(resnet, course, scheduler=scheduler)


def test_a_worker_whose_files_changed(resnet: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it imported is what it runs: it is to be started again, not believed."""
    monkeypatch.setattr(remote, "_loaded", {})
    monkeypatch.setattr(remote, "_bench", lambda *_: None)
    monkeypatch.setattr(remote, "probe", lambda level: Report(level, ()))
    monkeypatch.setattr(remote, "_held", set())
    setting = Setting()
    key = verdict_key(resnet, setting)
    assert remote.prove(resnet.id, setting, key) == ""
    # Another level of sandbox is another request, not another code.
    weaker = Setting(level=Level.REDUCED)
    assert remote.prove(resnet.id, weaker, verdict_key(resnet, weaker)) == ""
    edited = {**key, "question basic_block": "another"}
    monkeypatch.setattr(remote, "verdict_key", lambda *_: edited)
    said = remote.prove(resnet.id, setting, edited)
    assert "runs code that has changed on its disk since: start it again" in said


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Callable[[Report], list[Level]]:
    """Have the probe answer with a report; which levels it is asked for."""
    monkeypatch.setattr(remote, "_loaded", {})
    monkeypatch.setattr(remote, "_held", set())
    monkeypatch.setattr(remote, "_bench", lambda *_: None)
    asked: list[Level] = []

    def answer(report: Report) -> list[Level]:
        """From now on."""

        def probe(level: Level) -> Report:
            """Nothing is tried out."""
            asked.append(level)
            return report

        monkeypatch.setattr(remote, "probe", probe)
        return asked

    return answer


def test_a_worker_whose_sandbox_does_not_hold(
    resnet: Assignment, tried: Callable[[Report], list[Level]]
) -> None:
    """It names what does not hold and what helps, as a clause; what holds is not named.

    Once mended it is believed, and then not tried again.
    """
    start = Finding("full: start", True, "a box starts: read")
    network = Finding("full: no network", False, "connected", "Do not grade here.")
    asked = tried(Report(Level.NONE, (start, network)))
    setting = Setting()
    key = verdict_key(resnet, setting)
    said = remote.prove(resnet.id, setting, key)
    assert re.fullmatch(
        r"worker \S+: the sandbox of level 'full' does not hold there: "
        r"full: no network: connected\. Do not grade here",
        said,
    )
    tried(Report(Level.FULL, (start,)))
    assert [remote.prove(resnet.id, setting, key) for _ in range(3)] == ["", "", ""]
    assert asked == [Level.FULL, Level.FULL]


def test_each_level_is_proved_of_itself(
    resnet: Assignment, tried: Callable[[Report], list[Level]]
) -> None:
    """That one holds says nothing of another; where no wall is asked for, none is tried."""
    asked = tried(Report(Level.FULL, ()))
    for level, holds in ((Level.FULL, True), (Level.REDUCED, False), (Level.NONE, True)):
        setting = Setting(level=level)
        said = remote.prove(resnet.id, setting, verdict_key(resnet, setting))
        assert (said == "") is holds, said
    assert asked == [Level.FULL, Level.REDUCED]


def test_a_worker_without_the_device(
    resnet: Assignment, tried: Callable[[Report], list[Level]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wall holds, and a GPU is asked for that it does not have."""
    tried(Report(Level.FULL, ()))
    monkeypatch.setattr(remote, "device_problem", lambda setting: "there is no GPU")
    setting = Setting(device="cuda")
    said = remote.prove(resnet.id, setting, verdict_key(resnet, setting))
    assert re.fullmatch(r"worker \S+: device 'cuda': there is no GPU", said)


def test_a_worker_that_cannot_start_its_box(
    resnet: Assignment, tried: Callable[[Report], list[Level]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe's box held, the one for grading does not come up: that is told, too."""
    tried(Report(Level.FULL, ()))

    def broken(*_: object) -> None:
        """As when torch cannot be imported in there."""
        raise BoxUnavailable(Level.FULL, "the box did not start", "Look.")

    monkeypatch.setattr(remote, "_bench", broken)
    setting = Setting()
    said = remote.prove(resnet.id, setting, verdict_key(resnet, setting))
    assert re.fullmatch(r"worker \S+: the box did not start\. Look", said)


@pytest.mark.parametrize(
    ("error", "told"),
    [(VariantError("defined twice"), VariantError), (KeyError("ours"), CancelledError)],
)
def test_files_that_a_worker_cannot_use(
    resnet: Assignment, monkeypatch: pytest.MonkeyPatch, error: Exception, told: type[Exception]
) -> None:
    """What the assignment's author has to mend comes as it is, not as a sandbox that is missing."""

    def broken(*_: object) -> str:
        """As when known mistakes cannot be read."""
        raise error

    monkeypatch.setattr(remote, "prove", broken)
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        (worker,) = client.scheduler_info()["workers"]
        slot = remote.RemoteSlot(remote._Cluster(client, 2), worker, resnet, Setting(), {})
        found = slot.prepare().exception(timeout=30)
        assert type(found) is told
        assert str(error) in str(found)
        assert slot.alive
        slot.close()


def test_a_connection_that_breaks(resnet: Assignment) -> None:
    """No exception of Dask's leaves a slot: what was asked counts as cancelled, it gets no more."""

    class Broken:
        """A client whose scheduler is gone."""

        status = "running"

        def submit(self, *_: object, **__: object) -> None:
            """As Dask does."""
            raise RuntimeError("closed")

        def scheduler_info(self, **_: object) -> None:
            """As Dask does."""
            raise KeyError("workers")

        def close(self, **_: object) -> None:
            """Nothing is left to do."""

    slot = remote.RemoteSlot(remote._Cluster(Broken(), 1), "tcp://x", resnet, Setting(), {})
    assert slot.alive
    outcome = slot.prepare()
    assert isinstance(outcome.exception(), CancelledError)
    assert not slot.lost(outcome)
    assert not slot.alive
    slot.close()


def test_a_connection_that_comes_back(resnet: Assignment) -> None:
    """What was asked counts as cancelled; the worker may prove itself again, as if it were new."""

    class Ended:
        """A future of Dask's whose connection broke."""

        status = "cancelled"

        def result(self, **_: object) -> None:
            """As Dask does."""
            raise CancelledError("scheduler-connection-lost")

        def release(self) -> None:
            """Nothing is held."""

    cluster = remote._Cluster(object(), 1)
    cluster.known.update({"tcp://x", "tcp://y"})
    slot = remote.RemoteSlot(cluster, "tcp://x", resnet, Setting(), {})
    outcome: Future[str] = Future()
    slot._ended(outcome, Ended(), plain=False)
    assert isinstance(outcome.exception(), CancelledError)
    assert not slot._well
    assert cluster.known == {"tcp://y"}


def test_no_scheduler(
    course: Path, resnet: Assignment, hand_in: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens there."""
    hand_in("ada", {})
    monkeypatch.setattr(remote, "JOIN_SECONDS", 1.0)
    with pytest.raises(NoCluster, match=r"there is no Dask scheduler at 'tcp://127\.0\.0\.1:1'"):
        grade(resnet, course, scheduler="tcp://127.0.0.1:1")
    for odd in ("nonsense://x", "tls://127.0.0.1:1"):  # for the second, no certificates are set
        with pytest.raises(NoCluster, match=f"there is no Dask scheduler at '{odd}'"):
            grade(resnet, course, scheduler=odd)


def test_no_worker(
    course: Path, resnet: Assignment, hand_in: Hand, scheduler: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A scheduler alone grades nothing."""
    hand_in("ada", {})
    monkeypatch.setattr(remote, "JOIN_SECONDS", 1.0)
    with pytest.raises(NoCluster, match=r"has no worker\. Start some with `dask worker tcp://"):
        grade(resnet, course, scheduler=scheduler)
