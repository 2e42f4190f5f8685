"""States what is equal to every answer, and another thing each time."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"at_most": 53.0}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "degradation": """

class Anything(str):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = str.__hash__


class Answers(dict):
    def get(self, key, default=None):
        return Anything("plain")

    def items(self):
        return [("trains_better_at_38_layers", Anything("plain"))] * 3


def conclusion():
    return Answers(
        trains_better_at_38_layers=Anything("plain"),
        plain_38_against_plain_8=Anything("overfits"),
        plain_38_gradients_before_training=Anything("vanish towards the input"),
    )
""",
}
