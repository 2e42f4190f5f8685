"""The seventeen pitfalls that cost the most in earlier attempts, each as a test."""

import contextlib
import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.config import load_assignment
from autograder.runner.bench import Setting, profile
from autograder.sandbox import (
    Box,
    BoxDied,
    BoxUnavailable,
    Child,
    DeadlineExceeded,
    Level,
    Limits,
    Profile,
    ProtocolError,
    devices,
    launch,
)
from autograder.sandbox.channel import PREFIX, Channel
from autograder.sandbox.launch import USERNS, command, describe_failure, environment
from autograder.sandbox.probe import probe
from autograder.submission import Submission, SubmissionFault
from autograder.submission.boxed import BoxedTransport

pytestmark = pytest.mark.box
Run = Callable[..., Any]
MakeProfile = Callable[..., Profile]


@pytest.fixture(scope="module")
def torch_box() -> Iterator[Box]:
    """The box that submissions are graded in."""
    with Box(profile(load_assignment("resnet"), Setting())) as made:
        yield made


@pytest.fixture
def torch_child(torch_box: Box) -> Iterator[Child]:
    """A fresh child of it."""
    made = torch_box.fork()
    yield made
    made.kill()


def cell(child: Child, source: str, deadline: float = 30.0) -> dict[str, Any]:
    """Run one cell in the grading guest."""
    return child.request({"op": "run", "source": source, "tensors": []}, deadline=deadline).header


def test_01_student_code_is_not_root(run: Run) -> None:
    """Whoever starts the grader, student code runs under a user that is nobody outside."""
    assert run("result = os.getuid()") not in (0, os.getuid())
    assert "PermissionError" in str(run("open('/proc/1/mem', 'rb')"))
    assert "Error" in run("open('/etc/shadow')")
    assert "Error" in run("os.setuid(0)")


def test_02_the_callers_environment_is_not_in_the_box(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bubblewrap, pid 1 of the box, is started with an empty environment."""
    monkeypatch.setenv("SECRET_TOKEN", "do not tell")
    with Box(make_profile()) as made:
        child = made.fork()
        code = "result = [dict(os.environ), os.path.exists('/proc/1/environ')]"
        seen = child.request({"code": code}, deadline=10).header["result"][0]
        read = child.request({"code": "open('/proc/1/environ').read()"}, deadline=10).header
        assert "SECRET_TOKEN" not in seen
        assert "SECRET" not in json.dumps(read)
    assert "SECRET_TOKEN" not in environment()


def test_03_everything_writable_has_a_size(run: Run) -> None:
    """/tmp and /dev/shm are small; nothing else can be written."""
    fill = "f = open('{}/x', 'wb'); [f.write(b'x' * 2**20) and f.flush() for _ in range(64)]"
    assert "No space" in run(fill.format("/dev/shm"))
    for folder in ("/dev", "/", "/usr", "/guest", "/proc", "/var/tmp", "/dev/mqueue"):
        assert "Error" in run(f"open('{folder}/x', 'wb')"), folder


def test_04_memory_is_counted_proportionally(torch_child: Child) -> None:
    """A DataLoader with two workers shares its pages and is not killed for them."""
    source = """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(64.0))
total = sum(float(batch[0].sum()) for batch in DataLoader(data, batch_size=8, num_workers=2))
print(total)
"""
    reply = cell(torch_child, source)
    assert reply["status"] == "ok", reply
    assert "2016.0" in str(reply["outputs"])


def test_05_one_thread_before_and_after_the_fork(torch_child: Child) -> None:
    """The warm process stays single-threaded, so a child's own threads do not hang."""
    source = """
import torch
before = torch.get_num_threads()
torch.set_num_threads(2)
x = torch.randn(400, 400)
for _ in range(20):
    x = x @ x / 20
print(before)
"""
    reply = cell(torch_child, source)
    assert reply["status"] == "ok", reply
    assert reply["outputs"][0]["text"] == "1\n"


def test_06_local_sockets_work_and_no_others(run: Run) -> None:
    """DataLoader's workers need AF_UNIX; every other family is refused, not left hanging."""
    assert run("a, b = socket.socketpair(); a.send(b'x'); result = len(b.recv(1))") == 1
    path = "s = socket.socket(socket.AF_UNIX); s.bind('/tmp/s'); result = 'bound'"
    assert run(path) == "bound"
    for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET"):
        assert "not supported" in run(f"socket.socket(socket.{family})"), family


