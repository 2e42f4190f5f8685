"""What can go wrong with a gradebook."""

from __future__ import annotations


class GradebookError(RuntimeError):
    """The gradebook could not be written; nothing in it has changed. Says what to do."""
