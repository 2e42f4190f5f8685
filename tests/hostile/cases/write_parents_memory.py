"""Writes into the memory of the process that it was forked from."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import os

with open(f"/proc/{os.getppid()}/mem", "r+b", buffering=0) as memory:
    for line in open(f"/proc/{os.getppid()}/maps"):
        start = int(line.split("-")[0], 16)
        memory.seek(start)
        memory.write(b"\\0" * 4096)
""",
}