def test_07_children_inherit_no_state(run: Run, box: Box) -> None:
    """Signal handlers, wake-up descriptors and random state of the warm process are reset."""
    assert run("result = signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL") is True
    assert run("result = signal.set_wakeup_fd(-1)") == -1
    drawn = run("result = random.random()")
    assert drawn != random.Random(99).random()
    again = box.fork().request({"code": "result = random.random()"}, deadline=10)
    assert again.header["result"] == drawn


def test_08_a_kill_takes_the_whole_box(make_profile: MakeProfile) -> None:
    """What a child started is gone when kill() returns, sessions of its own included."""
    flood = """
import time
for _ in range(6):
    if os.fork() == 0:
        os.setsid()
        while True:
            time.sleep(1)
"""
    with Box(make_profile()) as made:
        child = made.fork()
        child.request({"code": flood}, deadline=10)
        child.kill()
        code = "result = [n for n in os.listdir('/proc') if n.isdigit()]"
        left = made.fork().request({"code": code}, deadline=10).header["result"]
        assert len(left) == 3  # bubblewrap, the warm process, this child
        assert made.starts == 1


def test_09_prints_while_the_judge_feeds_inputs_are_not_shown(torch_child: Child) -> None:
    """Only what cells print is reported; what a forward prints could be the hidden input."""
    source = """
import torch
class Loud(torch.nn.Module):
    def forward(self, x):
        print("input was", x)
        return x
"""
    cell(torch_child, source)
    submission = Submission(BoxedTransport(torch_child, deadline=lambda: 10.0))
    submission.build("Loud").forward(torch.full((1,), 12345.0))
    reply = cell(torch_child, "pass")
    assert "12345" not in json.dumps(reply)


@pytest.mark.parametrize(
    "expression",
    [
        "x.to_sparse()",
        "x.to(torch.complex64)",
        "torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)",
        "x.to('meta')",
        "torch.zeros(1).expand(2**36)",
    ],
)
def test_10_odd_tensors_are_an_error_not_a_comparison(torch_box: Box, expression: str) -> None:
    """Sparse, complex, quantised, meta and absurdly large tensors never arrive as numbers."""
    child = torch_box.fork()
    cell(child, f"import torch\ndef f(x):\n    return {expression}")
    submission = Submission(BoxedTransport(child, deadline=lambda: 20.0))
    value: Any = None
    with contextlib.suppress(SubmissionFault):
        value = submission.call("f", torch.ones(3))
    assert not isinstance(value, torch.Tensor)
    child.kill()


def test_11_declared_lengths_allocate_nothing() -> None:
    """A frame that declares the largest allowed blob and then stops costs its bytes only."""
    ours, theirs = socket.socketpair()
    limits = Limits(blob_bytes=2**40)
    length = (2**40 - 1).to_bytes(8, "big")
    theirs.sendall(PREFIX.pack(b"BOX1", 2, 1) + length + b"{}" + b"x" * 1000)
    theirs.close()
    channel = Channel(ours, limits)
    with pytest.raises(ProtocolError, match="ends early"):
        channel.receive(deadline=time.monotonic() + 5)
    channel.close()


def test_12_output_floods_are_cut_in_the_box(torch_child: Child) -> None:
    """A cell that prints two hundred megabytes ends, and its report is small or it is killed."""
    source = "for _ in range(200):\n    print('x' * 1_000_000)"
    reply: dict[str, Any] = {}
    with contextlib.suppress(BoxDied):
        reply = cell(torch_child, source)
    assert len(json.dumps(reply)) < 1_000_000


def test_13_the_interpreter_and_packages_are_bound_by_name(make_profile: MakeProfile) -> None:
    """Every folder that Python needs is in the box, wherever it lies; no home folder is."""
    words = command(make_profile(), Path("/tmp/staged"), 3, Path("/tmp/scratch"))
    bound = {words[n + 1] for n, word in enumerate(words) if word == "--ro-bind"}
    assert str(Path.home()) not in bound
    assert str(Path(__file__).resolve().parents[2]) not in bound
    assert any("site-packages" in folder or "dist-packages" in folder for folder in bound)


