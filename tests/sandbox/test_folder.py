"""Folders of boxes: gone with the box, and swept by the next one after a kill."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.sandbox.folder import PREFIX, UNFINISHED, UNLOCKED_SECONDS, HeldFolder, sweep

HOLD = """
import sys
from autograder.sandbox.folder import HeldFolder
print(HeldFolder().path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_away_with_its_box(tmp: Path) -> None:
    """Removing leaves nothing."""
    folder = HeldFolder()
    (folder.path / "guest").mkdir()
    folder.remove()
    assert list(tmp.iterdir()) == []


def test_what_a_killed_grader_left_is_swept_what_a_living_one_holds_is_not(tmp: Path) -> None:
    """The lock tells them apart, whatever the process is called."""
    environment = {**os.environ, "TMPDIR": str(tmp)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=-1, stdout=-1, text=True
    ) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        sweep()
        assert held.is_dir()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        sweep()
        assert not held.exists()


@pytest.mark.box
@pytest.mark.parametrize("end", [lambda folder: folder.remove(), lambda _: sweep()])
def test_what_bubblewrap_left_goes_with_its_folder(end: Callable[[HeldFolder], None]) -> None:
    """Killed at the wrong moment it leaves a process that waits for ever; others are let alone."""
    ours, other = HeldFolder(), HeldFolder()
    started = [
        subprocess.Popen(["bwrap", "--unshare-pid", "--ro-bind", "/", "/",
                          "--bind", f"{folder.path}/", "/mnt", "sleep", "600"])
        for folder in (ours, other)
    ]  # fmt: skip
    time.sleep(0.3)
    assert [process.poll() for process in started] == [None, None]
    os.close(ours._lock)  # as when its owner was killed
    ours._lock = os.open("/dev/null", os.O_RDONLY)
    end(ours)
    assert started[0].wait(10) == -signal.SIGKILL
    assert not ours.path.exists()
    assert started[1].poll() is None
    other.remove()
    assert started[1].wait(10) == -signal.SIGKILL


def test_a_folder_without_a_lock_is_swept_once_it_is_old(tmp: Path) -> None:
    """One that is just being made stays."""
    for prefix in (PREFIX, UNFINISHED + PREFIX):
        young, old = tmp / f"{prefix}young", tmp / f"{prefix}old"
        young.mkdir()
        old.mkdir()
        (old / "lock").touch()  # its maker was killed before it had the lock
        long_ago = young.stat().st_mtime - UNLOCKED_SECONDS - 1
        os.utime(old, (long_ago, long_ago))
        sweep()
        assert young.is_dir()
        assert not old.exists()


def test_a_folder_that_is_being_made_is_nobodys_to_sweep(tmp: Path) -> None:
    """Between its lock file and its lock it looks abandoned, but for its name."""
    made = tmp / f"{UNFINISHED}{PREFIX}made"
    made.mkdir()
    (made / "lock").touch()
    sweep()
    assert made.is_dir()


def test_a_folder_elsewhere(tmp: Path) -> None:
    """What a killed one left there goes away with the next of the same name; others stay."""
    place = tmp / "course"
    (place / "collect-left").mkdir(parents=True)
    (place / "collect-left" / "lock").touch()
    (place / "replaced").mkdir()
    folder = HeldFolder("collect-", place)
    assert sorted(path.name for path in place.iterdir()) == [folder.path.name, "replaced"]
    folder.remove()
    with pytest.raises(FileNotFoundError):
        HeldFolder("collect-", tmp / "nowhere")


def test_links_and_other_peoples_folders_stay(tmp: Path) -> None:
    """What only looks like a box's folder is not touched."""
    target = tmp / "precious"
    target.mkdir()
    (target / "lock").touch()
    (tmp / f"{PREFIX}link").symlink_to(target)
    (tmp / f"{PREFIX}file").touch()
    sweep()
    assert (target / "lock").is_file()
    assert (tmp / f"{PREFIX}link").is_symlink()
    assert (tmp / f"{PREFIX}file").is_file()
