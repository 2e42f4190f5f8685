"""One writer from records to nbgrader: its database, its autograded notebooks."""

from autograder.gradebook.database import check_reachable
from autograder.gradebook.errors import GradebookError
from autograder.gradebook.writer import WriteSummary, check_released, write

__all__ = ["GradebookError", "WriteSummary", "check_reachable", "check_released", "write"]
