"""Keys twice, numbers that are none, other types in every place of the JSON."""

import json

EXPECT = {"points": "full", "flags": ("odd_cell",)}


def files(assignment, right):
    """A good notebook among such cells."""
    document = json.loads(right)
    odd = [
        None, 7, "cell", [], {}, {"cell_type": 3, "source": "x"}, {"cell_type": "code"},
        {"cell_type": "code", "source": [1, None]}, {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "raw", "source": "\ud800\x00", "metadata": {"nbgrader": []}},
        {"cell_type": "markdown", "source": "x", "metadata": {"nbgrader": {"grade_id": []}}},
    ]  # fmt: skip
    document["cells"][3:3] = odd
    document["nbformat"] = float("nan")
    text = json.dumps(document)
    return {assignment.notebook: ('{"cells": 5, "cells": [], ' + text[1:]).encode()}
