"""Reads what belongs to the machine and its owner."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import os

stolen = {}
for path in ("/etc/shadow", "/etc/passwd", "/proc/1/environ", "/root/.ssh/id_rsa", "/proc/1/root/etc/shadow"):
    try:
        stolen[path] = open(path, "rb").read()
    except OSError:
        pass
assert not stolen, stolen
assert "SECRET" not in str(os.environ)
""",
}
