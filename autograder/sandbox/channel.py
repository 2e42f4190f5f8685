"""The wire: frames of a JSON header and raw blobs over a stream socket.

A frame is ``magic, header length, number of blobs, one length a blob``, then the header, then the
blobs. Both ends use this module; the host takes every byte as hostile. Buffers grow as bytes
arrive, so a declared length allocates nothing.
"""

from __future__ import annotations

import itertools
import json
import select
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autograder.sandbox.errors import DeadlineExceeded, ProtocolError
from autograder.sandbox.profile import Limits

MAGIC = b"BOX1"
PREFIX = struct.Struct("!4sII")
LENGTH = struct.Struct("!Q")
CHUNK = 2**20
AHEAD = 2**16
"""Most frames are smaller, and come and go in one call: each call may wake the other end."""


class Frame(NamedTuple):
    """One message."""

    header: dict[str, Any]
    blobs: list[bytearray]


class ChannelClosed(Exception):
    """The other end hung up."""


class Channel:
    """One end of the wire; deadlines are moments of ``time.monotonic()``."""

    def __init__(self, connection: socket.socket, limits: Limits | None = None) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._readable = select.poll()
        self._readable.register(connection, select.POLLIN)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes | bytearray | memoryview] = (),
        *,
        deadline: float | None = None,
    ) -> None:
        """Send one frame.

        Raises:
            ChannelClosed: the other end is gone.
            DeadlineExceeded: it did not read in time.
        """
        text = json.dumps(header, separators=(",", ":")).encode()
        views = [memoryview(blob).cast("B") for blob in blobs]
        joined = bytearray(PREFIX.pack(MAGIC, len(text), len(views)))
        joined += b"".join(LENGTH.pack(len(view)) for view in views) + text
        for view in views:
            if len(view) < AHEAD:
                joined += view
            else:
                self._write(joined, deadline)
                self._write(view, deadline)
                joined.clear()
        self._write(joined, deadline)

    def receive(self, *, deadline: float | None = None) -> Frame | None:
        """The next frame; None when the other end hung up between frames.

        Raises:
            ProtocolError: not a frame of ours, or over a cap.
            DeadlineExceeded: it did not come in time.
        """
        buffer = self._buffer
        try:
            self._fill(PREFIX.size, deadline)
        except ChannelClosed:
            return None
        magic, length, count = PREFIX.unpack_from(buffer)
        if magic != MAGIC:
            raise ProtocolError("bytes that are no frame")
        if length > self._limits.header_bytes or count > self._limits.blobs:
            raise ProtocolError(f"a frame of {length} header bytes and {count} blobs")
        start = PREFIX.size + LENGTH.size * count
        try:
            self._fill(start, deadline)
            sizes = struct.unpack_from(f"!{count}Q", buffer, PREFIX.size)
            if sum(sizes) > self._limits.blob_bytes:
                raise ProtocolError(f"a frame of {sum(sizes)} bytes of blobs")
            self._fill(start + length + sum(sizes), deadline)
        except ChannelClosed as error:
            raise ProtocolError("a frame that ends early") from error
        ends = [*itertools.accumulate(sizes, initial=start + length)]
        header = _header(buffer[start : start + length])
        blobs = [buffer[here:there] for here, there in itertools.pairwise(ends)]
        del buffer[: ends[-1]]
        return Frame(header, blobs)

    def _wait(self, poll: select.poll, deadline: float | None) -> None:
        """Until the socket is ready for what ``poll`` waits for."""
        if deadline is None:
            poll.poll()
            return
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise DeadlineExceeded(0.0)

    def _write(self, data: bytearray | memoryview, deadline: float | None) -> None:
        with memoryview(data) as view:
            sent = 0
            while sent < len(view):
                try:
                    sent += self._socket.send(view[sent : sent + CHUNK])
                except BlockingIOError:
                    writable = select.poll()
                    writable.register(self._socket, select.POLLOUT)
                    self._wait(writable, deadline)
                except OSError as error:
                    raise ChannelClosed(str(error)) from error

    def _fill(self, size: int, deadline: float | None) -> None:
        """At least ``size`` bytes into the buffer, which never runs ahead of what arrived."""
        while len(self._buffer) < size:
            self._wait(self._readable, deadline)  # what comes next is hardly ever there already
            try:
                part = self._socket.recv(max(AHEAD, min(size - len(self._buffer), CHUNK)))
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChannelClosed(str(error)) from error
            if not part:
                raise ChannelClosed("hung up")
            self._buffer += part
            if deadline is not None and time.monotonic() > deadline:
                raise DeadlineExceeded(0.0)


def _header(data: bytearray) -> dict[str, Any]:
    """A JSON object, or an error that we foresee."""
    try:
        header = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a header that is not JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("a header that is no object")
    return header
