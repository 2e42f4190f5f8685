"""Boxes as the host sees them: how children end, what is left, who may start them."""

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    landlock,
    seccomp,
)
from autograder.sandbox.channel import Channel, ChannelClosed
from autograder.sandbox.probe import probe

MakeProfile = Callable[..., Profile]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.box
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os._exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("x = []\nwhile True:\n    x.append(b'x' * 2**22)", "memory|SIGKILL|MemoryError"),
        (
            "n = 0\nwhile True:\n    open(f'/dev/shm/{n}', 'w').close()\n    n += 1",
            "it made more than 20,000 files",
        ),
    ],
)
def test_a_dead_child_tells_how_it_ended(box: Box, code: str, reason: str) -> None:
    """The reason names exit code, signal or the memory limit."""
    child = box.fork()
    try:
        reply = child.request({"code": code}, deadline=20)
    except BoxDied as died:
        said = died.reason
    else:
        said = str(reply.header)
    assert any(word in said for word in reason.split("|")), said


@pytest.mark.box
def test_requests_after_death_say_so(box: Box) -> None:
    """A dead child answers every further request with the same reason."""
    child = box.fork()
    for _ in range(2):
        with pytest.raises(BoxDied, match="exit code 0"):
            child.request({"code": "os._exit(0)"}, deadline=10)


@pytest.mark.box
def test_killing_twice_is_killing_once(box: Box) -> None:
    """kill() may be called again."""
    child = box.fork()
    child.kill()
    child.kill()
    with pytest.raises(BoxDied, match="stopped"):
        child.request({"code": "pass"}, deadline=1)


@pytest.mark.box
def test_files_of_one_child_are_gone_for_the_next(box: Box) -> None:
    """Temporary folders are emptied, whatever permissions were left on them."""
    code = """
os.makedirs('/tmp/a/b')
open('/tmp/a/b/c', 'w').write('x')
os.chmod('/tmp/a/b', 0)
os.chmod('/tmp/a', 0)
os.symlink('/', '/tmp/link')
open('/dev/shm/y', 'w').write('y')
"""
    first = box.fork()
    first.request({"code": code}, deadline=10)
    first.kill()
    code = "result = os.listdir('/tmp') + os.listdir('/dev/shm')"
    assert box.fork().request({"code": code}, deadline=10).header["result"] == []


@pytest.mark.box
def test_a_dead_warm_process_is_replaced(make_profile: MakeProfile) -> None:
    """When the warm process dies between submissions, the next fork starts another."""
    with Box(make_profile()) as made:
        made.fork().kill()
        assert made._process is not None
        made._process.kill()
        made._process.wait()
        child = made.fork()
        assert child.request({"code": "result = 5"}, deadline=10).header["result"] == 5
        assert made.starts == 2


@pytest.mark.box
def test_blobs_travel_both_ways(child: Child) -> None:
    """Raw bytes of several megabytes come back as they went."""
    data = os.urandom(5_000_000)
    reply = child.request({"code": "back = [b[::-1] for b in blobs]"}, [data, b""], deadline=20)
    assert reply.blobs == [data[::-1], b""]


@pytest.mark.box
@pytest.mark.parametrize(
    "code",
    [
        "channel.send({'id': 999})",
        "channel._socket.setblocking(True); channel._socket.sendall(b'no frame at all' * 9)",
        "channel._socket.setblocking(True); channel._socket.sendall(b'BOX1' + b'\\xff' * 40)",
    ],
)
def test_forged_frames_are_protocol_errors(box: Box, code: str) -> None:
    """Whatever a child writes on the wire, the host raises what it documents."""
    child = box.fork()
    with pytest.raises(ProtocolError):
        child.request({"code": code}, deadline=5)
    child.kill()


@pytest.mark.box
def test_no_descriptor_is_leaked(box: Box) -> None:
    """Forty children leave as many open files as one."""
    box.fork().kill()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(40):
        box.fork().kill()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.box
