"""What runs in the box: student cells in IPython, then requests over the wire.

Started by the sandbox in a fresh child for each submission, as ``serve(channel)``. Nothing here is
secret and nothing it answers is evidence: student code shares its process.
"""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Channel(Protocol):
    """The guest's end of the wire."""

    def receive(self) -> tuple[dict[str, Any], Sequence[bytes]] | None:
        """The next request; None when the judge hung up."""

    def send(self, header: Mapping[str, Any], blobs: Sequence[Any] = ()) -> None:
        """Send a reply."""


def warm_up() -> None:
    """Import and exercise, once, what every child would otherwise pay for.

    One thread only, set before the first operation: a process that ever ran a two-threaded
    operation cannot be forked safely. Where there is a GPU nothing is trained here: the first
    backward pass starts a thread for each device, and no child could have one after that.
    """
    import torch

    from autograder.sandbox.devices import SHARE

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    import matplotlib.pyplot  # noqa: F401
    import torch._dynamo
    from torch.nn.utils import parametrize  # noqa: F401

    import autograder.submission.packing  # noqa: F401
    from autograder.submission.ops import Guest  # noqa: F401
    from autograder.submission.shell import make_shell, run_cell

    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 2)
    )
    loss = torch.nn.functional.cross_entropy(model(torch.zeros(2, 1, 4, 4)), torch.tensor([0, 1]))
    if SHARE not in os.environ:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    run_cell(make_shell(), "pass")


def serve(channel: Channel) -> None:
    """Answer requests until the judge hangs up."""
    from autograder.sandbox.devices import SHARE
    from autograder.submission.ops import Guest
    from autograder.submission.packing import pack, unpack
    from autograder.submission.shell import make_shell, run_cell
    from autograder.submission.surroundings import RandomStates, quiet
    from autograder.submission.training import Trainer, hide_devices

    sys.modules["checker"] = _checker()
    shell = make_shell()
    share = os.environ.get(SHARE)
    if share:
        hide_devices()
    guest = Guest(shell.user_ns, Trainer(float(share or 1.0)))
    outside: RandomStates | None = None  # as the last cell left them
    while (request := channel.receive()) is not None:
        header, blobs = request
        if header["op"] == "run":
            if outside is not None:
                outside.put_back()
                outside = None
            start = time.perf_counter()
            ran = run_cell(shell, header["source"])
            seconds = time.perf_counter() - start
            channel.send({**ran, "seconds": seconds, "tensors": [], "id": header["id"]})
            continue
        outside = outside or RandomStates()
        tensors = unpack(header["tensors"], blobs, meta=True)
        with quiet():
            reply, back = guest.handle(header, tensors)
        described, packed = pack(back)
        channel.send({**reply, "tensors": described, "id": header["id"]}, packed)


def _checker() -> types.ModuleType:
    """What `from checker import check` finds in the box: grading runs the checks by itself."""
    module = types.ModuleType("checker")

    def check(question: str) -> None:
        """Do nothing: the judge runs this question's checks."""

    module.check = check  # type: ignore[attr-defined]
    return module
