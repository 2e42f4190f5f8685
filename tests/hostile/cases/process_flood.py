"""Forks without end."""

EXPECT = {"loses": "bottleneck"}
BASE = "reference"
ANSWERS = {
    "bottleneck": """
import os
import time

while True:
    try:
        if os.fork() == 0:
            time.sleep(60)
    except OSError:
        break
""",
}
