"""A trace function over every line that is executed, which changes what functions return."""

EXPECT = {"at_most": 2, "seconds": 120.0}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import sys
import threading


def watch(frame, event, argument):
    if "tensors" in frame.f_locals and isinstance(frame.f_locals["tensors"], list):
        frame.f_locals["tensors"].clear()
    if frame.f_code.co_name in ("encode", "handle", "pack") and event == "line":
        raise SystemExit("no")
    return watch


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        sys.settrace(watch)
        threading.settrace(watch)

    def forward(self, x):
        sys.settrace(watch)
        return x
""",
}
