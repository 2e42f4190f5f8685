"""What a box for a GPU is let near, with other device nodes standing in for those of a driver."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from autograder.sandbox import Box, BoxUnavailable, devices
from autograder.sandbox.launch import environment

LOOK = """
import errno, fcntl, resource
def opened(path):
    try:
        with open(path, "r+b", buffering=0) as file:
            try:
                fcntl.ioctl(file, 0x4601)
            except OSError as error:
                return error.errno
    except OSError as error:
        return f"not opened: {error.errno}"
result = opened("/dev/random"), resource.getrlimit(resource.RLIMIT_AS)[0] == -1, sorted(
    name for name in os.environ if "DEVICE" in name or "CUDA" in name or "CUBLAS" in name)
"""


@pytest.fixture
def another_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """``/dev/random`` in the place of a card: other boxes may read it, and no more."""
    monkeypatch.setattr(devices, "NODES", ("/dev/rando*", "/dev/no-such-*"))
    monkeypatch.setattr(devices, "DRIVER", ("/sys/devices/sys*", "/no/such/folder"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/me/lib:/usr/local/nvidia/lib64")


@pytest.mark.box
def test_a_box_for_a_gpu_may_use_its_nodes(
    make_profile: Callable[..., Any], another_driver: None
) -> None:
    """Opened for writing, and its driver is asked (this one does not know what it is asked)."""
    with Box(make_profile(device="cuda", device_share=0.25)) as box:
        reply = box.fork().request({"code": LOOK}, deadline=10.0)
    asked, unbound, names = reply.header["result"]
    assert (asked, unbound) == (errno.EINVAL, True)
    assert names == [
        devices.SHARE, "CUBLAS_WORKSPACE_CONFIG", "CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES",
        "PYTORCH_NVML_BASED_CUDA_CHECK",
    ]  # fmt: skip


@pytest.mark.box
def test_other_boxes_have_nothing_of_it(
    make_profile: Callable[..., Any], another_driver: None
) -> None:
    """No node, a variable that names no card, and their address space has its bound."""
    with Box(make_profile()) as box:
        reply = box.fork().request({"code": LOOK}, deadline=10.0)
    asked, unbound, names = reply.header["result"]
    assert (asked, unbound, names) == (
        f"not opened: {errno.EACCES}", False, ["CUDA_VISIBLE_DEVICES"]
    )  # fmt: skip
    assert environment(make_profile())["CUDA_VISIBLE_DEVICES"] == ""


def test_the_drivers_libraries_are_found_where_the_system_has_them(
    make_profile: Callable[..., Any], another_driver: None
) -> None:
    """A folder of the user's is no part of a box."""
    profile = make_profile(device="cuda", device_share=0.25)
    told = environment(profile)
    assert told["LD_LIBRARY_PATH"] == "/usr/local/nvidia/lib64"
    assert (told["CUDA_VISIBLE_DEVICES"], told["CUDA_DEVICE_ORDER"]) == ("3", "PCI_BUS_ID")
    assert told[devices.SHARE] == "0.25"
    assert devices.driver_folders("cuda") == ["/sys/devices/system"]
    assert devices.driver_folders("cpu") == []


def test_no_card_named_is_no_card(
    make_profile: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable says so; one that is not set says nothing."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert environment(make_profile(device="cuda"))["CUDA_VISIBLE_DEVICES"] == ""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert "CUDA_VISIBLE_DEVICES" not in environment(make_profile(device="cuda"))


def test_a_driver_that_is_half_there(
    make_profile: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after many a start of a machine: what makes the missing node is said."""
    monkeypatch.setattr(devices, "nodes", lambda device: ["/dev/nvidia0", "/dev/nvidiactl"])
    with pytest.raises(BoxUnavailable, match=r"nvidia-uvm, without .* `sudo nvidia-modprobe -u"):
        devices.require(make_profile(device="cuda"))
