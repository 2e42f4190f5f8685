"""Loops for ever when its block is used."""

EXPECT = {"loses": "basic_block"}
BASE = "reference"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()

    def forward(self, x):
        while True:
            pass
""",
}
