"""The notebook is a folder."""

EXPECT = {"status": "unreadable", "points": "zero"}


def files(assignment, right):
    """A folder of the notebook's name."""
    return {f"{assignment.notebook}/": b""}
