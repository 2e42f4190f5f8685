"""Writes a frame on the wire that declares terabytes."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import os
import stat
import struct

for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            os.write(number, struct.pack("!4sII", b"BOX1", 2**32 - 1, 2**32 - 1) + b"x" * 9000)
    except OSError:
        pass
""",
}
