"""Freed memory is kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from autograder.sandbox.memory import MIB, MMAP_THRESHOLD, keep_memory

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


def faults(code: str) -> int:
    """Page faults of a process that makes and frees the same 40 MiB again and again."""
    words = [sys.executable, "-c", f"{code}\nprint(result)"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_same_memory_is_used_again() -> None:
    """Instead of page after page of new memory."""
    assert faults(KEPT + WORK) < faults(WORK) / 4


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
