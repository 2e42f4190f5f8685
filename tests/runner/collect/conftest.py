"""Downloads as an LMS makes them, of notebooks that say who wrote them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.runner.collect import CollectSummary, collect

Work = Callable[..., bytes]
Zip = Callable[..., Path]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]


@pytest.fixture(scope="session")
def work(resnet: Assignment) -> Work:
    """A notebook by somebody; of another assignment with ``ours=False``."""

    def write(author: str, *, ours: bool = True) -> bytes:
        ids = [question.id for question in resnet.questions] if ours else ["elsewhere"]
        cells = [
            {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": id}}}
            for id in ids
        ]
        document = {"cells": cells, "metadata": {"author": author}, "nbformat": 4}
        return json.dumps(document).encode()

    return write


@pytest.fixture
def pack(tmp_path: Path) -> Zip:
    """A zip of these files; a value ``(date, data)`` says when the file was written."""

    def write(
        files: Mapping[str, bytes | tuple[tuple[int, ...], bytes]], name: str = "download.zip"
    ) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, value in files.items():
                data = value if isinstance(value, bytes) else value[1]
                info = zipfile.ZipInfo(path)
                if not isinstance(value, bytes):
                    year, month, day = value[0]
                    info.date_time = (year, month, day, 12, 0, 0)
                archive.writestr(info, data)
        return tmp_path / name

    return write


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder that nothing was collected into."""
    return tmp_path / "course"


@pytest.fixture
def gather(course: Path, resnet: Assignment) -> Collect:
    """Collect a download into the course."""

    def run(source: Path, *, replace: bool = False) -> CollectSummary:
        return collect(source, resnet, course, replace=replace)

    return run


@pytest.fixture
def taken(course: Path) -> Taken:
    """Whose work lies in the course, by the student that it was taken to be of."""

    def read() -> dict[str, str]:
        found = {}
        for path in sorted(course.glob("submitted/*/resnet/resnet.ipynb")):
            document = json.loads(path.read_bytes())
            found[path.parent.parent.name] = document["metadata"]["author"]
        return found

    return read
