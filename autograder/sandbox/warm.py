"""The warm process inside the box: imports once, forks a child for each submission.

Run as a script with one argument, its settings in JSON. It takes commands over an inherited
SOCK_SEQPACKET socket (a stream would merge messages), one child at a time. While a child lives it
watches the box's memory; when told to clean, it kills everything but itself and empties what can be
written.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

WATCH_SECONDS = 0.05
CLEAN_SECONDS = 10.0
ENDING_SECONDS = 0.5
YOUNG_OBJECTS = 20_000
"""As many, and not 700, are made before a child looks for garbage: networks are made of many small
objects, and looking took up to 5 % of a submission's time."""

MANY = 8
"""Who has so many children may have hundreds. To gather pages takes as long as it saves over some
dozens of them: whoever checks a notebook or two does not pay for it."""


class Warm:
    """State of the warm process."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from autograder.sandbox import confine, memory, seccomp
        from autograder.sandbox.profile import Level, Limits

        memory.keep_memory()
        self.level = Level(settings["level"])
        self.limits = Limits(**settings["limits"])
        self.settings = settings
        self.confine = confine
        self.gather = memory.gather_pages
        self.program = b"" if self.level is Level.NONE else seccomp.program()
        self.control = socket.socket(fileno=settings["control"])
        self.null = os.open("/dev/null", os.O_RDWR)
        self.serve = _named(settings["guest"])
        self.child = 0
        self.child_end = -1
        self.ending = ""
        self.forks = 0
        if settings["warm_up"]:
            _named(settings["warm_up"])()
        _subreaper()
        self._wipe()
        gc.collect()
        gc.freeze()  # children share these pages; a collection would copy them
        gc.set_threshold(YOUNG_OBJECTS, 10, 10)
        memory.make_room()

    def loop(self) -> None:
        """Obey until the host hangs up."""
        self.control.send(b'{"ready":true}')
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while True:
            if not poll.poll(WATCH_SECONDS * 1000 if self.child else None):
                self._watch()
                continue
            message, handles, _, _ = socket.recv_fds(self.control, 4096, 1)
            if not message:
                return
            wish = json.loads(message)
            if wish["do"] == "fork":
                self._fork(handles[0])
            elif wish["do"] == "clean":
                self._clean(patience=ENDING_SECONDS if wish["ended"] else 0.0)

    def _fork(self, handle: int) -> None:
        self.ending = ""
        self.forks += 1
        if self.forks == MANY:
            self.gather()
        pid = os.fork()
        if pid == 0:
            self._be_child(handle)
        os.close(handle)
        self.child, self.child_end = pid, os.pidfd_open(pid)
        self.control.send(json.dumps({"pid": pid}).encode())

    def _be_child(self, handle: int) -> None:
        """Confine, serve, leave; never returns."""
        code = 70
        try:
            from autograder.sandbox.channel import Channel

            self.control.close()
            self.confine.settle(self.null)
            settings = self.settings
            nodes = settings["nodes"]
            self.confine.limit(self.limits, self.level, device=bool(nodes))
            writable = [*settings["wipe"], *nodes]
            self.confine.wall(self.level, writable, settings["readable"], self.program)
            os.chdir(settings["wipe"][0])
            self.serve(Channel(socket.socket(fileno=handle), self.limits))
            code = 0
        finally:
            os._exit(code)

    def _watch(self) -> None:
        """Kill the child's processes when together they hold more memory, or files, than they may.

        An empty file takes no room in a tmpfs, but a kilobyte of the kernel's memory.
        """
        self._reap()
        if self.level == "full" and self._files() > self.limits.files:
            self.ending = f"it made more than {self.limits.files:,} files"
            self._kill()
            return
        pids = self._others()
        page = resource.getpagesize()
        if sum(_resident(pid) for pid in pids) * page <= self.limits.memory_bytes:
            return
        # Resident sizes count shared pages for everyone who maps them: now look closely.
        proportional = [_proportional(pid) for pid in pids]
        if -1 in proportional or sum(proportional) > self.limits.memory_bytes:
            mib = self.limits.memory_bytes // 2**20
            self.ending = f"it used more than its {mib} MiB of memory"
            self._kill()

    def _files(self) -> int:
        """How many files are in what can be written; each place is a file system of the box's."""
        places = [os.statvfs(folder) for folder in self.settings["wipe"]]
        return sum(place.f_files - place.f_ffree for place in places)

    def _reap(self) -> None:
        """Collect ended children; remember how the submission's own process ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child and not self.ending:
                self.ending = _ending(status)

    def _await(self, seconds: float) -> None:
        """Until the submission's own process has ended, for so long at most."""
        if self.child and seconds:
            poll = select.poll()
            poll.register(self.child_end, select.POLLIN)
            poll.poll(seconds * 1000)
        self._reap()

    def _others(self) -> list[int]:
        """Every process of the box but this one and, in its own pid namespace, the first."""
        own = os.getpid()
        if self.level == "full":
            return [int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) not in (1, own)]
        return _descendants(own)

    def _kill(self) -> None:
        if self.level == "full":
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # all but this one and the first, in our namespace
        for pid in self._others():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _clean(self, patience: float) -> None:
        """No process and no file of the last child is left; tell how it ended."""
        self._await(patience)  # its socket closes a moment before it can be waited for
        ending = self.ending
        deadline = time.monotonic() + CLEAN_SECONDS
        while self._others() and time.monotonic() < deadline:
            self._kill()
            self._await(CLEAN_SECONDS)
            if self._others():  # what it started, or what was left to us
                time.sleep(0.001)
                self._reap()
        left = len(self._others())
        self._wipe()
        if self.child:
            os.close(self.child_end)
        self.child = 0
        self.control.send(json.dumps({"ending": ending, "left": left}).encode())

    def _wipe(self) -> None:
        for folder in self.settings["wipe"]:
            for entry in os.scandir(folder):
                if entry.is_dir(follow_symlinks=False):
                    _remove_tree(entry.path)
                else:
                    os.unlink(entry.path)


