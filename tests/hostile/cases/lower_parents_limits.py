"""Lowers the limits and the priority of the process that it, and everybody else, is forked from."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"points": "full"}
BASE = "reference"
LOWER = """
import ctypes
import os
import platform
import resource

attempts = {
    "a limit": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (2**50, 2**50)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 1),
    "group priority": lambda: os.setpriority(os.PRIO_USER, os.getuid(), 1),
}
if platform.machine() == "x86_64":
    def lower_io():
        if ctypes.CDLL(None).syscall(251, 1, os.getppid(), 3 << 13):
            raise OSError
    attempts["disk priority"] = lower_io
for attempt in attempts.values():
    try:
        attempt()
    except OSError:
        continue
    del BasicBlock  # it worked: a right answer less, for this case to tell
    break
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one's own are one's own affair
"""
ANSWERS = {"basic_block": load_answers(load_assignment("resnet")).cells["basic_block"] + LOWER}
