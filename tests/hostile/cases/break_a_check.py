"""Gives values that are right in kind at first and break the next check, to be graded by hand."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"loses": "gradient_profile"}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "gradient_profile": RIGHT["gradient_profile"]
    + """
right_profile = gradient_profile


def gradient_profile(model, x, y):
    if len(x) == 5:
        return ["abc", None, torch.zeros(3), [1.0], 10**400]
    return right_profile(model, x, y)
""",
    "bottleneck": RIGHT["bottleneck"]
    + """
right_bottleneck = Bottleneck.forward
calls = iter(range(10**9))


def changing(self, x):
    y = right_bottleneck(self, x)
    return y.double() if next(calls) % 2 and x.dtype == torch.float32 else y


Bottleneck.forward = changing
""",
}
