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
