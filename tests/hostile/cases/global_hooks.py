"""Hooks on every module there is, which make all outputs zero and keep what they saw."""

EXPECT = {"at_most": 21}
BASE = "reference"
ANSWERS = {
    "basic_block": """
seen = []


def nothing(module, inputs, output):
    seen.append(inputs)
    return output * 0


torch.nn.modules.module.register_module_forward_hook(nothing)
torch.nn.modules.module.register_module_full_backward_hook(lambda module, *rest: seen.append(rest))


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1)

    def forward(self, x):
        return self.conv(x)
""",
}
