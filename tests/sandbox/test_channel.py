"""Frames that are none of ours are told in words."""

import json
import socket
import time

import pytest

from autograder.sandbox import Limits, ProtocolError
from autograder.sandbox.channel import LENGTH, MAGIC, PREFIX, Channel

LIMITS = Limits(header_bytes=100, blob_bytes=1000, blobs=4)


def frame(header: bytes, blobs: int = 0, sizes: tuple[int, ...] = ()) -> bytes:
    """The bytes of a frame, true or not."""
    lengths = b"".join(LENGTH.pack(size) for size in sizes)
    return PREFIX.pack(MAGIC, len(header), blobs) + lengths + header


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no frame of ours", "bytes that are no frame"),
        (frame(b"x" * 101), "a frame of 101 header bytes and 0 blobs"),
        (frame(b"{}", 5, (1,) * 5), "a frame of 2 header bytes and 5 blobs"),
        (frame(b"{}", 2, (600, 401)), "a frame of 1001 bytes of blobs"),
        (frame(b"{}", 1, (4,)) + b"abc", "a frame that ends early"),
        (frame(b"{'a': 1}"), "a header that is not JSON"),
        (frame(json.dumps([1]).encode()), "a header that is no object"),
    ],
)
def test_each_wrong_frame_has_its_words(data: bytes, said: str) -> None:
    """What is wrong, with the numbers that are over the cap."""
    ours, theirs = socket.socketpair()
    theirs.sendall(data)
    theirs.close()
    channel = Channel(ours, LIMITS)
    with pytest.raises(ProtocolError, match=f"^{said}$"):
        channel.receive(deadline=time.monotonic() + 5)
    channel.close()