def _remove_tree(path: str) -> None:
    """Remove a folder, whatever permissions its owner left on it and however deep it is.

    Folders inside are lifted beside it first: a path may be too long to be named, and a stack too
    short to go down.
    """
    waiting, made = [path], 0
    while waiting:
        folder = waiting.pop()
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            inside = list(entries)
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)  # to move a folder is to write into it
                made += 1
                lifted = f"{path[: path.rindex('/')]}/.{os.urandom(8).hex()}-{made}"
                os.rename(entry.path, lifted)
                waiting.append(lifted)
            else:
                os.unlink(entry.path)
        os.rmdir(folder)


def _named(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _subreaper() -> None:
    """Orphans of the child become ours, so that none escapes by leaving its session."""
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = signal.Signals(-code).name
        if name == "SIGXCPU" or (name == "SIGKILL" and code == -signal.SIGXCPU):
            return "it used up its processor time"
        return f"its process was ended by {name}"
    return f"its process ended itself with exit code {code}"


def _resident(pid: int) -> int:
    """Resident pages; 0 for a process that is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    """Bytes, shared pages divided by their sharers; -1 for a process that hides itself."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except PermissionError:
        return -1
    except OSError:
        return 0
    return 0


def _descendants(root: int) -> list[int]:
    """Processes below ``root``, by their parents."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    found = {root}
    grew = True
    while grew:
        new = {pid for pid, parent in parents.items() if parent in found} - found
        found |= new
        grew = bool(new)
    return sorted(found - {root})


def main() -> None:
    """Start from the settings on the command line."""
    settings = json.loads(sys.argv[1])
    sys.argv = ["box"]
    sys.path[:0] = settings["paths"][:1]
    sys.path += settings["paths"][1:]
    Warm(settings).loop()


if __name__ == "__main__":
    main()
