"""Each worker keeps to a core of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from autograder.runner.cores import available

WORKER = """
import os, sys
from autograder.runner.cores import keep_to_one
kept = keep_to_one(sys.argv[1])
print(kept, *sorted(os.sched_getaffinity(0)), flush=True)
input()
"""
Start = Callable[[], tuple[subprocess.Popen[str], list[str]]]


@pytest.fixture
def start() -> Iterator[Start]:
    """A process that claims a core and holds it; what it says, the core first."""
    with ExitStack() as stack:

        def one() -> tuple[subprocess.Popen[str], list[str]]:
            words = [sys.executable, "-c", WORKER, f"a test of process {os.getpid()}"]
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            return process, process.stdout.readline().split()

        yield one


def test_no_two_workers_on_one_core(start: Start) -> None:
    """Not even of two runs, while there are others; what a dead one held is free again."""
    own = [str(core) for core in available()]
    held: dict[str, subprocess.Popen[str]] = {}
    for _ in own:
        process, (core, *may) = start()
        assert may == [core]
        assert core not in held
        held[core] = process
    second = {start()[1][0] for _ in own}
    assert second == set(own), "those that are too many share evenly"
    core, process = held.popitem()
    process.kill()
    process.wait()
    assert start()[1] == [core, core]


def test_the_cores_of_this_process() -> None:
    """What the system allows, not what it has."""
    assert available() == sorted(os.sched_getaffinity(0))
