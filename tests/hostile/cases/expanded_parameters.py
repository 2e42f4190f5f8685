"""Parameters of a billion numbers that lie in one: whoever copies them runs out of memory."""

EXPECT = {"at_most": 2, "seconds": 120.0}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1).expand(2**33))
        self.register_buffer("mean", torch.zeros(1).expand(2**33))
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1)

    def forward(self, x):
        return self.conv(x) + self.weight[0] + self.mean[0]
""",
}
