"""Holds several functions, and takes the next one whenever the same input comes back.

Who tries another way to bind weights tells that the last output was wrong. The function that was
answered last is then taken for good: in every later check, whatever is put to it.
"""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"fails": ["bottleneck/known_values", "bottleneck/same_function", "bottleneck/cost"]}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "bottleneck": RIGHT["bottleneck"]
    + """

right_bottleneck, seen, taken, asked = Bottleneck.forward, None, 0, 0
GUESSES = [
    lambda self, x: F.relu(right_bottleneck(self, x) - 0.1),
    lambda self, x: -right_bottleneck(self, x),
    right_bottleneck,
]


def what_was_not_refused(self, x):
    global seen, taken
    now = x.double().sum().item()
    if x.dtype == torch.float64 and now == seen:
        taken = (taken + 1) % len(GUESSES)
    seen = now
    return GUESSES[taken](self, x)


Bottleneck.forward = what_was_not_refused
""",
}
