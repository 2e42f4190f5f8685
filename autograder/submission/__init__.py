"""How checks see student code: one interface, two transports."""

from autograder.submission.codec import Opaque
from autograder.submission.errors import (
    BadReply,
    StudentCrash,
    StudentError,
    StudentTimeout,
    SubmissionFault,
)
from autograder.submission.handle import ModuleHandle
from autograder.submission.interface import Submission
from autograder.submission.local import LocalTransport
from autograder.submission.replies import Entry, State, Trace
from autograder.submission.units import Unit

__all__ = [
    "BadReply",
    "Entry",
    "LocalTransport",
    "ModuleHandle",
    "Opaque",
    "State",
    "StudentCrash",
    "StudentError",
    "StudentTimeout",
    "Submission",
    "SubmissionFault",
    "Trace",
    "Unit",
]
