"""Tells of tensors of other shapes than were used, and of gigantic ones."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"loses": "basic_block"}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "basic_block": RIGHT["basic_block"]
    + """
right_init = BasicBlock.__init__


def with_a_giant(self, *args, **kwargs):
    right_init(self, *args, **kwargs)
    self.giant = nn.Parameter(torch.empty(2**39, device="meta"))


BasicBlock.__init__ = with_a_giant
""",
    "bottleneck": RIGHT["bottleneck"]
    + """
plain_init = Bottleneck.__init__


def turned_round(self, *args, **kwargs):  # so that its layers have to be traced
    plain_init(self, *args, **kwargs)
    self._modules = dict(reversed(self._modules.items()))


Bottleneck.__init__ = turned_round

from autograder.submission import ops

right_trace, right_gradients = ops.Guest.do_trace, ops.Guest.do_gradients


def forged_trace(self, header, tensors):
    reply, back = right_trace(self, header, tensors)
    reply["state"]["shapes"] = [[2**40, 0] for _ in reply["state"]["shapes"]]
    return reply, back


def forged_gradients(self, header, tensors):
    return self._answer([torch.tensor(3)])


ops.Guest.do_trace, ops.Guest.do_gradients = forged_trace, forged_gradients
""",
}