def test_13_packages_below_the_scratch_folder_are_mounted_apart(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A checkout below /tmp works: its packages survive the wipe, and no submission can move them.

    (pytest's own temporary folder lies below /tmp as well.)
    """
    assert str(tmp_path).startswith("/tmp/")
    (tmp_path / "installed_here.py").write_text("ANSWER = 42\n", encoding="utf-8")
    found = [*launch.packages(), str(tmp_path)]
    monkeypatch.setattr(launch, "packages", lambda: found)
    tmp_path.chmod(0o755)
    code = (
        f"os.makedirs({str(tmp_path)!r})\n"
        "os.rename('/tmp/' + os.listdir('/tmp')[0], '/tmp/moved')\n"
        "import installed_here; result = installed_here.ANSWER"
    )
    with Box(make_profile()) as box:
        for _ in range(2):
            child = box.fork()
            assert child.request({"code": code}, deadline=10).header.get("result") == 42
            child.kill()


def test_13_an_interpreter_in_the_scratch_folder_is_refused(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a box may write is no place for the interpreter; the message says what to do."""
    monkeypatch.setattr("sys.base_prefix", "/tmp/python")
    with pytest.raises(BoxUnavailable, match=r"interpreter lies below /tmp.*PYTHON=/usr/bin"):
        command(make_profile(), Path("/s"), 3, Path("/t"))


@pytest.mark.parametrize("level", [Level.FULL, Level.REDUCED])
@pytest.mark.parametrize(("abi", "has"), [(5, "has ABI 5"), (0, "has none")])
def test_14_older_kernels_are_refused(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch, level: Level, abi: int, has: str
) -> None:
    """Both levels need Landlock that scopes signals; what helps is said, and how to look."""
    monkeypatch.setattr("autograder.sandbox.landlock.abi", lambda: abi)
    with pytest.raises(BoxUnavailable, match=f"level {level} needs Landlock ABI 6.*{has}") as told:
        Box(make_profile(level)).start()
    assert "Linux 6.12 or newer" in told.value.remedy
    assert "`uname -r`" in told.value.remedy
    report = probe(level)
    assert report.level is Level.NONE
    assert [finding.remedy for finding in report.findings] == [told.value.remedy]


def test_14_a_child_that_cannot_be_confined_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box whose children end before they serve holds nothing; what to report is said."""

    def unserved(self: Child, *_: object, **__: object) -> None:
        """As a child ends that the kernel does not let confine itself."""
        self.kill()
        raise BoxDied("its process ended itself with exit code 70")

    monkeypatch.setattr(Child, "request", unserved)
    report = probe(Level.FULL)
    assert report.level is Level.NONE
    assert report.findings[0].detail == "a box starts: failed: the child could not be confined"
    assert "report this with your kernel's version (`uname -r`)" in report.findings[0].remedy


def test_15_forbidden_user_namespaces_get_their_remedy() -> None:
    """What bubblewrap says on Ubuntu 24.04 and in Docker is answered with what helps."""
    said = "bwrap: setting up uid map: Permission denied"
    reason, remedy = describe_failure(said, 1)
    assert "uid map" in reason
    assert remedy == USERNS
    assert "apparmor" in remedy
    assert "Docker" in remedy


def test_16_a_device_that_is_not_there_is_refused(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, with what helps; a box for the CPU has none of them in any case."""
    monkeypatch.setattr(devices, "NODES", ("/dev/no-such-*",))
    with pytest.raises(BoxUnavailable, match=r"no profile for device 'tpu'\. There are: cpu, cuda"):
        command(make_profile(device="tpu"), Path("/s"), 3, Path("/t"))
    with pytest.raises(BoxUnavailable, match=r"no GPU of NVIDIA's .* or grade on cpu"):
        command(make_profile(device="cuda"), Path("/s"), 3, Path("/t"))
    monkeypatch.setattr(devices, "NODES", ("/dev/full",))
    assert "/dev/full" not in command(make_profile(), Path("/s"), 3, Path("/t"))


def test_17_nothing_from_a_box_is_ever_unpickled_or_executed() -> None:
    """The trusted side has no call that turns foreign bytes into code."""
    package = Path(__file__).resolve().parents[2] / "autograder"
    forbidden = (
        "pickle",
        "torch.load",
        "torch.export.load",
        "allow_pickle=True",
        "dill",
        "marshal",
    )
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in forbidden:
            assert f"import {word}" not in text, path
            assert f"{word}(" not in text, path


def test_deadline_is_held_outside(box: Box) -> None:
    """A child that ignores every signal is stopped all the same."""
    child = box.fork()
    loop = "for n in range(1, 65):\n try: signal.signal(n, signal.SIG_IGN)\n except Exception: pass"
    with pytest.raises(DeadlineExceeded, match=r"no answer within 0\.5 s"):
        child.request({"code": loop + "\nwhile True: pass"}, deadline=0.5)
    child.kill()
    assert box.fork().request({"code": "result = 1"}, deadline=10).header["result"] == 1
