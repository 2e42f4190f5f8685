"""Raises SystemExit and KeyboardInterrupt where an answer is expected."""

EXPECT = {"loses": "basic_block"}
BASE = "reference"
ANSWERS = {
    "basic_block": """
class BasicBlock(nn.Module):
    def __init__(self, *args):
        super().__init__()
        raise KeyboardInterrupt


raise SystemExit(0)
""",
}
