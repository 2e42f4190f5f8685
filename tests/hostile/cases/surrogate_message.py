"""Raises an exception whose message cannot be encoded and would steer a terminal."""

EXPECT = {"loses": "basic_block"}
BASE = "reference"
ANSWERS = {
    "basic_block": r"""
class BasicBlock(nn.Module):
    def __init__(self, *args, **kwargs):
        raise ValueError("\udc80\ud800 \x1b]0;owned\x07 \x1b[2J \x9b31m")
""",
}
