"""The only notebook is a folder whose name is no text and would steer a terminal."""

EXPECT = {"status": "unreadable", "points": "zero", "flags": ("renamed",)}


def files(assignment, right):
    """Bytes that are no UTF-8, and control characters."""
    return {"a\udcff\x1b]0;owned\x07.ipynb/": b""}
