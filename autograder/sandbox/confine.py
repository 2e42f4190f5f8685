"""What a freshly forked child does to itself before it meets student code."""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Sequence

from autograder.sandbox import landlock, seccomp
from autograder.sandbox.profile import Level, Limits

WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
SHARED_MEMORY = "/dev/shm"
"""The box's own at level full; at level reduced it is the machine's, and stays closed."""


def settle(null: int) -> None:
    """A session of its own, no terminal, default signals, nothing inherited that could surprise."""
    os.setsid()
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    random.seed(0)
    os.umask(0o077)


def limit(limits: Limits, level: Level, *, device: bool = False) -> None:
    """Resource limits. The address space bounds what the memory watchdog is too slow for.

    With a ``device`` it has no bound: CUDA maps all memory of the machine and of its GPUs.
    """
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.tmp_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if not device:
        bounds[resource.RLIMIT_AS] = limits.memory_bytes + _size() + 2**30
    if level is Level.FULL:  # elsewhere the count would include the user's other processes
        bounds[resource.RLIMIT_NPROC] = limits.processes
    for kind, value in bounds.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _size() -> int:
    """The address space that this process has already, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def wall(level: Level, scratch: Sequence[str], readable: Sequence[str], program: bytes) -> None:
    """Landlock and seccomp; from here on the child can only lose."""
    if level is Level.NONE:
        return
    seccomp.no_new_privileges()  # Landlock asks for it
    full = level is Level.FULL
    writing = [*scratch, *WRITABLE_DEVICES, *([SHARED_MEMORY] if full else [])]
    landlock.restrict(writing, ["/"] if full else list(readable))
    seccomp.install(program)
