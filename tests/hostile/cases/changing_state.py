"""Registers other parameters each time that it is looked at."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"loses": "basic_block"}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "basic_block": RIGHT["basic_block"]
    + """

looks = iter(range(10**9))


def changing(module):
    number = next(looks) % 5
    return [("parameter", nn.Parameter(torch.zeros(n + 1, number))) for n in range(number)]


import autograder.submission.ops as ops

ops.state_of = changing
""",
}
