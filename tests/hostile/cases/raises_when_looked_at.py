"""Raises in the trace that follows a refused output, and answers with its next guess from then on."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"fails": ["bottleneck/known_values", "bottleneck/same_function", "bottleneck/cost"]}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "bottleneck": RIGHT["bottleneck"]
    + """

right_bottleneck, seen, turn, raised = Bottleneck.forward, None, 0, 0

def wrong(self, x):
    return F.relu(right_bottleneck(self, x) - 0.1)


def guess(self, x):
    global seen, turn, raised
    if x.is_meta or x.dtype != torch.float64 or x.shape[2:] != (7, 6) or turn:
        return right_bottleneck(self, x)
    now = x.sum().item()
    if now == seen:   # the same input again: a trace, so the last answer was refused
        raised += 1
        turn = raised > 1  # a trace is tried twice
        raise RuntimeError("not told")
    seen = now
    return wrong(self, x)

Bottleneck.forward = guess
""",
}
