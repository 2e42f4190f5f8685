"""Sends SIGKILL to all that it may, and to its parent."""

EXPECT = {"loses": "basic_block", "died": True}
BASE = "reference"
ANSWERS = {
    "basic_block": """
import os
import signal

for target in (os.getppid(), 1, -1):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
os.kill(os.getpid(), signal.SIGKILL)
""",
}
