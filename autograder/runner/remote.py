"""Workers on other machines, behind a Dask scheduler: the same slots, the same records.

Each worker has a checkout of its own, so neither hidden checks nor answers cross the network; it
gets work once it has proved that its checks are ours and that its sandbox holds. A submission is
read here, under limits, and sent as plain values.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from typing import Any

from autograder.authored import is_authors
from autograder.config import Assignment, load_assignment
from autograder.records import to_json
from autograder.runner.again import Kept, Task
from autograder.runner.bench import Bench, Setting, verdict_key
from autograder.runner.crew import JOIN_SECONDS, Crew
from autograder.runner.device import device_problem
from autograder.runner.executors import patience
from autograder.runner.intake import Intake, read_submission
from autograder.sandbox import BoxUnavailable, Level
from autograder.sandbox.probe import probe


class NoCluster(RuntimeError):
    """The scheduler cannot be reached, or has no worker; says what to do."""


def connect(address: str, assignment: Assignment, setting: Setting, key: dict[str, str]) -> Crew:
    """One slot for each worker that the scheduler at ``address`` has, and for each that joins.

    Raises:
        NoCluster: there is no scheduler there, or no worker joins within a minute.
    """
    from distributed import Client

    try:
        client: Any = Client(address, timeout=JOIN_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        raise NoCluster(
            f"there is no Dask scheduler at {address!r} ({error}). Start one with `dask scheduler` "
            "and give the address that it prints, such as tcp://10.0.0.1:8786."
        ) from error
    try:
        client.wait_for_workers(1, timeout=JOIN_SECONDS)
        workers = list(client.scheduler_info(n_workers=-1)["workers"])
    except Exception as error:  # no worker in time, or no scheduler any more
        client.close()
        raise NoCluster(
            f"the scheduler at {address} has no worker. Start some with `dask worker {address} "
            "--nthreads 1`, in a checkout of this course with its environment active."
        ) from error
    cluster = _Cluster(client, 0)

    def came(workers: Iterable[str]) -> list[RemoteSlot]:
        """Slots for those that were not known; one that was lost does not come back as itself."""
        new = sorted(set(workers) - cluster.known)
        cluster.known.update(new)
        cluster.users += len(new)
        return [RemoteSlot(cluster, worker, assignment, setting, key) for worker in new]

    return Crew(came(workers), lambda: came(cluster.workers()))


class _Cluster:
    """The connection that some slots share; closed with the last of them."""

    def __init__(self, client: Any, users: int) -> None:
        self.client = client
        self.users = users
        self.known: set[str] = set()
        """Workers that have a slot, or had one."""
        self._seen: tuple[float, frozenset[str]] = (0.0, frozenset())

    def workers(self) -> frozenset[str]:
        """Who is there; none if the scheduler itself is gone. Asked once a second at most."""
        if time.monotonic() - self._seen[0] > 1.0:
            try:
                found = self.client.scheduler_info(n_workers=-1)["workers"]
            except Exception:  # whatever a broken connection raises
                found = {}
            gone = self.client.status != "running"
            self._seen = (time.monotonic(), frozenset() if gone else frozenset(found))
        return self._seen[1]

    def leave(self) -> None:
        """One slot less."""
        self.users -= 1
        if self.users == 0:
            self.client.close(timeout=5)


class RemoteSlot:
    """One Dask worker. Once it is lost it gets no more work: what it says late is not heard."""

    optional = True

    def __init__(
        self,
        cluster: _Cluster,
        worker: str,
        assignment: Assignment,
        setting: Setting,
        key: dict[str, str],
    ) -> None:
        self._cluster = cluster
        self._worker = worker
        self._assignment = assignment
        self._setting = setting
        self._key = key
        self._until: dict[Future[str], float] = {}
        self._asked: dict[Future[str], Any] = {}
        self._well = True
        # What may be in front of it may be of a run that was killed; a box may have to be started.
        self._patience = patience(assignment)

    @property
    def alive(self) -> bool:
        """Whether it may get work: it was not lost, and the scheduler is there."""
        return self._well and self._cluster.client.status == "running"

    def prepare(self) -> Future[str]:
        """Have the worker prove that its checks are ours and that its sandbox holds."""
        return self._submit(prove, self._assignment.id, self._setting, self._key, plain=True)

    def submit(self, task: Task) -> Future[str]:
        """Read the submission here, have it graded there."""
        intake = read_submission(task.folder, self._assignment)
        return self._submit(grade_there, self._assignment.id, self._setting, intake, task.kept)

    def _submit(self, function: Any, *arguments: Any, plain: bool = False) -> Future[str]:
        """The outcome of a call over there; an error of the cluster's counts as cancelled.

        With ``plain`` what an assignment's files are to blame for comes as it is.
        """
        outcome: Future[str] = Future()
        try:
            asked = self._cluster.client.submit(
                function, *arguments, workers=[self._worker], allow_other_workers=False,
                pure=False, retries=0,
            )  # fmt: skip
        except Exception as error:  # whatever a broken connection raises
            self._well = False
            outcome.set_exception(CancelledError(f"{type(error).__name__}: {error}"))
            return outcome
        self._asked[outcome] = asked
        self._until[outcome] = time.monotonic() + self._patience
        asked.add_done_callback(lambda ended: self._ended(outcome, ended, plain=plain))
        return outcome

    def _ended(self, outcome: Future[str], ended: Any, *, plain: bool) -> None:
        """Called in a thread of Dask's. Whoever gave the outcome up has cancelled it.

        What was held of the submission and its record over there is let go.
        """
        self._asked.pop(outcome, None)
        try:
            if outcome.set_running_or_notify_cancel():
                outcome.set_result(ended.result(timeout=10))
        except Exception as error:
            # An error of its own code leaves a worker well; one that died or went does not.
            if ended.status != "error" or type(error).__name__ == "KilledWorker":
                self._well = False
            if ended.status == "cancelled":  # the connection broke: it may prove itself again
                self._cluster.known.discard(self._worker)
            as_it_is = isinstance(error, BoxUnavailable) or (plain and is_authors(error))
            told = error if as_it_is else CancelledError(f"{type(error).__name__}: {error}")
            outcome.set_exception(told)
        finally:
            ended.release()

    def lost(self, future: Future[str]) -> bool:
        """Its worker has gone, or has taken longer than any submission may."""
        if future.done():
            self._until.pop(future, None)
            return False
        late = time.monotonic() > self._until[future]
        if late or self._worker not in self._cluster.workers():
            self._well = False
            future.cancel()
            asked = self._asked.pop(future, None)
            with contextlib.suppress(Exception):  # the connection may be what is broken
                if asked is not None:
                    asked.cancel(force=True)
            return True
        return False

    def give_up(self) -> None:
        """Let the worker end what it does; nobody listens."""
        self.close()

    def close(self) -> None:
        """Leave the worker to others."""
        for asked in list(self._asked.values()):
            with contextlib.suppress(Exception):
                asked.release()
        self._asked.clear()
        self._cluster.leave()


# --- what runs there -----------------------------------------------------------------------------

_benches: dict[tuple[str, Setting], Bench] = {}
_loaded: dict[str, str] = {}
"""What this process runs, as digests: its disk may hold something else by now."""
_held: set[Setting] = set()
"""What was tried out by this process, and held."""
_one_at_a_time = threading.Lock()
"""A worker with several threads has one box all the same."""


def _bench(id: str, setting: Setting) -> Bench:
    """The bench of this process, its box started."""
    if (id, setting) not in _benches:
        for other in _benches.values():
            other.close()
        _benches.clear()
        bench = Bench(load_assignment(id), setting)
        bench.prepare()
        _benches[id, setting] = bench
    return _benches[id, setting]


def _unheld(setting: Setting) -> str:
    """What of ``setting`` does not hold on this machine; empty if all does.

    A warm process that starts shows little: the walls are those of its children, which the probe
    forks. What failed is tried anew when asked for again: somebody may have mended it.
    """
    level = setting.level
    if setting in _held:
        return ""
    report = probe(level) if level is not Level.NONE else None
    if report and report.level is not level:
        failed = [f"{f.name}: {f.detail}. {f.remedy}".strip() for f in report.findings if not f.ok]
        return f"the sandbox of level {level.value!r} does not hold there: {' '.join(failed)}"
    if problem := device_problem(setting):
        return f"device {setting.device!r}: {problem}"
    _held.add(setting)
    return ""


def prove(id: str, setting: Setting, key: dict[str, str]) -> str:
    """Empty if this worker can grade ``id`` as whoever asks would; else what is wrong with it."""
    import socket

    where = f"worker {socket.gethostname()}"
    with _one_at_a_time:
        found = verdict_key(load_assignment(id), setting)
        for entry in found.keys() - {"device", "sandbox"}:  # those are of the request
            # Modules stay as they were imported: those of a question's checks, of everything else.
            name, digest = f"{id} {entry}", found[entry]
            if entry in ("grader", "environment"):
                name = entry
            if _loaded.setdefault(name, digest) != digest:
                return f"{where} runs code that has changed on its disk since: start it again"
        other = sorted(name for name in {*found, *key} if found.get(name) != key.get(name))
        if other:
            return (
                f"{where} has another version of: {', '.join(other)}. Bring its checkout and its "
                "environment to the state of this one"
            )
        if problem := _unheld(setting):
            return f"{where}: {problem}".rstrip(".")
        try:
            _bench(id, setting)
        except BoxUnavailable as error:
            return f"{where}: {error.reason}. {error.remedy}".rstrip(".")
    return ""


def grade_there(id: str, setting: Setting, intake: Intake, kept: Kept | None) -> str:
    """The record of one submission, as JSON."""
    from autograder.runner.grade import grade_intake
    from autograder.runner.rounds import while_busy

    with _one_at_a_time:
        return to_json(while_busy(grade_intake(intake, _bench(id, setting), kept)))
