"""Searches its own process for anything of the judge."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import gc
import sys

for thing in gc.get_objects():
    kind = type(thing).__name__
    if kind in ("Judge", "Sitting", "Case", "Session", "Answers"):
        raise SystemExit(f"found a {kind}")
for name in list(sys.modules):
    if "hidden" in name and "autograder" in name or name.startswith("solutions"):
        globals().update(vars(sys.modules[name]))
frame = sys._getframe()
while frame is not None:
    if "oracle" in frame.f_locals:
        BasicBlock = frame.f_locals["oracle"]
    frame = frame.f_back
""",
}
