"""Time that a submission lost while its machine did something else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.runner.run import grade

pytestmark = pytest.mark.box
Hand = Callable[..., Path]


@pytest.mark.slow
def test_time_lost_on_a_busy_machine_is_tried_again(
    course: Path, hand_in: Hand, resnet: Assignment, answers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Once alone, and in the next run, too; on a quiet machine the verdict stays."""
    slow = {**answers, "basic_block": "import time\ntime.sleep(60)"}
    hand_in("ada", slow)
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 99.0, 99.0))
    first = grade(resnet, course)
    assert "was busy with something else meanwhile (load 99" in first.records[0].faults[-1].message
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    second, third = grade(resnet, course), grade(resnet, course)
    assert (second.graded, third.graded) == (1, 0)
    assert [fault.code for fault in second.records[0].faults] == ["out_of_time", "timeout"]
    assert second.records[0].points == first.records[0].points
