"""Leaves processes behind that left their session and wait for the next submission."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"points": "full"}
BASE = "reference"
DAEMON = """
import os
import signal
import time

for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            while True:
                time.sleep(1)
        os._exit(0)
"""
ANSWERS = {"basic_block": load_answers(load_assignment("resnet")).cells["basic_block"] + DAEMON}
