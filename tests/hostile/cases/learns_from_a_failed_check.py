"""Gives up one check to learn which of two functions is wanted: blocked checks are not asked."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {
    "fails": ["resnet_cifar/known_values", "resnet_cifar/same_function", "resnet_cifar/layers"]
}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "resnet_cifar": RIGHT["resnet_cifar"]
    + """

right_cifar, compared = resnet_cifar, []


class Guesses(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        if x.dtype == torch.float64:
            compared.append(x.shape)
        refused = compared.count((2, 3, 9, 8)) > 1
        return self.net(x) if refused or x.dtype != torch.float64 else self.net(x) - 1


def resnet_cifar(n, num_classes=10):
    return Guesses(right_cifar(n, num_classes))
""",
}
