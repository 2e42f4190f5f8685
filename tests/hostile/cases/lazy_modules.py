"""Layers that have no shapes before their first use, whatever may be asked of them before."""

EXPECT = {"points": 40}
BASE = "reference"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.LazyConv2d(out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.LazyBatchNorm2d()
        self.conv2 = nn.LazyConv2d(out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.LazyBatchNorm2d()
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.LazyConv2d(out_channels, 1, stride, bias=False), nn.LazyBatchNorm2d()
            )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))
""",
}
