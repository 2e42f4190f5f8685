"""What can go wrong with a submission while a check asks it something, all of its own doing."""

from __future__ import annotations


class SubmissionFault(Exception):
    """The submission did not answer as a correct one would; never the grader's fault."""


class StudentError(SubmissionFault):
    """The student's code raised an exception.

    ``type_name`` and ``line`` (of the student's own cell, 0 when unknown) may be shown anywhere;
    ``message`` is the student's text and may hold what the check fed in, so it is shown for public
    checks only.
    """

    def __init__(self, type_name: str, message: str, line: int = 0) -> None:
        super().__init__(f"{type_name}: {message}")
        self.type_name = type_name
        self.message = message
        self.line = line


class StudentCrash(SubmissionFault):
    """The submission's process ended: ``os._exit``, a crash in native code, the memory limit."""


class StudentTimeout(SubmissionFault):
    """The submission did not answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")
        self.seconds = seconds


class BadReply(SubmissionFault):
    """The answer is malformed, forged, too large, or of a kind that cannot be compared."""