def test_kill_nine_of_the_host_leaves_nothing(tmp_path: Path) -> None:
    """When the grader is killed without warning, its box goes with it."""
    script = tmp_path / "host.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys, time
            sys.path.insert(0, {str(ROOT)!r})
            from tests.sandbox.conftest import plain_profile
            from autograder.sandbox import Box
            box = Box(plain_profile())
            box.start()
            child = box.fork()
            child.request({{"code": "import os\\nos.fork() or time.sleep(600)"}}, deadline=10)
            print(box._process.pid, flush=True)
            time.sleep(600)
            """
        ),
        encoding="utf-8",
    )
    host = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    pid = int(host.stdout.readline())
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


@pytest.mark.box
def test_an_ordinary_user_gets_boxes_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Levels full and reduced hold when somebody without root starts them."""
    place = tmp_path_factory.mktemp("user") / "repo"
    shutil.copytree(ROOT / "autograder" / "sandbox", place / "autograder" / "sandbox")
    (place / "autograder" / "__init__.py").write_text("", encoding="utf-8")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from autograder.sandbox import Level\n"
        "from autograder.sandbox.probe import probe\n"
        "for level in (Level.FULL, Level.REDUCED):\n"
        "    report = probe(level)\n"
        "    print(level.value, report.level.value, [f for f in report.findings if not f.ok])\n"
    )
    command = ["/usr/bin/python3", "-c", script, str(place)]
    if os.geteuid() == 0:
        for path in [place, *place.parents]:
            if path.exists() and path != Path("/"):
                path.chmod(path.stat().st_mode | 0o055)
        command = ["setpriv", "--reuid=31337", "--regid=31337", "--clear-groups", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.splitlines() == ["full full []", "reduced reduced []"], (
        done.stdout + done.stderr
    )


@pytest.mark.box
def test_the_probe_finds_what_holds_here() -> None:
    """On a machine with bubblewrap everything that is tried is held."""
    report = probe()
    assert report.level is Level.FULL, report
    assert len(report.findings) > 10


def test_without_bubblewrap_full_is_refused(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bwrap on the path: the message says what to install, and nothing runs."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BoxUnavailable, match=r"bubblewrap \(bwrap\) is not installed.*apt-get"):
        Box(make_profile()).start()
    report = probe(Level.FULL)
    assert report.level is Level.NONE
    assert "apt-get install bubblewrap" in report.findings[0].remedy


def test_root_needs_setpriv(make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by root, the box must be able to drop to another user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/bwrap" if name == "bwrap" else None)
    with pytest.raises(BoxUnavailable, match=r"setpriv .* not installed"):
        Box(make_profile()).start()


def test_reduced_is_not_for_root(
    make_profile: MakeProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landlock alone does not hold root's files and limits."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(landlock, "abi", lambda: 7)
    with pytest.raises(BoxUnavailable, match="root's files and limits are not held"):
        Box(make_profile(Level.REDUCED)).start()


@pytest.mark.box
def test_a_guest_that_cannot_start_is_explained(make_profile: MakeProfile) -> None:
    """The warm process's own last words are in the message."""
    with pytest.raises(BoxUnavailable, match=r"did not start.*No module named 'nowhere'"):
        Box(make_profile(guest="nowhere:serve")).start()


def test_unknown_architectures_are_named() -> None:
    """There is no filter for a machine whose call numbers are not listed."""
    with pytest.raises(OSError, match=r"no seccomp filter for 'vax'; there are: x86_64, aarch64"):
        seccomp.program("vax")


def test_both_architectures_have_a_program() -> None:
    """Eight bytes an instruction, fewer than the kernel's limit."""
    for machine in ("x86_64", "aarch64"):
        packed = seccomp.program(machine)
        assert len(packed) % 8 == 0
        assert len(packed) // 8 < 4096


def test_a_refused_filter_is_an_error() -> None:
    """An empty program is refused by the kernel, and the refusal is passed on."""
    code = "from autograder.sandbox import seccomp; seccomp.install(b'')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the seccomp filter was refused" in done.stderr


def test_landlock_passes_the_kernels_refusal_on() -> None:
    """A ruleset call with nonsense fails with the call's name."""
    with pytest.raises(OSError, match="Landlock call 444 failed"):
        landlock._call(landlock.CREATE, b"", 0, 77)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_on_the_wire(data: bytes, framed: bool) -> None:
    """Arbitrary bytes give a frame, the end, or a ProtocolError; nothing else."""
    ours, theirs = socket.socketpair()
    theirs.sendall((b"BOX1" if framed else b"") + data)
    theirs.close()
    channel = Channel(ours, Limits(header_bytes=1000, blob_bytes=1000, blobs=10))
    try:
        frame = channel.receive(deadline=time.monotonic() + 5)
    except ProtocolError:
        pass
    else:
        assert frame is None or isinstance(frame.header, dict)
    channel.close()


def test_frames_over_the_caps_are_refused() -> None:
    """Headers, counts and sums of lengths have limits."""
    cases = [(2000, 0, b""), (2, 11, b""), (2, 1, (1001).to_bytes(8, "big"))]
    for length, count, rest in cases:
        ours, theirs = socket.socketpair()
        theirs.sendall(b"BOX1" + length.to_bytes(4, "big") + count.to_bytes(4, "big") + rest)
        channel = Channel(ours, Limits(header_bytes=1000, blob_bytes=1000, blobs=10))
        with pytest.raises(ProtocolError, match="a frame of"):
            channel.receive(deadline=time.monotonic() + 5)
        theirs.close()
        channel.close()


def test_headers_must_be_objects() -> None:
    """JSON that is no object, too deep, or no JSON is told apart from a frame."""
    for text, message in (
        (b"[1]", "no object"),
        (b"{", "not JSON"),
        (b"[" * 900, "not JSON|no obj"),
    ):
        ours, theirs = socket.socketpair()
        theirs.sendall(b"BOX1" + len(text).to_bytes(4, "big") + bytes(4) + text)
        channel = Channel(ours)
        with pytest.raises(ProtocolError, match=message):
            channel.receive(deadline=time.monotonic() + 5)
        theirs.close()
        channel.close()


def test_reading_and_writing_have_deadlines() -> None:
    """A silent or a deaf other end is given up on."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with pytest.raises(DeadlineExceeded):
        channel.receive(deadline=time.monotonic() + 0.05)
    with pytest.raises(DeadlineExceeded):
        channel.send({}, [b"x" * 10**7], deadline=time.monotonic() + 0.05)
    theirs.close()
    with pytest.raises(ChannelClosed):
        channel.send({}, [b"x" * 10**7], deadline=time.monotonic() + 5)
    channel.close()


def test_no_room_for_its_files(
    make_profile: MakeProfile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box, and the probe of one, say so and what helps; the words go from process to process."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(BoxUnavailable, match=r"its files cannot be written .*nowhere") as caught:
        Box(make_profile()).start()
    assert "Free space in the folder for temporary files" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    report = probe(Level.FULL)
    assert report.level is not Level.FULL
    assert any("nowhere" in f.detail and "TMPDIR" in f.remedy for f in report.findings)
