"""The student kit: notebook, public checks, requirements. The same files lie beside a release.

Everything in it is plain text but the frozen arrays; it needs Python, torch and pytest, no sandbox
and no nbgrader, and works on Linux, macOS, Windows and Colab.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment

PACKAGE = Path(__file__).resolve().parent.parent
FOLDERS = ("expect", "submission", "judge")
FILES = (
    "__init__.py", "records.py", "config.py", "notebook.py",
    "report/__init__.py", "report/table.py",
)  # fmt: skip
LEFT_OUT = ("submission/boxed.py", "submission/guest.py", "submission/shell.py")
"""What only the grader's side needs."""

MOMENT = (2020, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that equal kits are equal bytes."""

CHECKER = '''\
"""Gives the notebook its check(): the public checks of this assignment."""

import pathlib
import sys

_here = pathlib.Path(__file__).resolve().parent
try:
    import autograder.notebook  # the course's own package, where it is installed
except ImportError:
    sys.path.append(str(_here / "_kit"))  # the copy that came with this notebook
    import autograder.notebook

check = autograder.notebook.make_check("{id}")
'''

REQUIREMENTS = """\
torch>=2.4
numpy>=1.26
matplotlib>=3.8
pytest>=8.4
scikit-learn>=1.4
jupyterlab>=4
"""

README = """\
{title}
{rule}

What to do
  1. Install what the notebook needs, once (Python 3.11 or newer):
         python -m pip install -r requirements.txt
     On Windows write  py -m pip install -r requirements.txt
  2. Open the notebook:
         jupyter lab {notebook}
  3. Work from top to bottom. Where it says YOUR CODE HERE, replace the line
     raise NotImplementedError() by your code. After each answer run the line
     check("...") below it.
  4. Before you hand in: Kernel > Restart Kernel and Run All Cells.
  5. Hand in {notebook}, that file alone, under that name.

On Colab
  Upload this whole zip in the file panel, then run in a cell:
      !unzip -o {id}.zip && pip install -q pytest
      %cd {id}
  and open {notebook} with File > Upload notebook. Run %cd {id} in it first.

What is here
  {notebook:<16}  your work
  checker.py        gives the notebook its check()
  _kit/             the public checks; reading them is welcome, changing them has
                    no effect on your grade: ours are used
"""


def side_files(assignment: Assignment) -> dict[str, bytes]:
    """What lies beside the notebook, by path below it."""
    frozen = ensure_frozen(assignment)
    files = {
        "checker.py": CHECKER.format(id=assignment.id).encode(),
        "requirements.txt": REQUIREMENTS.encode(),
        "README.txt": README.format(
            title=assignment.title, rule="=" * len(assignment.title), id=assignment.id,
            notebook=assignment.notebook,
        ).encode(),
    }  # fmt: skip
    sources = [PACKAGE / name for name in FILES]
    for folder in FOLDERS:
        sources += sorted((PACKAGE / folder).glob("*.py")) + sorted(
            (PACKAGE / folder).glob("*.ini")
        )
    sources.append(assignment.checks / "public.py")
    if frozen is not None:
        sources.append(frozen)
    for path in sources:
        name = path.relative_to(PACKAGE).as_posix()
        if name not in LEFT_OUT:
            files[f"_kit/autograder/{name}"] = path.read_bytes()
    toml = (assignment.folder / "assignment.toml").read_bytes()
    files[f"_kit/assignments/{assignment.id}/assignment.toml"] = toml
    return files


def write_zip(path: Path, folder: str, files: Mapping[str, bytes]) -> None:
    """Write ``files`` below ``folder`` into a zip whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{folder}/{name}", MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(buffer.getvalue())
    temporary.replace(path)
