"""The student kit: notebook, public checks, requirements. The same files lie beside a release.

Everything in it is plain text but the frozen arrays; it needs Python, torch and pytest, no sandbox
and no nbgrader, and works on Linux, macOS, Windows and Colab.
"""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.build.freeze import ensure_frozen
from autograder.config import Assignment

PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "kit_files"
FOLDERS = ("expect", "submission", "judge")
FILES = (
    "__init__.py", "authored.py", "records.py", "config.py", "notebook.py", "printable.py",
    "sources.py", "report/__init__.py", "report/table.py", "checks/__init__.py",
)  # fmt: skip
LEFT_OUT = tuple(f"submission/{name}.py" for name in ("boxed", "guest", "shell", "compiling"))
"""What only the grader's side needs."""

MOMENT = (2020, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that equal kits are equal bytes."""

UNIX = 3


def side_files(assignment: Assignment) -> dict[str, bytes]:
    """What lies beside the notebook, by path below it.

    Raises:
        TextError: the assignment's text, answers or frozen cases are not as they should be.
    """
    frozen = ensure_frozen(assignment)
    checks = f"_kit/autograder/checks/{assignment.package}"
    files = {
        "checker.py": _filled("checker.py", assignment),
        "requirements.txt": _filled("requirements.txt", assignment),
        "README.txt": _filled("README.txt", assignment),
        f"_kit/assignments/{assignment.id}/assignment.toml": (
            assignment.folder / "assignment.toml"
        ).read_bytes(),
        # A package, so that pytest gives modules names that no module of the student's has.
        f"{checks}/__init__.py": b"",
        **{f"{checks}/{path.name}": path.read_bytes() for path in assignment.public_checks},
    }
    if frozen is not None:
        files[f"{checks}/frozen.npz"] = frozen.read_bytes()
    for name in _modules():
        files[f"_kit/autograder/{name}"] = (PACKAGE / name).read_bytes()
    return files


def _modules() -> Iterator[str]:
    """Our own modules that a student's machine runs, by path in the package."""
    yield from FILES
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).iterdir()):
            name = path.relative_to(PACKAGE).as_posix()
            if path.suffix in (".py", ".ini") and name not in LEFT_OUT:
                yield name


def _filled(template: str, assignment: Assignment) -> bytes:
    """A file of the kit that names the assignment."""
    text = (TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
    words = {
        "ID": assignment.id,
        "NOTEBOOK": assignment.notebook,
        "TITLE": assignment.title,
        "RULE": "=" * len(assignment.title),
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text.encode()


def write_zip(path: Path, folder: str, files: Mapping[str, bytes]) -> None:
    """Write ``files`` below ``folder`` into a zip whose bytes depend on nothing else.

    The zip appears under its name when it is complete.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{folder}/{name}", MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = UNIX
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kit-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getvalue())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
