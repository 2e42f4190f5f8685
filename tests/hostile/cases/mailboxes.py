"""Leaves messages for the next submission wherever the kernel keeps some."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"points": "full"}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "basic_block": RIGHT["basic_block"]
    + """

import ctypes
import os
import platform
import signal

libc = ctypes.CDLL(None)
calls = {
    "shmget": (29, 7, 4096, 0o1666),
    "msgget": (68, 7, 0o1666),
    "semget": (64, 7, 1, 0o1666),
    "mq_open": (240, b"/mail", 0o102, 0o666, None),
    "add_key": (248, b"user", b"mail", b"x", 1, -3),
    "memfd_create": (319, b"mail", 0),
    "io_uring_setup": (425, 8, None),
}
if platform.machine() == "x86_64":
    for name, call in calls.items():
        if libc.syscall(*call) >= 0:
            del BasicBlock  # it worked: a right answer less, for this case to tell
try:
    signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGSTOP)
    del BasicBlock
except OSError:
    pass
""",
}
