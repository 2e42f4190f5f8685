"""A seccomp filter, assembled here: which parts of the kernel a child cannot reach.

Denied calls fail with an error instead of killing, so that a library that probes for a feature
goes on without it. Sockets are allowed for AF_UNIX alone: PyTorch's DataLoader workers need those.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

LOAD_WORD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
PR_SET_DUMPABLE = 4
AF_UNIX = 1
X32_BIT = 0x40000000
NAMESPACE_FLAGS = (
    0x7E020080  # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
)

# name: (x86_64, aarch64); None where an architecture has no such call
DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "unshare": (272, 97), "setns": (308, 268),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "fanotify_init": (300, 262), "quotactl": (179, 60),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "syslog": (103, 116),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "personality": (135, 92),
    "vhangup": (153, 58), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "setpriority": (141, 140), "ioprio_set": (251, 30),
}  # fmt: skip

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR, _PRCTL, _PRLIMIT = (
    (56, 220),
    (435, 435),
    (41, 198),
    (53, 199),
    (157, 167),
    (302, 261),
)


class Unsupported(OSError):
    """There is no filter for this machine's architecture."""


def program(machine: str | None = None) -> bytes:
    """The filter for ``machine`` (this one by default) as packed BPF instructions.

    Raises:
        Unsupported: an architecture whose call numbers are not listed here.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        known = ", ".join(_ARCHITECTURES)
        raise Unsupported(errno.ENOSYS, f"no seccomp filter for {machine!r}; there are: {known}")
    column, architecture = _ARCHITECTURES[machine]
    code = [
        _load(ARCHITECTURE),
        _jump(JUMP_EQUAL, architecture, 1, 0),
        _return(KILL),
        _load(NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls are the same kernel by other numbers
        code += [_jump(JUMP_GREATER_EQUAL, X32_BIT, 0, 1), _return(ERRNO | errno.ENOSYS)]
    # clone3's flags lie in memory where a filter cannot see them: glibc falls back to clone
    code += [_jump(JUMP_EQUAL, _CLONE3[column], 0, 1), _return(ERRNO | errno.ENOSYS)]
    for numbers in DENIED.values():
        number = numbers[column]
        if number is not None:
            code += [_jump(JUMP_EQUAL, number, 0, 1), _return(ERRNO | errno.EPERM)]
    code += _when(_CLONE[column], _jump(JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1), errno.EPERM)
    code += _when(_PRCTL[column], _jump(JUMP_EQUAL, PR_SET_DUMPABLE, 0, 1), errno.EPERM)
    # one's own limits, by process number 0: the warm process would hand its own down to everybody
    code += _when(_PRLIMIT[column], _jump(JUMP_EQUAL, 0, 1, 0), errno.EPERM)
    for call in (_SOCKET, _SOCKETPAIR):
        code += _when(call[column], _jump(JUMP_EQUAL, AF_UNIX, 1, 0), errno.EAFNOSUPPORT)
    return b"".join([*code, _return(ALLOW)])


def _when(number: int, test: bytes, error: int) -> list[bytes]:
    """If the call is ``number``, look at its first argument: ``test`` decides on the error."""
    return [
        _jump(JUMP_EQUAL, number, 0, 4),
        _load(FIRST_ARGUMENT),
        test,
        _return(ERRNO | error),
        _load(NUMBER),
    ]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", LOAD_WORD, 0, 0, offset)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", kind, if_true, if_false, value)


def _return(value: int) -> bytes:
    return struct.pack("=HBBI", RETURN, 0, 0, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def no_new_privileges() -> None:
    """No program that this process starts gains privileges from its file."""
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def install(packed: bytes) -> None:
    """Filter this process and all that it will start; cannot be undone.

    Raises:
        OSError: the kernel refused.
    """
    no_new_privileges()
    libc = ctypes.CDLL(None, use_errno=True)
    loaded = _Program(len(packed) // 8, packed)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(loaded), 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"the seccomp filter was refused: {os.strerror(code)}")
