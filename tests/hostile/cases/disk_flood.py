"""Fills every place that it may write to."""

EXPECT = {"loses": "bottleneck"}
BASE = "reference"
ANSWERS = {
    "bottleneck": """
import itertools
import os

block = b"x" * 2**20
for folder in ("/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~")):
    try:
        for number in itertools.count():
            with open(f"{folder}/flood-{number}", "wb") as file:
                for _ in range(64):
                    file.write(block)
    except OSError:
        pass
""",
}
