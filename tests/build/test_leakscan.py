"""The leak scan finds what is planted, however it is dressed up, and is silent on real kits."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autograder.build.answers import load_answers, load_slots
from autograder.build.kit import side_files, write_zip
from autograder.build.leakscan import Leak, scan
from autograder.build.notebook import as_bytes, released_notebook
from autograder.build.windows import Secrets, load_secrets
from autograder.config import Assignment, known_assignments, load_assignment

Plant = Callable[[dict[str, bytes]], list[Leak]]


@pytest.fixture(scope="module")
def clean() -> dict[str, bytes]:
    """The files of the real kit."""
    resnet = load_assignment("resnet")
    return {**side_files(resnet), resnet.notebook: as_bytes(released_notebook(resnet))}


@pytest.fixture(scope="module")
def secrets(resnet: Assignment) -> Secrets:
    """What must not get out of the real assignment."""
    return load_secrets(resnet)


@pytest.fixture
def plant(secrets: Secrets, tmp_path: Path) -> Plant:
    """Zip some files as a kit and scan it. (That the others are clean has its own test.)"""

    def zipped(files: dict[str, bytes]) -> list[Leak]:
        write_zip(tmp_path / "kit.zip", "resnet", files)
        return scan(tmp_path / "kit.zip", secrets)

    return zipped


def in_notebook(clean: dict[str, bytes], change: Callable[[dict], None]) -> dict[str, bytes]:  # type: ignore[type-arg]
    """The kit's notebook with something done to it."""
    notebook = json.loads(clean["resnet.ipynb"])
    change(notebook)
    return {"resnet.ipynb": as_bytes(notebook)}


@pytest.mark.parametrize("id", known_assignments())
def test_real_kits_are_clean(id: str, tmp_path: Path) -> None:
    """No alarm over what students are to get."""
    assignment = load_assignment(id)
    files = {**side_files(assignment), assignment.notebook: as_bytes(released_notebook(assignment))}
    write_zip(tmp_path / "kit.zip", id, files)
    assert scan(tmp_path / "kit.zip", load_secrets(assignment)) == []


def test_every_slot_is_found(clean: dict[str, bytes], plant: Plant, resnet: Assignment) -> None:
    """Each answer by itself, put into the notebook's prose, is found and named."""
    for slot in load_slots(resnet):

        def tell(notebook: dict, body: str = slot.body) -> None:  # type: ignore[type-arg]
            notebook["cells"][0]["source"] += f"\n```\n{body}\n```"

        found = plant(in_notebook(clean, tell))
        assert found, slot.reference
        assert {leak.file for leak in found} == {"resnet/resnet.ipynb, cell 1"}


DRESSED = {
    "as it is": (
        "residual = self.bn2(self.conv2(residual))\nreturn F.relu(residual + self.shortcut(x))"
    ),
    "in a comment": "# residual = self.bn2(self.conv2(residual))\n# return F.relu(residual)",
    "with comments between": "residual = self.bn2(  # second\n    self.conv2(residual)  # conv\n)",
    "laid out otherwise": "residual=self . bn2(\n\n   self.conv2(\n  residual))",
    "escaped": r"'residual = self.bn2(\n\tself.conv2(residual))\n'",
    "names changed": (
        "a = F.relu(self.n(self.m(v)))\nb = self.q(self.p(a))\nreturn F.relu(b + self.skip(v))"
    ),
}


@pytest.mark.parametrize("dress", DRESSED)
@pytest.mark.parametrize("file", ["checker.py", "_kit/autograder/expect/blocks.py", "README.txt"])
def test_dressed_up_answers_are_found(
    dress: str, file: str, clean: dict[str, bytes], plant: Plant
) -> None:
    """Two lines of BasicBlock are found in any file, whatever their layout or names."""
    planted = {file: clean[file] + b"\n" + DRESSED[dress].encode()}
    assert any("solutions.resnet" in leak.what for leak in plant(planted))


def test_outputs_and_metadata_are_read(clean: dict[str, bytes], plant: Plant) -> None:
    """An answer in a cell's output, or in metadata, is found there."""

    def tell(notebook: dict) -> None:  # type: ignore[type-arg]
        lines = ["residual = self.bn2(\n", "  self.conv2(residual))\n"]
        code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": lines}]
        notebook["metadata"]["note"] = {"deep": ["".join(lines), 1]}

    files = {leak.file for leak in plant(in_notebook(clean, tell))}
    assert files == {"resnet/resnet.ipynb, cell 2", "resnet/resnet.ipynb, metadata"}


def test_a_leak_tells_what_it_saw(plant: Plant) -> None:
    """The author can look for the quoted tokens."""
    planted = {"checker.py": DRESSED["as it is"].encode()}
    told = [str(leak) for leak in plant(planted)]
    assert any("the answer to basic_block" in line and "`residual = self" in line for line in told)


