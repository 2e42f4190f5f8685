"""Write the notebooks that *Open in Colab* opens: ``python book/colab.py FOLDER``.

Each page that runs code becomes a notebook at the page's own address, with a first cell that
fetches the course's code. Each assignment's page stands for the students' notebook, with a first
cell that fetches its kit. Needs ``COURSE_REPOSITORY`` and the kits of a book that was built.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import jupytext
import yaml

BOOK = Path(__file__).resolve().parent
sys.path.insert(0, str(BOOK / "_ext"))

FETCH_CODE = """\
# In Colab: fetch the course's code, once.
import os, subprocess, sys
if not os.path.isdir("course"):
    subprocess.run(["git", "clone", "-q", "--depth", "1", "{repository}", "course"], check=True)
sys.path[:0] = ["course", "course/book"]
"""
FETCH_KIT = """\
# In Colab: fetch the kit with the public checks, once. This cell may stay when you hand in.
import io, os, subprocess, sys, urllib.request, zipfile
if not os.path.isdir("{id}"):
    zipfile.ZipFile(io.BytesIO(urllib.request.urlopen("{site}_kits/{id}.zip").read())).extractall()
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "pytest>=8.4"], check=True)
os.chdir("{id}")
"""


def pages() -> list[str]:
    """All pages of the table of contents."""
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    return [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]


def cell(source: str) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "fetch",
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def write(folder: Path, kits: Path, repository: str, site: str) -> list[Path]:
    """Write all notebooks below ``folder``; their paths."""
    written = []
    for page in pages():
        if page.startswith("assignments/"):
            id = page.removeprefix("assignments/")
            with zipfile.ZipFile(kits / f"{id}.zip") as kit:
                notebook = json.loads(kit.read(f"{id}/{id}.ipynb"))
            first = FETCH_KIT.format(id=id, site=site)
        else:
            text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
            if "{code-cell}" not in text:
                continue
            notebook = json.loads(jupytext.writes(jupytext.reads(text, "md:myst"), "ipynb"))
            first = FETCH_CODE.format(repository=repository)
        notebook["cells"].insert(0, cell(first))
        target = folder / f"{page}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
        written.append(target)
    return written


def main() -> None:
    """Parse the command line and write."""
    import publication

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kits", type=Path, default=BOOK.parent / "_build" / "html" / "_kits")
    options = parser.parse_args()
    repository = os.environ.get("COURSE_REPOSITORY", "")
    site = publication.site(repository)
    if not site:
        sys.exit("COURSE_REPOSITORY must be set to the repository's address on GitHub")
    for path in write(options.folder, options.kits, repository, site):
        print(path)


if __name__ == "__main__":
    main()
