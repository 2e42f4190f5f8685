"""Runs and cells that cannot go on say why."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.config import Assignment
from autograder.records import CellStatus
from autograder.runner.bench import Bench, Setting
from autograder.runner.kernel import Kernel
from autograder.runner.run import grade
from autograder.sandbox import BoxUnavailable

pytestmark = pytest.mark.box
Hand = Callable[..., Path]


def test_no_box_no_grade(course: Path, hand_in: Hand, resnet: Assignment) -> None:
    """Where a worker gets no box, the run says why, once, and that nothing was graded."""
    hand_in("ada", {})
    with pytest.raises(BoxUnavailable) as caught:
        grade(resnet, course, setting=Setting(device="tpu"))
    assert str(caught.value) == (
        "no sandbox of level 'full' here: there is no profile for device 'tpu'. There are: cpu, "
        "cuda. Nothing was graded."
    )


def test_cells_that_run_only_once(tiny: Assignment) -> None:
    """When earlier cells die on the second time, what follows is not run and says so."""
    with Bench(tiny) as bench:
        bench.box.start()
        once = f"import os, time\nif time.time() > {time.time() + 2}:\n    os._exit(1)"
        kernel = Kernel(bench.box, tiny.limits)
        statuses = [
            kernel.run(source, "cell").status
            for source in (once, "import time\ntime.sleep(2.1)\nos._exit(1)")
        ]
        last = kernel.run("x = 1", "cell")
        kernel.close()
    assert statuses == [CellStatus.RAN, CellStatus.DIED]
    assert (last.status, last.error) == (
        CellStatus.NOT_RUN,
        "cells that ran once did not run again",
    )