def test_model_answer_is_found(plant: Plant) -> None:
    """A sentence of the written model answer is a leak, too."""
    said = b"the observation that, from some depth on, adding layers to a plain network makes its"
    leaks = plant({"README.txt": said})
    assert [leak.what.partition(":")[0] for leak in leaks] == [
        "a part of the model answer to reading"
    ]


def test_solved_notebook_is_found(
    clean: dict[str, bytes], plant: Plant, resnet: Assignment
) -> None:
    """Every solution cell of a notebook that was not cleared is reported."""
    answers = load_answers(resnet).cells

    def solve(notebook: dict) -> None:  # type: ignore[type-arg]
        for cell in notebook["cells"]:
            question = cell["metadata"]["nbgrader"]["grade_id"]
            cell["source"] = answers.get(question, cell["source"])

    found = plant(in_notebook(clean, solve))
    assert len({leak.file for leak in found}) == len(answers)


@pytest.mark.parametrize("name", ["hidden.py", "mistakes/blocks.py"])
def test_parts_of_the_graders_files(
    name: str, clean: dict[str, bytes], plant: Plant, resnet: Assignment
) -> None:
    """Any twenty lines of the grader's files, in the public checks, are found."""
    lines = (resnet.checks / name).read_text(encoding="utf-8").splitlines(keepends=True)
    public = "_kit/autograder/checks/resnet/public_blocks.py"
    for start in (len(lines) // 4, len(lines) // 2, len(lines) - 20):
        part = "".join(lines[start : start + 20]).encode()
        found = plant({public: clean[public] + part})
        assert any(name in leak.what for leak in found), start


FILES = [
    "hidden.py", "hidden_blocks.py", "misconceptions.py", "mistakes/blocks.py", "freeze.py",
    "alternatives/a.py",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_by_name(name: str, plant: Plant) -> None:
    """A grader's file is a leak even when it is empty."""
    place = f"_kit/autograder/checks/resnet/{name}"
    assert plant({place: b""}) == [Leak(f"resnet/{place}", "a file that students must not have")]


@pytest.mark.parametrize("name", ["_kit/x.pyc", "secret.zip", ".DS_Store"])
def test_files_that_cannot_be_looked_into(name: str, plant: Plant) -> None:
    """What the scan cannot read does not belong in a kit."""
    assert [leak.what for leak in plant({name: b"\0"})] == [
        "no kind of file that belongs in a kit: .ipynb, .py, .npz, .txt, .toml, .ini"
    ]


@pytest.mark.parametrize(
    "mark", ["### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS", "# slot: solutions.x:y"]
)
def test_markers(mark: str, plant: Plant) -> None:
    """Nbgrader's markers and our slots never get out."""
    assert any("the text" in leak.what for leak in plant({"README.txt": mark.encode()}))


def arrays(**named: np.ndarray) -> bytes:  # type: ignore[type-arg]
    """An ``.npz`` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    return buffer.getvalue()


def test_arrays_are_read(plant: Plant) -> None:
    """Text in arrays, as letters or as bytes, is text as any other."""
    body = DRESSED["as it is"]
    for array in (np.array([body]), np.frombuffer(body.encode(), np.uint8)):
        leaks = plant({"more.npz": arrays(numbers=np.zeros(3), note=array)})
        assert {leak.file for leak in leaks} == {"resnet/more.npz, array note"}


def test_names_of_arrays_are_read(plant: Plant) -> None:
    """So are their names."""
    name = "residual = self.bn2(self.conv2(residual))"
    leaks = plant({"more.npz": arrays(**{name: np.zeros(2)})})
    assert len(leaks) > 0


def test_damaged_files_are_read_as_text(plant: Plant) -> None:
    """A notebook that is no JSON and arrays that are none hide nothing."""
    body = DRESSED["as it is"].encode()
    leaks = plant({"more.npz": body, "old.ipynb": b"{" + body})
    assert {leak.file for leak in leaks} == {"resnet/more.npz", "resnet/old.ipynb"}


def test_folders_are_scanned_like_zips(secrets: Secrets, tmp_path: Path) -> None:
    """A release folder gives the same findings as a kit."""
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "hidden.py").write_bytes(DRESSED["as it is"].encode())
    found = scan(tmp_path / "release", secrets)
    assert found[0] == Leak("hidden.py", "a file that students must not have")
    assert len(found) > 1


def test_missing_zip(secrets: Secrets, tmp_path: Path) -> None:
    """Nothing to scan is an error, not a clean bill."""
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "kit.zip", secrets)


def test_zip_members_are_what_is_scanned(clean: dict[str, bytes], tmp_path: Path) -> None:
    """The scan reads the archive that is shipped, member by member."""
    write_zip(tmp_path / "kit.zip", "resnet", clean)
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        assert len(archive.namelist()) == len(clean)
