"""A notebook nested a hundred thousand levels deep."""

EXPECT = {"status": "unreadable", "points": "zero"}


def files(assignment, right):
    """Brackets only."""
    return {assignment.notebook: b"[" * 100_000}
