"""A notebook file of 40 MB."""

EXPECT = {"status": "unreadable", "points": "zero"}


def files(assignment, right):
    """Blanks in front of a good notebook."""
    return {assignment.notebook: b" " * (40 * 2**20) + right}
