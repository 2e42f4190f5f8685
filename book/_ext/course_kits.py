"""Student kits in the book: ``{student-kit}`` says how to get one, and the build puts it there.

``COURSE_KITS`` names a folder with ``<id>.zip`` files (``book/build.py`` sets it). They are copied
to ``_kits/<id>.zip``, an address that stays. Without it the page sends the reader to the
instructor, so that no link is dead. Colab is offered where :mod:`publication` knows its address.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import publication
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = "_kits"

ASK = """\
You need the **student kit**, `{id}.zip`, from your instructor.
(It is made with `autograder release {id}`.)
Unpack it anywhere; it works on Linux, macOS and Windows.
In its folder:
"""
TAKE = """\
It is the **student kit**: the notebook, its public checks, and a list of what to install.
Unpack it anywhere; it works on Linux, macOS and Windows.
In its folder:
"""
START = """
```bash
python -m pip install -r requirements.txt
jupyter lab {id}.ipynb
```

No GPU is needed, and no network after the installation.
"""


def kits() -> Path | None:
    """The folder of kits to publish, if one is named."""
    named = os.environ.get("COURSE_KITS", "")
    return Path(named) if named else None


class StudentKit(SphinxDirective):
    """How to get the kit of the assignment that is named: a download, or whom to ask."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The paragraphs, with a download link in front where there is a kit."""
        id = self.arguments[0]
        folder = kits()
        kit = folder / f"{id}.zip" if folder else None
        made: list[nodes.Node] = []
        text = ASK
        if kit is not None and kit.is_file():
            text = TAKE
            up = "../" * self.env.docname.count("/")
            kilobytes = f"{kit.stat().st_size / 1024:,.0f} KB"
            link = (
                f'<p class="kit"><a class="kit-download" href="{up}{FOLDER}/{id}.zip" download>'
                f"Download {id}.zip</a> ({kilobytes})"
            )
            repository = publication.repository(self.config.html_theme_options)
            if url := publication.colab(repository, f"assignments/{id}"):
                link += f' or <a href="{url}">open it in Colab</a>'
            link += "</p>"
            made.append(nodes.raw("", link, format="html"))
        body = nodes.container()
        lines = (text + START).format(id=id).splitlines()
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, body)
        return [*made, *body.children]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("student-kit", StudentKit)
    app.connect("build-finished", _publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _publish(app: Sphinx, error: Exception | None) -> None:
    folder = kits()
    if folder is None or error is not None or app.builder.name != "html":
        return
    target = Path(app.outdir) / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for kit in sorted(folder.glob("*.zip")):
        shutil.copyfile(kit, target / kit.name)
