"""The command that starts a warm process, by level and by who starts it.

Started by root, bubblewrap sets up the mounts without a user namespace and drops to an unprivileged
user before Python starts; started by anybody else, it uses a user namespace. Either way the box
sees the interpreter, the installed packages, the system's libraries, our staged modules and sized
temporary folders, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from autograder.sandbox import devices, landlock
from autograder.sandbox.errors import BoxUnavailable
from autograder.sandbox.profile import Level, Profile

GUEST_ROOT = "/guest"
FIRST_UID = 2_000_000_000
"""Each box of a root-started grader gets a user of its own, so that process limits do not mix."""

INSTALL = "Install it (Debian, Ubuntu: sudo apt-get install bubblewrap util-linux) and try again."
USERNS = (
    "Unprivileged user namespaces seem forbidden. Ubuntu 24.04: install apparmor-profiles and "
    "enable bwrap-userns-restrict (sudo ln -s "
    "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/bwrap && "
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap). Docker: run with "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined, or as root inside a "
    "virtual machine."
)
KERNEL = (
    "Use Linux 6.12 or newer (`uname -r` tells yours) with Landlock switched on "
    "(`cat /sys/kernel/security/lsm` names it)."
)
SCRATCH = ("/tmp", "/dev/shm")
"""What a box may write, and what is wiped after each submission: nothing of the host goes there."""
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")


def environment(profile: Profile | None = None) -> dict[str, str]:
    """The whole environment of a box: no variable of the caller enters that no device needs."""
    return {
        **(devices.environment(profile) if profile else {}),
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def interpreter() -> Path:
    """The real interpreter, not a virtual environment's link to it."""
    return Path(os.path.realpath(sys.executable))


