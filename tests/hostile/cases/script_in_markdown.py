"""Script, frames, images and styles in Markdown, in a written answer and in outputs."""

import json

EXPECT = {"points": "full"}


def files(assignment, right):
    """Honest answers with script wherever text can stand."""
    evil = (
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
        "<svg onload=\"document.title='owned'\"></svg> [click](javascript:document.title='owned') "
        "<iframe srcdoc='<script>parent.document.title=1</script>'></iframe> "
        "<style>body{display:none}</style> $\\\\href{javascript:alert(1)}{x}$"
    )
    document = json.loads(right)
    for cell in document["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] += evil
        else:
            html = {"output_type": "display_data", "data": {"text/html": evil}, "metadata": {}}
            cell["outputs"] = [html]
    own = {"cell_type": "markdown", "metadata": {}, "source": evil, "id": "own"}
    code = {
        "cell_type": "code",
        "metadata": {},
        "id": "shown",
        "execution_count": 1,
        "outputs": [],
        "source": f"from IPython.display import HTML, display\ndisplay(HTML({evil!r}))\nprint({evil!r})",
    }
    document["cells"] += [own, code]
    return {assignment.notebook: json.dumps(document).encode()}
