"""Keeps forking short-lived processes that adopt each other while it is tidied away."""

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
import time

if os.fork() == 0:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans are its own, not the warm process's
    os.setsid()
    while True:
        try:
            if os.fork() == 0:
                time.sleep(0.01)
                os._exit(0)
        except OSError:
            time.sleep(0.001)
""",
}
