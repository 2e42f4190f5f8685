"""Returns its input, its weights and one buffer for everything."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"at_most": 3}
BASE = "stub"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "padded_shortcut": """

class PaddedShortcut(nn.Module):
    kept = torch.zeros(10**6)

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        if self.out_channels == x.shape[1] and self.stride == 1:
            x.mul_(2)
            return x
        height, width = -(-x.shape[2] // self.stride), -(-x.shape[3] // self.stride)
        shape = (len(x), self.out_channels, height, width)
        return torch.as_strided(self.kept.to(x.dtype), shape, (0, 0, 0, 0))
""",
}
