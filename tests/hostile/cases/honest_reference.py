"""An honest control: the reference's answers."""

EXPECT = {"points": "full"}


def files(assignment, right):
    """A notebook with full points."""
    return {assignment.notebook: right}
