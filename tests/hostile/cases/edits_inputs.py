"""Overwrites what it is given, hoping that the expected values are computed from it afterwards."""

EXPECT = {"at_most": 3}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        with torch.no_grad():
            x.zero_()
            if x._base is not None:
                x._base.zero_()
            x.set_(torch.zeros_like(x))
        s = self.stride
        return x[:, :1, ::s, ::s].expand(-1, self.out_channels, -1, -1)
""",
}
