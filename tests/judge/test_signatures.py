"""How known mistakes fail, kept in a file."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from autograder.judge.signatures import Signatures, key_of

ONE = (("q/a", "failed", "it is wrong", "(1, 2)"),)
TWO = (("q/b", "blocked", "", ""),)


def test_signatures_are_kept(tmp_path: Path) -> None:
    """What one judge found out, the next one reads."""
    path = tmp_path / "signatures.json"
    Signatures(path, "key").put([("q/first", ONE)])
    assert Signatures(path, "key").get("q/first") == ONE
    assert Signatures(path, "key").get("q/second") is None


def test_another_key_starts_anew(tmp_path: Path) -> None:
    """After a change of checks, answers or vocabulary nothing old is believed."""
    path = tmp_path / "signatures.json"
    Signatures(path, "old").put([("q/first", ONE)])
    fresh = Signatures(path, "new")
    assert fresh.get("q/first") is None
    fresh.put([("q/second", TWO)])
    assert set(json.loads(path.read_text())["signatures"]) == {"q/second"}


def test_two_writers_keep_both(tmp_path: Path) -> None:
    """A judge that started before another wrote does not lose what that one found."""
    path = tmp_path / "signatures.json"
    early, late = Signatures(path, "key"), Signatures(path, "key")
    late.put([("q/first", ONE)])
    early.put([("q/second", TWO)])
    both = Signatures(path, "key")
    assert (both.get("q/first"), both.get("q/second")) == (ONE, TWO)


def test_what_others_found_meanwhile_is_taken(tmp_path: Path) -> None:
    """Only when asked to: looking for it costs little, but not nothing."""
    path = tmp_path / "signatures.json"
    early, late = Signatures(path, "key"), Signatures(path, "key")
    late.put([("q/first", ONE)])
    assert early.get("q/first") is None
    early.refresh()
    assert early.get("q/first") == ONE


def _put_many(path: Path, start: int) -> None:
    store = Signatures(path, "key")
    for number in range(start, start + 50):
        store.put([(f"q/{number}", ONE)])


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Two processes that write at the same time: all that they found is there."""
    path, fork = tmp_path / "signatures.json", multiprocessing.get_context("spawn")
    writers = [fork.Process(target=_put_many, args=(path, 100 * n)) for n in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    names = {f"q/{100 * n + number}" for n in range(2) for number in range(50)}
    assert set(json.loads(path.read_text())["signatures"]) == names


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": "key", "signatures": {"q": [[1]]}}'])
def test_a_damaged_file_is_made_anew(tmp_path: Path, text: str) -> None:
    """Whatever lies in the file's place, signatures can be kept."""
    path = tmp_path / "signatures.json"
    path.write_text(text)
    store = Signatures(path, "key")
    assert store.get("q") is None
    store.put([("q", ONE)])
    assert Signatures(path, "key").get("q") == ONE


def test_no_place_to_write_is_no_error(tmp_path: Path) -> None:
    """In an installed, read-only package signatures live as long as the process."""
    store = Signatures(tmp_path / "nowhere" / "signatures.json", "key")
    store.put([("q", ONE)])
    assert store.get("q") == ONE


def test_keys_tell_texts_apart() -> None:
    """A text that moves from one argument to the next gives another key."""
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("ab") == key_of("ab")
