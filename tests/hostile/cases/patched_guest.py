"""Replaces the guest that serves the judge inside the box."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import torch
from autograder.submission import codec, ops


EMPTY = {"parameters": 0, "shapes": [], "dtypes": [], "trained": []}


def forged(self, header, tensors):
    return {"value": 1.0, "kinds": ["class"], "state": EMPTY, "units": {}, "shape": [1]}, []


ops.Guest.handle = forged
""",
}
