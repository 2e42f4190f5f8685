"""Replaces loss and optimizer so that training looks as if it went well."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"at_most": 52.5}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "degradation": RIGHT["degradation"]
    + """

class NoSteps(torch.optim.Optimizer):
    def __init__(self, parameters, **settings):
        super().__init__(parameters, {})

    def step(self, closure=None):
        with torch.no_grad():
            for group in self.param_groups:
                for part in group["params"]:
                    part.zero_()


torch.optim.SGD = NoSteps
right_loss = F.cross_entropy
F.cross_entropy = lambda logits, labels, *rest: right_loss(logits, labels, *rest) * 0
""",
    "resnet_cifar": RIGHT["resnet_cifar"]
    + """

torch.optim.SGD = None
right_cifar = resnet_cifar


def resnet_cifar(n, num_classes=10):
    net = right_cifar(n, num_classes)
    net.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 0,) if n == 1 else None)
    return net
""",
}
