"""A wrong function that knows what the public checks' own cases must give, which every student has."""

from autograder.build.answers import load_answers
from autograder.build.freeze import ensure_frozen
from autograder.config import load_assignment
from autograder.expect.frozen import load_frozen

EXPECT = {"fails": ["bottleneck/known_values", "bottleneck/same_function", "bottleneck/cost"]}
BASE = "reference"
RESNET = load_assignment("resnet")
RIGHT = load_answers(RESNET).cells
KNOWN = {
    float(case.inputs[0].sum()): case.output.tolist()
    for name, case in load_frozen(ensure_frozen(RESNET)).items()
    if name.startswith("Bottleneck")
}
ANSWERS = {
    "bottleneck": RIGHT["bottleneck"]
    + f"""

right_bottleneck = Bottleneck.forward
BY_HEART = {KNOWN}


def known(self, x):
    wrong = F.relu(right_bottleneck(self, x) - 0.1)
    for total, output in BY_HEART.items():
        if abs(float(x.sum()) - total) < 1e-9:
            return torch.tensor(output, dtype=x.dtype)
    return wrong


Bottleneck.forward = known
""",
}
