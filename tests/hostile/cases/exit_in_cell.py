"""Ends its process with success in the first answer."""

EXPECT = {"loses": "basic_block", "died": True}
BASE = "reference"
ANSWERS = {
    "basic_block": """
import os

os._exit(0)
""",
}
