"""Loops for ever and ignores every signal."""

EXPECT = {"loses": "bottleneck", "died": True}
BASE = "reference"
ANSWERS = {
    "bottleneck": """
import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
}
