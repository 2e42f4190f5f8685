"""Claims entries of its state that it has not, to be told by the judge which function agreed."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"fails": ["bottleneck/known_values", "bottleneck/same_function", "bottleneck/cost"]}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "bottleneck": RIGHT["bottleneck"]
    + """

import autograder.submission.ops as ops
right_bottleneck, seen, taken, fixed = Bottleneck.forward, None, 0, False


def no_relu(self, x, after):
    residual = self.bn1(self.conv1(x))
    residual = self.bn2(self.conv2(F.relu(residual) if after == 2 else residual))
    return F.relu(self.bn3(self.conv3(F.relu(residual) if after == 1 else residual)) + self.shortcut(x))


GUESSES = [
    lambda self, x: no_relu(self, x, 1),
    lambda self, x: no_relu(self, x, 2),
    right_bottleneck,
]


def guess(self, x):
    global seen, taken
    if x.is_meta:
        return GUESSES[taken](self, x)
    now = x.double().sum().item()
    if x.dtype == torch.float64 and now == seen and not fixed:
        taken = (taken + 1) % 3
    seen = now
    return GUESSES[taken](self, x)


Bottleneck.forward = guess
trace, forward = ops.Guest.do_trace, ops.Guest.do_forward


def do_trace(self, header, tensors):
    reply, back = trace(self, header, tensors)
    state = reply["state"]
    if isinstance(self._module(header["module"]), Bottleneck):
        for _ in range((taken + 1) % 3):  # the guess that is asked next
            state["shapes"].append([1])
            state["dtypes"].append("float64")
            state["trained"].append(0)
    return reply, back


def do_forward(self, header, tensors):
    global taken, fixed
    layout = header["layout"]
    module = self._module(header["module"])
    if layout is not None and isinstance(module, Bottleneck):
        more = len(layout) - len(ops.state_of(module))
        if more > 0:
            fixed, taken, header = True, more, {**header, "layout": layout[:-more]}
    return forward(self, header, tensors)


ops.Guest.do_trace, ops.Guest.do_forward = do_trace, do_forward
""",
}
