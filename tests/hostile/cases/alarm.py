"""A timer that raises into whatever runs, ours included."""

EXPECT = {"at_most": 50, "seconds": 120.0}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import signal


def interrupt(*_):
    raise KeyboardInterrupt("now")


signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.0005)
""",
}
