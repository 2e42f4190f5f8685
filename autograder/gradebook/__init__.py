"""One writer from records to nbgrader: its database, its autograded notebooks."""

from autograder.gradebook.errors import GradebookError
from autograder.gradebook.writer import WriteSummary, check_released, write

__all__ = ["GradebookError", "WriteSummary", "check_released", "write"]
