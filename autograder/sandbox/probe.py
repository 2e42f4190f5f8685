"""What this machine can hold: not read off, but tried out in real boxes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox.box import Box
from autograder.sandbox.errors import (
    MAKE_ROOM,
    BoxDied,
    BoxError,
    BoxUnavailable,
    DeadlineExceeded,
)
from autograder.sandbox.folder import HeldFolder
from autograder.sandbox.profile import MIB, Level, Limits, Profile

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("autograder/__init__.py", "autograder/sandbox")
SECONDS = 10.0
LIMITS = Limits(memory_bytes=256 * MIB, processes=24, tmp_bytes=32 * MIB, shm_bytes=16 * MIB)
UNSERVED = "exit code 70"
"""How a child ends that did not come as far as serving: that holds nothing, it just did not run."""

REPORT = "Do not grade here; report this with your kernel's version (`uname -r`)."

WEAKER = ("processes", "environment", "fork", "fill")
"""What level reduced is not asked to hold: it has no pid namespace and no sized file system."""


@dataclass(frozen=True)
class Finding:
    """One thing that was tried; ``ok`` means that the box held."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """The strongest level that held, and what was tried for it."""

    level: Level
    findings: tuple[Finding, ...]


def probe(level: Level | None = None) -> Report:
    """Try ``level``, or the strongest that holds; takes a second or two.

    The report's level is NONE when what was asked for does not hold.
    """
    findings: list[Finding] = []
    for candidate in (level,) if level is not None else (Level.FULL, Level.REDUCED):
        tried = list(_try(candidate))
        findings += tried
        if all(finding.ok for finding in tried):
            return Report(candidate, tuple(findings))
    return Report(Level.NONE, tuple(findings))


def _try(level: Level) -> Iterator[Finding]:
    profile = Profile(
        guest="autograder.sandbox.probes:serve",
        root=ROOT,
        modules=MODULES,
        level=level,
        limits=LIMITS,
    )
    with contextlib.ExitStack() as stack:
        try:
            box = stack.enter_context(Box(profile))
            secret, folder = stack.enter_context(_secret())
            port = stack.enter_context(_server())
        except BoxUnavailable as error:
            yield Finding(f"{level.value}: start", False, error.reason, error.remedy)
            return
        except OSError as error:
            yield Finding(f"{level.value}: start", False, f"{error}", MAKE_ROOM)
            return
        calm = _ask(box, "read", {"paths": ["/dev/null"]})
        served = calm.startswith("read")
        remedy = "" if served else REPORT
        yield Finding(f"{level.value}: start", served, f"a box starts: {calm}", remedy)
        for attempt, what, request in _attempts(level, secret, folder, port):
            if level is Level.REDUCED and attempt in WEAKER:
                continue
            answer = _ask(box, attempt, request)
            held = answer.startswith(("refused", "killed"))
            remedy = "" if held else REPORT
            yield Finding(f"{level.value}: {what}", held, answer, remedy)


def _attempts(
    level: Level, secret: Path, folder: Path, port: int
) -> list[tuple[str, str, dict[str, Any]]]:
    """Attempt, what it is in words, its request."""
    home = str(Path.home())
    # At level full these are the box's own, of a size, and emptied after each submission.
    shared = [] if level is Level.FULL else ["/dev/shm", "/var/tmp"]
    return [
        ("read", "secrets stay unread", {"paths": ["/etc/shadow", str(secret), f"{home}/.bashrc"]}),
        (
            "write",
            "nothing outside is written",
            {"folders": [str(folder), home, "/usr", "/etc", "/", *shared]},
        ),
        ("connect", "no network", {"port": port}),
        ("processes", "other processes are invisible", {}),
        ("environment", "the host's environment is unread", {}),
        ("signal", "no signal leaves", {}),
        ("trace", "no other process is traced", {}),
        ("root", "no privilege is gained", {}),
        ("namespace", "no new namespace", {}),
        ("memory", "memory is limited", {"bytes": LIMITS.memory_bytes + 1200 * MIB}),
        ("fork", "processes are limited", {"count": 200}),
        ("fill", "temporary files are limited", {"bytes": 64 * MIB}),
    ]


def _ask(box: Box, attempt: str, request: dict[str, Any]) -> str:
    """One attempt in a child of its own."""
    try:
        child = box.fork()
        answer = child.request({"attempt": attempt, **request}, deadline=SECONDS).header
        child.kill()
        return str(answer.get("answer"))
    except BoxDied as error:
        if UNSERVED in error.reason:
            return "failed: the child could not be confined"
        return f"killed: {error.reason}"
    except DeadlineExceeded:
        return "killed: it did not answer"
    except BoxError as error:
        return f"failed: {error}"


@contextlib.contextmanager
def _secret() -> Iterator[tuple[Path, Path]]:
    """A file and a folder of ours that everybody on this machine could read and write."""
    with HeldFolder() as folder:
        folder.chmod(0o777)
        secret = folder / "secret"
        secret.write_text("secret", encoding="ascii")
        secret.chmod(0o644)
        yield secret, folder


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """A port of this machine that does answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
