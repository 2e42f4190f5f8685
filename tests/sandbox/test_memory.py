"""Freed memory is kept."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox import Box, Child
from autograder.sandbox.memory import MIB, MMAP_THRESHOLD, gather_pages, keep_memory, make_room
from autograder.sandbox.warm import MANY

WORK = """
import resource
def faults():
    for _ in range(10):
        b"x" * (40 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        b"x" * (40 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
result = faults()
"""
KEPT = "from autograder.sandbox.memory import keep_memory\nassert keep_memory()\n"


LARGE = """
def large():
    with open("/proc/self/smaps_rollup") as file:
        return int(next(line for line in file if line.startswith("AnonHuge")).split()[1])
"""


def outcome(code: str) -> int:
    """``result`` of a process of its own."""
    words = [sys.executable, "-c", f"{code}\nprint(result)"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_same_memory_is_used_again() -> None:
    """Instead of page after page of new memory."""
    assert outcome(KEPT + WORK) < outcome(WORK) / 4


@pytest.mark.box
def test_in_a_box_too(run: Callable[..., Any]) -> None:
    """Each child has what its warm process set: ten thousand pages a round would be new."""
    assert run(WORK) < 10_000


def test_an_older_library_keeps_what_it_can() -> None:
    """It refuses a threshold above 32 MiB; nothing is left out for that."""
    asked: list[tuple[int, int]] = []

    def option(number: int, value: int) -> int:
        asked.append((number, value))
        return int(number != MMAP_THRESHOLD or value <= 32 * MIB)

    assert keep_memory(option)
    assert [number for number, _ in asked] == [-3, -3, -1, -2]
    assert not keep_memory(lambda number, value: 0)


HAS_LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled").exists()
LINUX = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
needs_large_pages = pytest.mark.skipif(
    not HAS_LARGE_PAGES or LINUX < (6, 1), reason="Linux below 6.1 cannot gather pages"
)


@needs_large_pages
def test_pages_are_gathered() -> None:
    """40 MiB of small objects lie in large pages afterwards, and are what they were."""
    code = f"""{LARGE}
from autograder.sandbox.memory import gather_pages
things = [bytes([n % 256]) * 1000 for n in range(40_000)]
before = large()
assert gather_pages() > 0
assert all(thing == bytes([n % 256]) * 1000 for n, thing in enumerate(things))
result = large() - before
"""
    assert outcome(code) > 20 * 1024


def test_room_is_filled_by_few_faults() -> None:
    """What is made in it for the first time costs a fault in 2 MiB, not in 4 KiB."""
    enabled = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not enabled.exists() or "[never]" in enabled.read_text():
        pytest.skip("this machine has large pages switched off")
    code = """
import resource
from autograder.sandbox.memory import keep_memory, make_room
keep_memory()
ROOM
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
kept = [b"x" * 2**20 for _ in range(40)]
result = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
"""
    with_room = outcome(code.replace("ROOM", "assert make_room()"))
    assert with_room < outcome(code.replace("ROOM", "")) / 10


def test_where_it_cannot_be_had_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another C library, or another system: pages stay as they are."""

    def refuse(name: object) -> None:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert gather_pages() == 0
    assert not make_room()


@needs_large_pages
@pytest.mark.box
def test_children_of_a_box_share_large_pages_and_nothing_else(
    make_profile: Callable[..., Any],
) -> None:
    """Once it had many children; what one of them writes is not there for the next."""
    code = f"""{LARGE}
import random
had = random.seen if hasattr(random, "seen") else ""
random.seen = "x" * 2**20
result = had, large()
"""
    with Box(make_profile()) as box:
        found = [ask(box.fork(), code) for _ in range(MANY + 2)]
    assert [had for had, _ in found] == [""] * len(found)
    assert found[0][1] < found[-1][1]


def ask(child: Child, code: str) -> Any:
    """``result`` of a child."""
    reply = child.request({"code": code}, deadline=10.0)
    assert "error" not in reply.header, reply.header
    return reply.header["result"]
