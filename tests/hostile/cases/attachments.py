"""Pictures attached to cells that are no pictures: scripts, and too many of them."""

import json

EXPECT = {"points": "full", "megabytes": 4.0}
SVG = "PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+"


def files(assignment, right):
    """An SVG with a handler, HTML, and many megabytes, all as attachments."""
    document = json.loads(right)
    for number, cell in enumerate(document["cells"]):
        cell["attachments"] = {
            "a.svg": {"image/svg+xml": SVG},
            '"><script>alert(1)</script>.png': {"text/html": "<script>alert(1)</script>"},
            "b.png": {"image/png": "A" * 200_000},
        }
        if cell["cell_type"] == "markdown" and number % 2:
            cell["source"] = "![x](attachment:a.svg)\n" + "".join(cell["source"])
    return {assignment.notebook: json.dumps(document).encode()}
