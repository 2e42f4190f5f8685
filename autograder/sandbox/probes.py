"""The guest of the probe: tries, in a real box, what must not work. Needs no torch.

Each attempt answers with what happened; the host decides what that means.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox.channel import Channel

MIB = 2**20


def serve(channel: Channel) -> None:
    """Carry out one attempt a request."""
    while (frame := channel.receive()) is not None:
        header = frame.header
        try:
            answer = ATTEMPTS[header["attempt"]](header)
        except OSError as error:
            answer = f"refused: {error.strerror}"
        except MemoryError:
            answer = "refused: out of memory"
        channel.send({"answer": answer, "id": header["id"]})


def _read(header: dict[str, Any]) -> str:
    for path in header["paths"]:
        try:
            with open(path, "rb") as file:
                file.read(1)
            return f"read {path}"
        except OSError:
            continue
    return "refused: none of them can be read"


def _write(header: dict[str, Any]) -> str:
    for folder in header["folders"]:
        try:
            path = Path(folder) / "box-was-here"
            path.write_text("x", encoding="ascii")
            path.unlink()
            return f"wrote in {folder}"
        except OSError:
            continue
    return "refused: nothing of it can be written"


def _connect(header: dict[str, Any]) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(1)
        attempt.connect(("127.0.0.1", header["port"]))
    return "connected"


def _processes(header: dict[str, Any]) -> str:
    others = [name for name in os.listdir("/proc") if name.isdigit()]
    return f"sees {len(others)} processes" if len(others) > 6 else "refused: only its own"


def _environment(header: dict[str, Any]) -> str:
    with open("/proc/1/environ", "rb") as file:
        return f"read {len(file.read())} bytes"


def _signal(header: dict[str, Any]) -> str:
    os.kill(os.getppid(), 0)
    os.kill(os.getppid(), 18)  # SIGCONT: harmless where it works
    return "signalled its parent"


def _trace(header: dict[str, Any]) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "attached to its parent"


def _memory(header: dict[str, Any]) -> str:
    kept = bytearray(header["bytes"])
    return f"allocated {len(kept) // MIB} MiB"


def _fork(header: dict[str, Any]) -> str:
    children = []
    try:
        for _ in range(header["count"]):
            pid = os.fork()
            if pid == 0:
                try:
                    signal_pause()
                finally:
                    os._exit(0)
            children.append(pid)
    except OSError:
        return f"refused: stopped after {len(children)} processes"
    return f"made {len(children)} processes"


def signal_pause() -> None:
    """Sleep until killed."""
    import signal

    signal.pause()


def _fill(header: dict[str, Any]) -> str:
    written = 0
    block = b"\0" * MIB
    with open("/tmp/fill", "wb") as file:
        while written < header["bytes"]:
            written += file.write(block)
            file.flush()
    return f"wrote {written // MIB} MiB"


def _root(header: dict[str, Any]) -> str:
    os.setuid(0)
    return "became root"


def _namespace(header: dict[str, Any]) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "made a user namespace"


ATTEMPTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "read": _read,
    "write": _write,
    "connect": _connect,
    "processes": _processes,
    "environment": _environment,
    "signal": _signal,
    "trace": _trace,
    "memory": _memory,
    "fork": _fork,
    "fill": _fill,
    "root": _root,
    "namespace": _namespace,
}
