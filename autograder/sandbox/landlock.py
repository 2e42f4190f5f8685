"""Landlock through ctypes: what a child may write and read, whom it may signal, no TCP.

Documented in the kernel's ``userspace-api/landlock``; ABI 6 (Linux 6.12) added the scoping of
signals and abstract sockets, without which a child could kill its warm process: no level holds on
older kernels.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same numbers on every architecture
VERSION_FLAG = 1
PATH_BENEATH = 1
NEEDED_ABI = 6

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
ALL_FILES = (1 << 16) - 1  # execute to ioctl_dev, as of ABI 5
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # truncate, ioctl_dev
READ_RIGHTS = EXECUTE | READ_FILE | READ_DIR
TCP = 0b11  # bind, connect
SCOPES = 0b11  # abstract unix sockets, signals

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The kernel's Landlock version; 0 when there is none."""
    return max(0, int(_libc.syscall(CREATE, None, 0, VERSION_FLAG)))


def restrict(writable: Sequence[str], readable: Sequence[str] = ("/",)) -> None:
    """Confine this process and all that it will start; cannot be undone.

    It may write beneath ``writable`` and read beneath both lists; folders that do not exist are
    left out. It may signal only what it started itself, and use no TCP.

    Raises:
        OSError: the kernel refused.
    """
    attributes = struct.pack("=QQQ", ALL_FILES, TCP, SCOPES)
    ruleset = _call(CREATE, attributes, len(attributes), 0)
    try:
        for paths, rights in ((readable, READ_RIGHTS), (writable, ALL_FILES)):
            for path in paths:
                _allow(ruleset, path, rights)
        _call(RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= FILE_RIGHTS
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: int | bytes) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock call {number} failed: {os.strerror(code)}")
    return int(result)
