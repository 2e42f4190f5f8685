"""Overrides everything by which PyTorch tells what a module has."""

EXPECT = {"at_most": 3}
BASE = "stub"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.shape = out_channels, stride

    def named_parameters(self, *args, **kwargs):
        yield "weight", nn.Parameter(torch.zeros(self.shape[0], 4, 3, 3))

    def parameters(self, *args, **kwargs):
        return (p for _, p in self.named_parameters())

    def state_dict(self, *args, **kwargs):
        return {}

    def __eq__(self, other):
        return True

    __hash__ = nn.Module.__hash__

    def forward(self, x):
        channels, stride = self.shape
        return torch.zeros(len(x), channels, -(-x.shape[2] // stride), -(-x.shape[3] // stride), dtype=x.dtype)
""",
}
