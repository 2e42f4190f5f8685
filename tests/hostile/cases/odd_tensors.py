"""Returns sparse, complex, quantised and meta tensors and huge expanded ones."""

EXPECT = {"at_most": 2}
BASE = "stub"
ANSWERS = {
    "basic_block": """
kinds = iter(range(10**9))


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()

    def forward(self, x):
        kind = next(kinds) % 5
        if kind == 0:
            return x.to_sparse()
        if kind == 1:
            return x.to(torch.complex64)
        if kind == 2:
            return torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8)
        if kind == 3:
            return x.to("meta")
        return torch.zeros(1).expand(2**40)
""",
}
