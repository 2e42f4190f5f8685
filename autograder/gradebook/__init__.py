"""One writer from records to nbgrader: its database, its autograded notebooks."""

from autograder.gradebook.writer import GradebookError, WriteSummary, write

__all__ = ["GradebookError", "WriteSummary", "write"]
