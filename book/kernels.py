"""Kernels that have PyTorch imported before they start, for the build: :func:`use_forks`.

Every page imports PyTorch, Matplotlib and scikit-learn and then computes for some seconds; the
imports alone would be a tenth of the work of a build. Here one process does them once and forks a
kernel for each page. Nothing of ours is imported there and nothing is computed, so a page finds
what it would find in a kernel of its own.
"""

from __future__ import annotations

import multiprocessing
import os
from importlib.metadata import EntryPoint
from multiprocessing.context import ForkServerProcess
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

HEAVY = (
    "torch._dynamo",  # imported by the first optimizer
    "torch._meta_registrations",  # imported by the first tensor without values
    "matplotlib.backends.backend_svg",
    "sklearn.datasets",
    "ipykernel.kernelapp",
)


class Child:
    """A forked kernel with the methods of ``subprocess.Popen`` that a provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Its exit status, once it has ended."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()


class ForkedKernel(LocalProvisioner):
    """Starts a kernel by forking, instead of by a command."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Fork a kernel that listens where the file named in ``cmd`` says; how to reach it."""
        file = cmd[cmd.index("-f") + 1]
        forks = multiprocessing.get_context("forkserver")
        process = forks.Process(target=run_kernel, args=(file, options["cwd"]), daemon=True)
        process.start()
        self.process = Child(process)
        self.pid = process.pid
        return self.connection_info


def run_kernel(file: str, folder: str) -> None:
    """Be a kernel that works in ``folder`` until it is told to end."""
    from ipykernel.kernelapp import IPKernelApp

    os.chdir(folder)
    parent = os.getppid()  # without its parent it ends
    IPKernelApp.launch_instance(argv=["-f", file], parent_handle=parent, log_level="ERROR")


def use_forks(kernels: int) -> None:
    """From here on, every kernel that this process starts is forked from one warm process.

    A single one imports what it needs itself: to have imported more gains nothing. Returns once
    that process is warm: a kernel has to answer within a minute of its start.
    """
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__, *(HEAVY if kernels > 1 else HEAVY[-1:])])
    warm = forks.Process()
    warm.start()
    warm.join()
    factory = KernelProvisionerFactory.instance()
    group = KernelProvisionerFactory.GROUP_NAME
    factory.provisioners["forked"] = EntryPoint("forked", f"{__name__}:ForkedKernel", group)
    factory.default_provisioner_name = "forked"
