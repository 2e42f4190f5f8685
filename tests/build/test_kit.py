"""The student kit: complete, the same each time, and at home on other people's machines."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder.build.answers import load_answers
from autograder.build.kit import side_files, write_zip
from autograder.build.notebook import as_bytes, master_cells, released_notebook
from autograder.config import Assignment
from autograder.records import CellRole

RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
Unpack = Callable[[], Path]


def kit_files(assignment: Assignment) -> dict[str, bytes]:
    """What goes into the zip."""
    notebook = as_bytes(released_notebook(assignment))
    return {**side_files(assignment), assignment.notebook: notebook}


@pytest.fixture
def kit(resnet: Assignment, tmp_path: Path) -> Path:
    """The real kit as a zip."""
    path = tmp_path / "resnet.zip"
    write_zip(path, "resnet", kit_files(resnet))
    return path


@pytest.fixture
def unpacked(kit: Path) -> Path:
    """The kit as a student has it."""
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(kit.parent)
    return kit.parent / "resnet"


def at_home(folder: Path, code: str, *extra: str) -> subprocess.CompletedProcess[str]:
    """Run code in a kit on a machine with our dependencies, where `autograder` is not installed.

    ``-S`` leaves out the files that put this checkout on the path.
    """
    packages = sysconfig.get_path("purelib")
    environment = {
        "PYTHONPATH": ":".join([*extra, packages]),
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder.parent),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_same_bytes_each_time(resnet: Assignment, kit: Path, tmp_path: Path) -> None:
    """A kit made twice is the same file."""
    write_zip(tmp_path / "again.zip", "resnet", kit_files(resnet))
    assert (tmp_path / "again.zip").read_bytes() == kit.read_bytes()


def test_names_work_on_windows(kit: Path) -> None:
    """Names are short, plain, relative, different without regard to case, and not reserved."""
    with zipfile.ZipFile(kit) as archive:
        names = archive.namelist()
    assert all(name.startswith("resnet/") and name.isascii() for name in names)
    assert len({name.lower() for name in names}) == len(names)
    assert max(len(name) for name in names) < 100
    for name in names:
        for part in name.split("/"):
            assert not RESERVED.match(part), name
            assert not set(part) & set('<>:"\\|?*'), name
            assert part not in ("", ".", ".."), name
            assert part == part.rstrip(". "), name


def test_members_are_plain_files(kit: Path) -> None:
    """No links, no programs, one fixed time."""
    with zipfile.ZipFile(kit) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
        assert {info.date_time for info in archive.infolist()} == {(2020, 1, 1, 0, 0, 0)}


def test_no_paths_of_this_machine(kit: Path, resnet: Assignment) -> None:
    """Nothing in the kit says where it was made."""
    here = str(resnet.folder.parent.parent).encode()
    with zipfile.ZipFile(kit) as archive:
        assert [name for name in archive.namelist() if here in archive.read(name)] == []


def test_kit_replaces_the_old_one(kit: Path) -> None:
    """A new kit takes the old one's place at once, and nothing else is left in the folder."""
    write_zip(kit, "resnet", {"a.txt": b"1"})
    with zipfile.ZipFile(kit) as archive:
        assert archive.namelist() == ["resnet/a.txt"]
    assert [path.name for path in kit.parent.iterdir()] == ["resnet.zip"]


