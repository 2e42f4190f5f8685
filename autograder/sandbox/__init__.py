"""Boxes for code that is not trusted. Knows nothing of points, students or assignments."""

from autograder.sandbox.box import Box, Child, Reply
from autograder.sandbox.errors import (
    BoxDied,
    BoxError,
    BoxUnavailable,
    DeadlineExceeded,
    ProtocolError,
)
from autograder.sandbox.profile import Level, Limits, Profile

__all__ = [
    "Box",
    "BoxDied",
    "BoxError",
    "BoxUnavailable",
    "Child",
    "DeadlineExceeded",
    "Level",
    "Limits",
    "Profile",
    "ProtocolError",
    "Reply",
]
