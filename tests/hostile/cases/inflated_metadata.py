"""Metadata that claims a million points, other ids, other types."""

import json

EXPECT = {"loses": "basic_block"}


def files(assignment, right):
    """A wrong first answer, and numbers in the metadata that would make up for it."""
    document = json.loads(right)
    for cell in document["cells"]:
        about = cell["metadata"]["nbgrader"]
        about.update(points=1e6, max_score=1e6, score=1e6, locked=[], schema_version="9")
        if about["grade_id"] == "basic_block":
            cell["source"] = "BasicBlock = None"
    document["metadata"] = {"kernelspec": {"name": "../../evil", "argv": ["/bin/sh"]}}
    return {assignment.notebook: json.dumps(document).encode()}
