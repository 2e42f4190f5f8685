"""A module inside a module inside a module, ten thousand times."""

EXPECT = {"at_most": 2, "seconds": 120.0}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        inner = self.conv
        for _ in range(10_000):
            outer = nn.Module()
            outer.inner = inner
            inner = outer
        self.inner = inner

    def forward(self, x):
        return self.conv(x)
""",
}
