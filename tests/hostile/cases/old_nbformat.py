"""A notebook in the form of ten years ago, whose cells lie in worksheets: honest, and read."""

import json

EXPECT = {"points": "full"}


def files(assignment, right):
    """Format 3: no list of cells, the input instead of the source."""
    cells = [
        {**cell, "input": cell["source"], "language": "python"}
        for cell in json.loads(right)["cells"]
    ]
    document = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": cells}],
    }
    return {assignment.notebook: json.dumps(document).encode()}
