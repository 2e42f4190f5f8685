"""Folders, as unpacked from what students packed: links and devices in them are never opened."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect import CollectError, CollectSummary

Work = Callable[..., bytes]
Collect = Callable[..., CollectSummary]
Taken = Callable[[], dict[str, str]]


@pytest.fixture
def hostile_tar(tmp_path: Path, work: Work) -> Path:
    """A tar with links to a secret, a pipe and, in an honest folder, a notebook."""
    (tmp_path / "secret.ipynb").write_bytes(work("secret"))
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "resnet.ipynb").write_bytes(work("secret"))
    with tarfile.open(tmp_path / "download.tar", "w") as archive:
        for name, kind, target in (
            ("eve/resnet.ipynb", tarfile.SYMTYPE, "../../secret.ipynb"),
            ("eve/deep", tarfile.SYMTYPE, "../../secret"),
            ("eve/up", tarfile.SYMTYPE, ".."),
            ("mal/resnet.ipynb", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        info = tarfile.TarInfo("ada/resnet.ipynb")
        info.size = len(work("ada"))
        archive.addfile(info, io.BytesIO(work("ada")))
    return tmp_path / "download.tar"


def test_a_tar_is_not_read(hostile_tar: Path, gather: Collect) -> None:
    """Tar is no form that an LMS hands out: what to do is told."""
    with pytest.raises(CollectError) as caught:
        gather(hostile_tar)
    assert str(caught.value) == (
        f"{hostile_tar} is neither a zip nor a folder. Other archives (tar, rar, 7z): unpack them "
        "into a folder and give that."
    )


def test_links_and_pipes_of_a_tar(
    hostile_tar: Path, gather: Collect, taken: Taken, tmp_path: Path
) -> None:
    """Unpacked with all that it holds: links are not followed and pipes not waited for."""
    with tarfile.open(hostile_tar) as archive:
        # Pythons before 3.11.4 have no filters, later ones need to be told that all is wanted.
        archive.extraction_filter = lambda member, _: member
        archive.extractall(tmp_path / "unpacked")
    summary = gather(tmp_path / "unpacked")
    assert taken() == {"ada": "ada"}
    assert summary.notes == (
        "eve/deep: a symbolic link, left out",
        "eve/up: a symbolic link, left out",
        "eve/resnet.ipynb: a symbolic link or no ordinary file, left out",
        "mal/resnet.ipynb: a symbolic link or no ordinary file, left out",
    )


def test_sockets_and_devices(
    tmp_path: Path, work: Work, gather: Collect, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket where a notebook should be; a link to a device without end."""
    folder = tmp_path / "class"
    for who in ("ada", "eve", "mal"):
        (folder / who).mkdir(parents=True)
    (folder / "ada" / "resnet.ipynb").write_bytes(work("ada"))
    os.symlink("/dev/zero", folder / "eve" / "resnet.ipynb")
    monkeypatch.chdir(folder / "mal")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("resnet.ipynb")
        summary = gather(folder)
    assert taken() == {"ada": "ada"}
    assert len(summary.notes) == 2


def test_a_folder_full_of_links_fills_no_terminal(
    tmp_path: Path, work: Work, gather: Collect
) -> None:
    """Four lines of a kind, and how many more there were."""
    (tmp_path / "class" / "eve").mkdir(parents=True)
    for number in range(50):
        os.symlink("/etc/passwd", tmp_path / "class" / "eve" / f"{number}.ipynb")
    (tmp_path / "class" / "ada.ipynb").write_bytes(work("ada"))
    summary = gather(tmp_path / "class")
    assert len(summary.notes) == 5
    assert summary.notes[-1] == "eve: and 46 more like these"


def test_folders_of_who_handed_in_no_notebook(
    tmp_path: Path, work: Work, gather: Collect, taken: Taken
) -> None:
    """The only notebook of a class is its folder's, also when it is called otherwise."""
    for name, data in {"hw/ada/mine.ipynb": work("ada"), "hw/eve/a.pdf": b"", "b.txt": b""}.items():
        (tmp_path / "class" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "class" / name).write_bytes(data)
    assert gather(tmp_path / "class").notes == ("eve: handed in no notebook, but a.pdf",)
    assert taken() == {"ada": "ada"}