def packages() -> list[str]:
    """The folders of installed packages that the box imports from."""
    found = [sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    if sys.prefix == sys.base_prefix:
        found += site.getsitepackages()
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def in_scratch(folder: str) -> bool:
    """Whether a folder of the host lies where the box has its scratch space."""
    return any(folder == scratch or folder.startswith(f"{scratch}/") for scratch in SCRATCH)


def seen_as(folder: str) -> str:
    """The path in a box of a folder of installed packages: its own, or apart from the scratch.

    A checkout may lie below ``/tmp``. Mounted there, its packages would stand in the way of the
    wipe, and a submission could move the folder above them from under the next one.
    """
    return f"/packages{folder}" if in_scratch(folder) else folder


def readable_folders(staged: Path) -> list[str]:
    """All that a box needs to read of the host, beyond the system's folders."""
    prefixes = [sys.base_prefix, sys.base_exec_prefix, str(interpreter().parent)]
    folders = [*dict.fromkeys(prefixes), *packages(), str(staged)]
    return [path for path in folders if not path.startswith("/usr/") and path != "/usr"]


def command(profile: Profile, staged: Path, control: int, scratch: Path) -> list[str]:
    """What to execute for one warm process; ``control`` is its end of the control socket.

    Raises:
        BoxUnavailable: the level cannot be had on this machine.
    """
    devices.require(profile)
    if profile.level is not Level.NONE:
        _require_landlock(profile.level)
    if profile.level is Level.FULL:
        return [*_bubblewrap(profile, staged), *_python(profile, GUEST_ROOT, control, "/tmp")]
    if profile.level is Level.REDUCED:
        _require_ordinary_user()
    return _python(profile, str(staged), control, str(scratch))


def _python(profile: Profile, root: str, control: int, scratch: str) -> list[str]:
    full = profile.level is Level.FULL
    settings = {
        "control": control,
        "paths": [root, *(seen_as(path) if full else path for path in packages())],
        "guest": profile.guest,
        "warm_up": profile.warm_up,
        "limits": asdict(profile.limits),
        "level": profile.level,
        "wipe": [*SCRATCH] if full else [scratch],
        "nodes": devices.nodes(profile.device),
        "readable": [] if full else [*_system(profile.device), *readable_folders(Path(root))],
    }
    script = f"{root}/autograder/sandbox/warm.py"
    return [str(interpreter()), "-I", "-S", script, json.dumps(settings)]


def _system(device: str) -> list[str]:
    """What a process at level reduced may read of the system."""
    own = [
        "/dev/null",
        "/dev/zero",
        "/dev/urandom",
        "/dev/random",
        "/proc/self",
        "/proc/meminfo",
    ]
    return [
        "/usr",
        *SYSTEM_FOLDERS,
        *SYSTEM_FILES,
        *own,
        "/proc/cpuinfo",
        "/sys/devices/system/cpu",
        *devices.driver_folders(device),
        *(devices.DRIVER_REPORTS if device == "cuda" else ()),
    ]


def _require_landlock(level: Level) -> None:
    """Of the age that keeps signals in: bubblewrap does not keep a child from its warm process."""
    found = landlock.abi()
    if found < landlock.NEEDED_ABI:
        raise BoxUnavailable(
            level,
            f"level {level} needs Landlock ABI {landlock.NEEDED_ABI}, the kernel has "
            f"{f'ABI {found}' if found else 'none'}",
            KERNEL,
        )


def _require_ordinary_user() -> None:
    """For level reduced: nothing but Landlock is between a child and the files of its user."""
    if os.geteuid() == 0:
        raise BoxUnavailable(
            Level.REDUCED,
            "root's files and limits are not held by Landlock alone",
            "Run as an ordinary user, or install bubblewrap for level full.",
        )


def _bubblewrap(profile: Profile, staged: Path) -> list[str]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise BoxUnavailable(Level.FULL, "bubblewrap (bwrap) is not installed", INSTALL)
    if in_scratch(sys.base_prefix) or in_scratch(str(interpreter())):
        raise BoxUnavailable(
            Level.FULL,
            f"the Python interpreter lies below {' or '.join(SCRATCH)} ({interpreter()}), which is "
            "the box's own scratch space",
            "Use an interpreter elsewhere: PYTHON=/usr/bin/python3 make setup, in a fresh .venv.",
        )
    root = os.geteuid() == 0
    setpriv = shutil.which("setpriv")
    if root and setpriv is None:
        raise BoxUnavailable(Level.FULL, "setpriv (util-linux) is not installed", INSTALL)
    arguments = [bwrap, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net"]
    arguments += ["--unshare-ipc", "--unshare-uts", "--hostname", "box", "--unshare-cgroup-try"]
    if root:
        arguments += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            arguments += ["--cap-add", capability]
    else:
        arguments += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    arguments += _mounts(profile, staged)
    for name, value in environment(profile).items():
        arguments += ["--setenv", name, value]
    arguments += ["--chdir", "/tmp", "--"]
    if root:
        uid = str(FIRST_UID + os.getpid())
        arguments += [str(setpriv), "--reuid", uid, "--regid", uid, "--clear-groups"]
        arguments += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return arguments


def _mounts(profile: Profile, staged: Path) -> list[str]:
    """The box's file system; everything that can be written has a size."""
    limits = profile.limits
    arguments = ["--ro-bind", "/usr", "/usr"]
    for folder in SYSTEM_FOLDERS:
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    for path in SYSTEM_FILES:
        if os.path.exists(path):
            arguments += [*_parents(path), "--ro-bind", path, path]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for node in devices.nodes(profile.device):
        arguments += [*_parents(node), "--dev-bind", node, node]
    for folder in devices.driver_folders(profile.device):
        arguments += [*_parents(folder), "--ro-bind", folder, folder]
    arguments += ["--perms", "1777", "--size", str(limits.shm_bytes), "--tmpfs", "/dev/shm"]
    arguments += ["--remount-ro", "/dev"]
    arguments += ["--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", "/tmp"]
    for folder in readable_folders(staged):
        target = GUEST_ROOT if folder == str(staged) else seen_as(folder)
        arguments += [*_parents(target), "--ro-bind", folder, target]
    return [*arguments, "--remount-ro", "/"]


def _parents(path: str) -> list[str]:
    """The folders above a mount point, made so that the unprivileged user can pass."""
    arguments: list[str] = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", "/usr", "/tmp", "/dev"):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments


def stage(profile: Profile, folder: Path) -> None:
    """Copy the modules that the box may import, readable by everybody, below ``folder``."""
    folder.chmod(0o755)
    for module in profile.modules:
        source, target = profile.root / module, folder / module
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copyfile(source, target)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def describe_failure(output: str, returncode: int | None) -> tuple[str, str]:
    """Reason and remedy when the warm process did not come up."""
    text = " ".join(output.split())[-400:]
    reason = f"the box did not start (exit code {returncode}): {text or 'no message'}"
    lowered = text.lower()
    denied = ("operation not permitted", "permission denied", "no permissions", "uid map")
    if "bwrap" in lowered and any(word in lowered for word in denied):
        return reason, USERNS
    return reason, "Run `autograder doctor`, which tries each part and says what fails."


def arguments_for(words: Sequence[str]) -> str:
    """A command line for a message."""
    return " ".join(words)
