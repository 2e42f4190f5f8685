"""Freed memory is kept."""

import subprocess
import sys

FAULTS = """
import resource, sys
from autograder.submission.memory import keep_memory
if len(sys.argv) > 1:
    assert keep_memory()
import torch
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    torch.ones(10_000_000)
for _ in range(10):
    work()
before = faults()
for _ in range(10):
    work()
print(faults() - before)
"""


def faults(*arguments: str) -> int:
    """Page faults of a process that makes and frees the same tensors again and again."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_the_same_memory_is_used_again() -> None:
    """Instead of page after page of new memory."""
    assert faults("keep") < faults() / 4
