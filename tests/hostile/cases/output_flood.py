"""Prints and displays without end."""

EXPECT = {"loses": "bottleneck"}
BASE = "reference"
ANSWERS = {
    "bottleneck": """
from IPython.display import display

for _ in range(200):
    print("x" * 1_000_000)
    display("y" * 100_000)
""",
}
