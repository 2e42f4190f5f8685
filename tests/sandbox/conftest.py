"""A box whose guest executes what a test asks for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox import Box, Child, Level, Limits, Profile

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
LIMITS = Limits(memory_bytes=300 * MIB, processes=20, tmp_bytes=24 * MIB, shm_bytes=8 * MIB)


def plain_profile(level: Level = Level.FULL, **changes: Any) -> Profile:
    """A profile with the tests' own guest; needs no torch."""
    settings: dict[str, Any] = {
        "guest": "tests.sandbox.guests:serve",
        "warm_up": "tests.sandbox.guests:warm_up",
        "root": ROOT,
        "modules": ("autograder/__init__.py", "autograder/sandbox", "tests/sandbox/guests.py"),
        "level": level,
        "limits": LIMITS,
    }
    return Profile(**{**settings, **changes})


@pytest.fixture
def make_profile() -> Callable[..., Profile]:
    """Profiles with the tests' guest."""
    return plain_profile


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """One box at level full for all tests that do not break it."""
    with Box(plain_profile()) as made:
        yield made


@pytest.fixture
def child(box: Box) -> Iterator[Child]:
    """A fresh child."""
    made = box.fork()
    yield made
    made.kill()


@pytest.fixture
def run(child: Child) -> Callable[..., Any]:
    """Execute code in the child: the value of ``result``; an exception's text on failure."""

    def execute(code: str, deadline: float = 10.0, **header: Any) -> Any:
        reply = child.request({"code": code, **header}, deadline=deadline)
        return reply.header.get("error") or reply.header.get("result")

    return execute
