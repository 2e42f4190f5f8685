"""Leaves a thread that answers the judge before the guest does."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"at_most": 54.0}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "basic_block": RIGHT["basic_block"]
    + """

import json
import os
import stat
import struct
import threading
import time

wires = [n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}")]
wires = [n for n in wires if stat.S_ISSOCK(os.fstat(n).st_mode)]


EMPTY = {"parameters": 0, "shapes": [], "dtypes": [], "trained": []}


def answer():
    for asked in range(3, 60):
        time.sleep(0.01)
        reply = {"id": asked, "value": None, "kinds": ["class"], "state": EMPTY, "units": {}}
        text = json.dumps(reply).encode()
        for wire in wires:
            try:
                os.write(wire, struct.pack("!4sII", b"BOX1", len(text), 0) + text)
            except OSError:
                return


threading.Thread(target=answer, daemon=True).start()
""",
}
