"""Has the right number of parameters in one tensor, and a forward that gives the right shape."""

EXPECT = {"at_most": 3}
BASE = "stub"
ANSWERS = {
    "resnet50": """
class Fake(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes
        self.everything = nn.Parameter(torch.empty(25_557_032))

    def forward(self, x):
        return torch.zeros(len(x), self.num_classes)


def resnet50(num_classes=1000, width=64):
    return Fake(num_classes)
""",
}
