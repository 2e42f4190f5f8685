"""A good notebook in UTF-16, as an editor may save it: honest, and read."""

EXPECT = {"points": "full"}


def files(assignment, right):
    """Every byte is there, in another encoding."""
    return {assignment.notebook: right.decode("utf-8").encode("utf-16")}