def test_failed_write_leaves_the_old_one(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kit that cannot be put in place changes nothing."""
    before = kit.read_bytes()

    def refuse(*paths: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(PermissionError, match="no"):
        write_zip(kit, "resnet", {})
    assert kit.read_bytes() == before
    assert [path.name for path in kit.parent.iterdir()] == ["resnet.zip"]


def test_requirements_have_ranges(resnet: Assignment) -> None:
    """Each requirement parses, has a lower bound, and allows what the course itself uses."""
    from importlib.metadata import version

    lines = side_files(resnet)["requirements.txt"].decode().split()
    for line in lines:
        wanted = Requirement(line)
        assert any(one.operator == ">=" for one in wanted.specifier), line
        assert wanted.specifier.contains(version(wanted.name)), line
    names = {Requirement(line).name for line in lines}
    assert {"torch", "numpy", "matplotlib", "pytest", "scikit-learn", "jupyterlab"} <= names


def test_readme_names_the_files(resnet: Assignment) -> None:
    """How to start is said for each system, with the names of this assignment."""
    text = side_files(resnet)["README.txt"].decode()
    for word in ("Linux", "macOS", "Windows", "Colab", "resnet.ipynb", "resnet.zip", "3.11"):
        assert word in text
    assert "@" not in text


NOTEBOOK = """
import ast
import json
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from pathlib import Path
for cell in json.loads(Path("solved.json").read_text(encoding="utf-8")):
    result = shell.run_cell(cell)
    result.raise_error()
import autograder
print(autograder.__file__)
"""


def test_reference_passes_at_home(unpacked: Path, resnet: Assignment) -> None:
    """All public checks of a solved notebook hold, with nothing there but the kit."""
    answers = load_answers(resnet).cells
    roles = (CellRole.PROVIDED, CellRole.SOLUTION, CellRole.CHECK)
    cells = [
        answers[cell.question] if cell.role is CellRole.SOLUTION else cell.source
        for cell in master_cells(resnet)
        if cell.role in roles
    ]
    (unpacked / "solved.json").write_text(json.dumps(cells), encoding="utf-8")
    done = at_home(unpacked, NOTEBOOK)
    assert done.returncode == 0, done.stderr
    assert str(unpacked / "_kit") in done.stdout
    heads = re.findall(r"(\d+) of (\d+) checks hold", done.stdout)
    assert len(heads) == len(answers)
    assert all(held == there for held, there in heads), done.stdout


def test_stub_is_told_what_is_missing(unpacked: Path) -> None:
    """In an untouched notebook a check says what to do, and does not crash."""
    code = (
        "import torch, math\nfrom torch import nn\nfrom checker import check\n"
        "class BasicBlock(nn.Module):\n    def __init__(self, i, o, s=1):\n"
        "        super().__init__()\n        raise NotImplementedError()\n"
        "check('basic_block')"
    )
    done = at_home(unpacked, code)
    assert done.returncode == 0, done.stderr
    assert "NotImplementedError" in done.stdout


def test_missing_package_is_named(unpacked: Path) -> None:
    """Without torch, checker says how to get it."""
    code = "import sys; sys.modules['torch'] = None\nimport checker"
    done = at_home(unpacked, code)
    assert done.returncode != 0
    assert "The package 'torch' is missing. Run  %pip install -r requirements.txt" in done.stderr


def test_another_autograder_is_no_obstacle(unpacked: Path, tmp_path: Path) -> None:
    """A package of the same name that knows nothing of the assignment is passed over."""
    for name in ("__init__.py", "config.py"):
        path = tmp_path / "other" / "autograder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def known_assignments():\n    return ()\n", encoding="utf-8")
    code = "import checker, autograder.notebook as n; print(n.__file__); print(checker.check)"
    done = at_home(unpacked, code, str(tmp_path / "other"))
    assert str(unpacked / "_kit") in done.stdout, done.stderr


def test_old_python_is_told(unpacked: Path) -> None:
    """Before anything is imported, an old Python gets a sentence instead of a traceback."""
    code = "import sys; sys.version_info = (3, 9); import checker"
    done = at_home(unpacked, code)
    assert "needs Python 3.11 or newer; this is 3." in done.stderr


def test_installed_package_comes_first(unpacked: Path) -> None:
    """Under stock nbgrader the course's own package is used, which has score()."""
    done = subprocess.run(
        [sys.executable, "-c", "import checker, autograder; print(autograder.__file__)"],
        cwd=unpacked, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "_kit" not in done.stdout


POSIX = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "syslog", "ctypes", "signal"}
UNIX_ONLY = {"fork", "kill", "setsid", "sched_setaffinity", "getuid", "O_NOFOLLOW", "mkfifo"}


def test_modules_are_at_home_on_windows(resnet: Assignment) -> None:
    """Nothing in the kit imports what Windows lacks, or opens text in the system's encoding."""
    for name, data in side_files(resnet).items():
        if not name.endswith(".py"):
            continue
        tree = ast.parse(data)
        guarded = {
            node
            for attempt in ast.walk(tree)
            if isinstance(attempt, ast.Try)
            and any("ImportError" in ast.unparse(handler) for handler in attempt.handlers)
            for node in attempt.body
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and node not in guarded:
                assert not {alias.name.partition(".")[0] for alias in node.names} & POSIX, name
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in POSIX, name
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert not (node.value.id == "os" and node.attr in UNIX_ONLY), name
            elif isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in ("read_text", "write_text"):
                    assert "encoding" in {word.arg for word in node.keywords}, name
