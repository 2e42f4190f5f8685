"""What a worker has ready before its first submission."""

import subprocess
import sys

import pytest

PREPARED = """
import resource
from autograder.config import load_assignment
from autograder.runner.bench import Bench

def faults():
    for _ in range(10):
        b"x" * (40 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

with Bench(load_assignment("resnet")) as bench:
    bench.prepare()
    faults()
    print(-faults() + faults())
"""


@pytest.mark.box
def test_a_judge_uses_its_memory_again() -> None:
    """As its box does; ten thousand pages a round would be new."""
    words = [sys.executable, "-c", PREPARED]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000
