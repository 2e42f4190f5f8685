"""What lets a box reach a GPU: NVIDIA's device nodes, what its driver reads, its environment.

Never run on a machine with a GPU by us: whoever asks for one has the box tried out first, with two
steps of training in it (``runner/device.py``).
"""

from __future__ import annotations

import glob
import os

from autograder.sandbox.errors import BoxUnavailable
from autograder.sandbox.profile import Profile

DEVICES = ("cpu", "cuda")
NODES = (
    "/dev/nvidiactl",
    "/dev/nvidia-uvm",
    "/dev/nvidia-uvm-tools",
    "/dev/nvidia-modeset",
    "/dev/nvidia[0-9]*",
    "/dev/nvidia-caps/*",
    "/dev/dxg",  # in Windows' subsystem for Linux
)
DRIVER = (
    "/sys/devices/system",
    "/sys/devices/pci*",
    "/sys/bus/pci",
    "/sys/module/nvidia",
    "/sys/module/nvidia_uvm",
)
"""What the driver's libraries read of the machine: which card hangs where."""
DRIVER_REPORTS = ("/proc/driver/nvidia", "/proc/devices")
"""What the driver itself tells; a box with a ``/proc`` of its own has them in there."""
SHARE = "BOX_DEVICE_SHARE"
"""The variable that tells a box which part of a device's memory is its own."""


def nodes(device: str) -> list[str]:
    """The device nodes that a box for ``device`` needs; for the CPU none."""
    if device != "cuda":
        return []
    return [path for pattern in NODES for path in sorted(glob.glob(pattern))]


def driver_folders(device: str) -> list[str]:
    """What else of the machine a box for ``device`` may read."""
    if device != "cuda":
        return []
    return [path for pattern in DRIVER for path in sorted(glob.glob(pattern))]


def environment(profile: Profile) -> dict[str, str]:
    """What a box for this profile's device has beside the environment of all boxes.

    Which cards PyTorch sees, and where the driver's libraries lie, is as for whoever starts it; a
    box for the CPU sees none. Matrix products are to be the same each time (CUDA's cuBLAS, "Results
    reproducibility"), and to ask whether there is a card must not keep the warm process from
    forking (PyTorch's "CUDA semantics").
    """
    if profile.device != "cuda":
        return {"CUDA_VISIBLE_DEVICES": ""}
    own = {
        SHARE: repr(profile.device_share),
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    }
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        if (value := os.environ.get(name)) is not None:
            own[name] = value
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    if installed := [path for path in libraries if path.startswith("/usr/")]:
        own["LD_LIBRARY_PATH"] = os.pathsep.join(installed)
    return own


def require(profile: Profile) -> None:
    """Refuse a device that is not there.

    Raises:
        BoxUnavailable: no such device is known, or this machine has none.
    """
    if profile.device not in DEVICES:
        reason = f"there is no profile for device {profile.device!r}"
        raise BoxUnavailable(profile.level, reason, f"There are: {', '.join(DEVICES)}.")
    if profile.device == "cuda" and not nodes("cuda"):
        raise BoxUnavailable(
            profile.level,
            "this machine shows no GPU of NVIDIA's (no /dev/nvidiactl)",
            "Install its driver, or give a container its devices; or grade on cpu.",
        )
    found = nodes(profile.device)
    if "/dev/nvidiactl" in found and "/dev/nvidia-uvm" not in found:
        raise BoxUnavailable(
            profile.level,
            "the driver of this machine's GPU has not made /dev/nvidia-uvm, without which CUDA "
            "does not start",
            "`sudo nvidia-modprobe -u -c=0` makes it; or grade on cpu.",
        )
