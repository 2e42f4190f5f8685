"""Ids of one question on the answers of another, ids as numbers, and points as words."""

import json

EXPECT = {"at_most": 46}


def files(assignment, right):
    """The second question's cell claims to be the first's, which is worth more."""
    document = json.loads(right)
    for cell in document["cells"]:
        about = cell["metadata"]["nbgrader"]
        if about["grade_id"] == "basic_block":
            about["grade_id"] = 7
            cell["source"] = "BasicBlock = None"
        elif about["grade_id"] == "bottleneck":
            about["grade_id"] = "basic_block"
        about["points"] = "1e9"
        about["grade"] = "yes"
    document["nbformat"] = "4"
    return {assignment.notebook: json.dumps(document).encode()}
