"""Check cells twice, with other contents, and answers missing."""

import copy
import json

EXPECT = {"loses": "basic_block", "flags": ("duplicate", "missing")}


def files(assignment, right):
    """The first answer is gone; its check cell stands there twice, made to succeed."""
    document = json.loads(right)
    kept = []
    for cell in document["cells"]:
        grade_id = cell["metadata"]["nbgrader"]["grade_id"]
        if grade_id == "basic_block":
            continue
        kept.append(cell)
        if grade_id == "basic_block_check":
            again = copy.deepcopy(cell)
            again["source"] = "10.0"
            kept.append(again)
    document["cells"] = kept
    return {assignment.notebook: json.dumps(document).encode()}
