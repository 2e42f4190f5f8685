"""Looks for the reference answers by name and by search."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import glob
import importlib
import sys

found = glob.glob("/**/solutions/resnet.py", recursive=True) + glob.glob("/**/answers/resnet.py", recursive=True)
sys.path += [path.rsplit("/", 2)[0] for path in found]
for name in ("solutions.resnet", "solutions.answers.resnet"):
    globals().update(vars(importlib.import_module(name)))
""",
}
