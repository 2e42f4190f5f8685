"""Phones home over every kind of socket."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import socket

reached = []
for family, address in (
    (socket.AF_INET, ("127.0.0.1", 22)),
    (socket.AF_INET, ("192.0.2.1", 80)),
    (socket.AF_INET6, ("::1", 22)),
):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.settimeout(1)
            attempt.connect(address)
            reached.append(address)
    except OSError:
        pass
assert not reached
""",
}
