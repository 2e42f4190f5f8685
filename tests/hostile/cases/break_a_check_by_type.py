"""Gives a shortcut's values as truth values, on which arithmetic breaks."""

EXPECT = {"at_most": 3}
BASE = "stub"
ANSWERS = {
    "padded_shortcut": """
class PaddedShortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.out_channels - x.shape[1])).bool()
""",
}
