"""Returns NaN, hoping that nothing differs from it."""

EXPECT = {"at_most": 2}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        x = x[:, :1, :: self.stride, :: self.stride].expand(-1, self.out_channels, -1, -1)
        return torch.full_like(x, float("nan"))
""",
}
