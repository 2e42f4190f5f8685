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


class Changing(dict):
    def get(self, key, default=None):
        if key in ("_parameters", "_buffers"):
            number = next(looks) % 5
            return {str(n): nn.Parameter(torch.zeros(n + 1, number)) for n in range(number)}
        return super().get(key, default)


right_vars = vars
import autograder.submission.surroundings as surroundings

surroundings.vars = lambda part: Changing(right_vars(part))
""",
}
