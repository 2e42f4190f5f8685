"""Two folders in each other's place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.runner.collect.exchange import exchange, in_turn


@pytest.mark.parametrize("way", [exchange, in_turn])
def test_both_are_there_under_the_others_name(
    way: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    """A link, too, is exchanged as what it is."""
    new, old = tmp_path / "new", tmp_path / "old"
    new.mkdir()
    (new / "notebook").write_text("new")
    old.symlink_to("nowhere")
    way(new, old)
    assert (old / "notebook").read_text() == "new"
    assert str(new.readlink()) == "nowhere"
    assert {path.name for path in tmp_path.iterdir()} == {"new", "old"}


@pytest.mark.parametrize("way", [exchange, in_turn])
@pytest.mark.parametrize("missing", ["new", "old"])
def test_one_that_is_missing(
    way: Callable[[Path, Path], None], missing: str, tmp_path: Path
) -> None:
    """The other stays where it was."""
    there = {"new", "old"} - {missing}
    for name in there:
        (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=f"No such file or directory: .*{missing}|/new' -> '.*/old'"):
        way(tmp_path / "new", tmp_path / "old")
    assert {path.name for path in tmp_path.iterdir()} == there
