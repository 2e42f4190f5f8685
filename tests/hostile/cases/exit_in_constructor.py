"""Ends its process with success whenever a block is made."""

EXPECT = {"loses": "basic_block"}
BASE = "reference"
ANSWERS = {
    "basic_block": """
import os


class BasicBlock(nn.Module):
    def __init__(self, *args):
        super().__init__()
        os._exit(0)
""",
}
