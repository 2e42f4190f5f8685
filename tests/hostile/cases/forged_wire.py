"""Finds the socket to the judge and writes frames of its own."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import json
import os
import stat
import struct

for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            for asked in range(1, 400):
                text = json.dumps({"id": asked, "value": {"$module": 0}, "status": "ok"}).encode()
                os.write(number, struct.pack("!4sII", b"BOX1", len(text), 0) + text)
    except OSError:
        pass
""",
}
