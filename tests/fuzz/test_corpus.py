"""What fuzzing found interesting is played again: nothing but documented errors gets out."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
TARGETS = sorted(path.name for path in CORPUS.iterdir())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore")
def test_kept_inputs(target: str) -> None:
    """Each gives a value or an error that its layer foresees (``benchmarks/fuzz``)."""
    module = importlib.import_module(f"benchmarks.fuzz.{target}")
    files = sorted((CORPUS / target).iterdir())
    assert len(files) > 10
    leaked = {}
    for file in files:
        try:
            module.play(file.read_bytes())
        except Exception as error:
            leaked[file.name] = repr(error)[:300]
    assert leaked == {}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore")
def test_fuzzing_begins_with_what_is_whole(target: str) -> None:
    """What an honest box answers, and whole notebooks: each can still be made and is taken."""
    module = importlib.import_module(f"benchmarks.fuzz.{target}")
    whole = module.valid()
    assert len(whole) > 3
    for data in whole:
        module.play(data)


@pytest.mark.filterwarnings("ignore")
def test_modules_are_deferred_as_in_grading() -> None:
    """Scenes come in both ways: a module made when it is asked for, or with what is asked of it."""
    wire = importlib.import_module("benchmarks.fuzz.wire")
    asked = {data[0] for data in wire.valid()}
    scenes = range(len(wire.SCENES))
    assert asked == {*scenes, *(scene + wire.DEFERRED for scene in scenes), len(wire.SCENES)}
    assert any(b'"made"' in data for data in wire.valid())
