"""A good notebook behind the mark that some Windows editors write: honest, and read."""

EXPECT = {"points": "full"}


def files(assignment, right):
    """The mark, then the notebook."""
    return {assignment.notebook: b"\xef\xbb\xbf" + right}
