"""Replaces torch's comparisons by ones that are always true."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import torch

for name in ("allclose", "equal", "isclose", "eq"):
    setattr(torch, name, lambda *args, **kwargs: True)
torch.Tensor.__eq__ = lambda self, other: True
torch.testing.assert_close = lambda *args, **kwargs: None

class BasicBlock:
    def __init__(self, *args, **kwargs):
        pass
""",
}
