"""What can go wrong with a box, apart from what runs in it."""

from __future__ import annotations

MAKE_ROOM = "Free space in the folder for temporary files, or name another in TMPDIR."
"""What helps where a box's files cannot be written."""


class BoxError(Exception):
    """Something went wrong with a box."""


class BoxUnavailable(BoxError):
    """This machine cannot hold a box of the asked level; says why and what helps."""

    def __init__(self, level: str, reason: str, remedy: str) -> None:
        super().__init__(f"no sandbox of level {str(level)!r} here: {reason}. {remedy}")
        self.level = level
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[BoxUnavailable], tuple[str, str, str]]:
        """It goes from process to process, where its parts make it anew."""
        return type(self), (self.level, self.reason, self.remedy)


class BoxDied(BoxError):
    """The child ended while something was asked of it; ``reason`` tells how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DeadlineExceeded(BoxError):
    """The child did not answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")
        self.seconds = seconds


class ProtocolError(BoxError):
    """What came over the wire is no frame of ours, or is too large."""
