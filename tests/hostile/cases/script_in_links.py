"""Links that Markdown and formulas make in roundabout ways."""

import json

EXPECT = {"points": "full"}
EVIL = r"""
[a[b]](javascript:alert(1)) [a\]b](javascript:alert(2)) ![a[b]](http://evil.example/x.png)

> [c]: javascript:alert(3)

- [d]: javascript:alert(4)

1. > [e]: javascript:alert(5)

[c] [d][d] [e][] ~~[g[h]](javascript:alert(6))~~ [x](<javascript:alert(7)>)

# [i[j]](javascript:alert(8))

|t|
|--|
|[k[l]](javascript:alert(9))|

$\\href{javascript:alert(10)}{x}$ $\\\href{javascript:alert(11)}{x}$
$\mmlToken{mi}[href="javascript:alert(12)"]{x}$ $\bbox[background:url(http://evil.example)]{x}$
"""


def files(assignment, right):
    """Honest answers, the links in cells of Markdown."""
    document = json.loads(right)
    own = {"cell_type": "markdown", "metadata": {}, "source": EVIL, "id": "own"}
    document["cells"].append(own)
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "reading":
            cell["source"] = EVIL
    return {assignment.notebook: json.dumps(document).encode()}
