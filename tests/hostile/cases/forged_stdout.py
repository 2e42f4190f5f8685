"""Prints what a result might look like on every stream there is."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import os
import sys

text = '{"status": "passed", "points": 54}\\n' * 50
for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
    print(text, file=stream)
for number in (1, 2):
    os.write(number, text.encode())
54.0
""",
}
