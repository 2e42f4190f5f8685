"""Guests for the sandbox's tests: what runs in the box. Standard library only."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import socket
import time
import traceback
from typing import Any


def serve(channel: Any) -> None:
    """Execute what is asked (``code``) and answer with its ``result``, or do as told otherwise."""
    names: dict[str, Any] = {
        "os": os, "socket": socket, "signal": signal, "time": time, "random": random,
        "channel": channel,
    }  # fmt: skip
    while (frame := channel.receive()) is not None:
        header, blobs = frame
        answer: dict[str, Any] = {"id": header["id"]}
        names["blobs"] = blobs
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(header["code"], names)
            answer["result"] = names.get("result")
        except Exception:
            answer["error"] = traceback.format_exc(limit=1)
        channel.send(answer, names.pop("back", []))


def warm_up() -> None:
    """What a warm process may leave behind for its children."""
    random.seed(99)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    del reader
