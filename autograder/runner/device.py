"""Whether networks can be trained on a GPU, tried out in a box."""

from __future__ import annotations

from autograder.runner.bench import CUDA_MIB, Setting, guest_profile
from autograder.sandbox import Box, BoxUnavailable, Limits
from autograder.sandbox.profile import MIB

LIMITS = Limits(memory_bytes=Limits().memory_bytes + CUDA_MIB * MIB)
NET = (("Conv2d", 1, 4, 3), ("BatchNorm2d", 4), ("ReLU",), ("Flatten",), ("Linear", 64, 2))
SECONDS = 60.0
"""For one request: a driver may have to come up first."""


def device_problem(setting: Setting) -> str:
    """Why nothing can be trained on the device of ``setting``; empty if it can.

    Two steps are made, in a box of the setting's level: whether there is a driver, whether PyTorch
    was built for it, whether convolutions are, and whether the box lets them through, shows in no
    other way.
    """
    if setting.device == "cpu":
        return ""
    import torch  # with the next two, what a run that grades on the CPU starts its workers without

    from autograder.submission import Submission, SubmissionFault
    from autograder.submission.boxed import BoxedTransport

    x, y = torch.linspace(-1, 1, 8 * 36).reshape(8, 1, 6, 6), torch.arange(8) % 2
    try:
        with Box(guest_profile(setting, LIMITS)) as box:
            child = box.fork()
            transport = BoxedTransport(child, deadline=lambda: SECONDS, device=setting.device)
            submission = Submission(transport)
            net = submission.probe_net(NET)
            reply, _ = submission.ask(
                "fit", [x, y], module=net.number, device=setting.device, steps=2, batch_size=4,
                learning_rate=0.1, momentum=0.9, seed=0,
            )  # fmt: skip
    except BoxUnavailable as error:
        return f"{error.reason}. {error.remedy}".rstrip(".")
    except SubmissionFault as error:
        return f"two steps of training in a box were not survived: {error}"
    trouble = reply.get("trouble")
    return f"two steps of training in a box failed: {trouble}" if trouble else ""
