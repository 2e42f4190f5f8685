"""Opens files, pipes and sockets until there are no more to be had."""

EXPECT = {"at_most": 2}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import os
import socket

held = []
try:
    while True:
        held += [*os.pipe(), open("/tmp/x" + str(len(held)), "w"), *socket.socketpair()]
except OSError:
    pass
""",
}
