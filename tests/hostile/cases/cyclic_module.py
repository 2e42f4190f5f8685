"""A module that contains itself, so that whoever goes through its parts never ends."""

EXPECT = {"at_most": 5, "seconds": 120.0}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        self.all = nn.ModuleList([self, nn.ModuleList([self])])
        self._modules["again"] = self

    def forward(self, x):
        return self.conv(x)
""",
}
