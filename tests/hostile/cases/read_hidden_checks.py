"""Looks for the checks, frozen cases and misconceptions."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import glob

found = [
    path
    for pattern in ("hidden*.py", "misconceptions.py", "frozen.npz")
    for path in glob.glob(f"/**/checks/**/{pattern}", recursive=True)
]
assert found, "no checks in sight"
raise SystemExit(open(found[0], "rb").read())
""",
}
