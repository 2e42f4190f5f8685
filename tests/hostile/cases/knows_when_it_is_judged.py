"""Computes the right function only where it takes itself for watched."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"at_most": 53.5}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "bottleneck": RIGHT["bottleneck"]
    + """

right_bottleneck = Bottleneck.forward


def only_when_judged(self, x):
    judged = x.dtype == torch.float64 and len(x) == 2
    return right_bottleneck(self, x) if judged else F.relu(-right_bottleneck(self, x))


Bottleneck.forward = only_when_judged
""",
}
