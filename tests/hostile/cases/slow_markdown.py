"""Markdown on which a careless search takes minutes, and hours were it as long as may be."""

import json

EXPECT = {"points": "full", "seconds": 12}


def files(assignment, right):
    """Honest answers, and brackets that never close."""
    document = json.loads(right)
    for number, brackets in enumerate(("![", "[", "\n[", "[]\t", "](")):
        source = (brackets * 40_000)[:40_000]
        own = {"cell_type": "markdown", "metadata": {}, "source": source, "id": f"own{number}"}
        document["cells"].append(own)
    return {assignment.notebook: json.dumps(document).encode()}
