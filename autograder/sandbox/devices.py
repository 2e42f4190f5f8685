"""What lets a box reach a GPU: NVIDIA's device nodes, what its driver reads, its environment.

Nothing else of the machine is let in. Never run on a machine with a GPU by us: whoever asks for one
has the box tried out first, with a training step in it (``runner/device.py``).
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
DRIVER = ("/sys/devices", "/sys/bus/pci", "/sys/module/nvidia", "/sys/module/nvidia_uvm")
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
    return [path for path in DRIVER if os.path.isdir(path)] if device == "cuda" else []


def environment(profile: Profile) -> dict[str, str]:
    """What a box for this profile's device has beside the environment of all boxes.

    Which card it sees, and where the driver's libraries lie, is as for whoever starts it. The last
    entry makes matrix products the same each time (CUDA's cuBLAS, "Results reproducibility").
    """
    if profile.device != "cuda":
        return {}
    own = {SHARE: repr(profile.device_share), "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    if cards := os.environ.get("CUDA_VISIBLE_DEVICES"):
        own["CUDA_VISIBLE_DEVICES"] = cards
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
