"""A box as the host sees it: a warm process, and one child of it at a time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

from autograder.sandbox import launch
from autograder.sandbox.channel import Channel, ChannelClosed
from autograder.sandbox.errors import (
    MAKE_ROOM,
    BoxDied,
    BoxError,
    BoxUnavailable,
    DeadlineExceeded,
    ProtocolError,
)
from autograder.sandbox.folder import HeldFolder
from autograder.sandbox.profile import Level, Profile

START_SECONDS = 90.0
CONTROL_SECONDS = 20.0


class Reply(NamedTuple):
    """What a child answered."""

    header: dict[str, Any]
    blobs: list[bytearray]


class Box:
    """One warm process behind one wall. Start it from a thread that outlives it.

    ``with Box(profile) as box: child = box.fork()``. A warm process that died between children is
    started again by the next :meth:`fork`.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._errors: IO[bytes] | None = None
        self._folder: HeldFolder | None = None
        self._child: Child | None = None
        self.starts = 0
        """How many warm processes this box has had."""

    def __enter__(self) -> Box:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Stage the modules and start the warm process.

        Raises:
            BoxUnavailable: this machine cannot hold a box of this level.
        """
        self.close()
        try:
            self._folder = HeldFolder()
            self._launch(self._folder.path)
        except OSError as error:
            self.close()
            raise BoxUnavailable(
                self.profile.level,
                f"its files cannot be written ({error})",
                MAKE_ROOM,
            ) from error
        except BaseException:
            self.close()
            raise
        self.starts += 1

    def _launch(self, folder: Path) -> None:
        staged, scratch = folder / "guest", folder / "tmp"
        staged.mkdir()
        scratch.mkdir()
        folder.chmod(0o755)
        launch.stage(self.profile, staged)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._errors = open(folder / "errors", "w+b")  # noqa: SIM115 - lives as long as the box
        with theirs:
            words = launch.command(self.profile, staged, theirs.fileno(), scratch)
            # At level full the environment enters by bubblewrap's arguments alone, since its own
            # can be read in /proc/1/environ of the box.
            full = self.profile.level is Level.FULL
            self._process = subprocess.Popen(
                words,
                env={} if full else {**launch.environment(self.profile), "HOME": str(scratch)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                start_new_session=not full,
                cwd="/",
            )
        try:
            ready = self._hear(START_SECONDS)
        except BoxError as error:
            raise self._failed() from error
        if ready.get("ready") is not True:
            raise self._failed()

    def _failed(self) -> BoxUnavailable:
        """Why the warm process did not come up."""
        assert self._process is not None
        assert self._errors is not None
        self._process.kill()
        code = self._process.wait()
        self._errors.seek(0)
        output = self._errors.read(20_000).decode("utf-8", "replace")
        return BoxUnavailable(self.profile.level, *launch.describe_failure(output, code))

    def fork(self) -> Child:
        """A fresh child; the one before is killed first.

        Raises:
            BoxUnavailable: the warm process is gone and cannot be started again.
        """
        if self._child is not None:
            self._child.kill()
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self.start()
            try:
                self._child = self._fork()
                return self._child
            except BoxError:
                self._discard()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _fork(self) -> Child:
        assert self._control is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                socket.send_fds(self._control, [b'{"do":"fork"}'], [theirs.fileno()])
                answer = self._hear(CONTROL_SECONDS)
            except (OSError, BoxError) as error:
                ours.close()
                raise BoxDied(f"the warm process did not fork: {error}") from error
        if not isinstance(answer.get("pid"), int):
            ours.close()
            raise BoxDied("the warm process did not fork")
        return Child(self, Channel(ours, self.profile.limits))

    def clean(self, *, ended: bool) -> str:
        """Kill all that the child left, empty what it could write; how the child ended.

        ``ended`` says that it hung up by itself: then its end is waited for, to be told.
        """
        self._child = None
        if self._control is None:
            return "the box is closed"
        try:
            self._control.send(json.dumps({"do": "clean", "ended": ended}).encode())
            answer = self._hear(CONTROL_SECONDS)
        except (OSError, BoxError):
            self._discard()
            return "its whole box ended"
        if answer.get("left") != 0:
            self._discard()  # something would not die: take the namespace down with it
        return str(answer.get("ending") or "its process was stopped")

    def _hear(self, seconds: float) -> dict[str, Any]:
        """One message of the warm process."""
        assert self._control is not None
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise DeadlineExceeded(seconds)
        try:
            message = self._control.recv(4096)
        except OSError as error:
            raise BoxDied(str(error)) from error
        if not message:
            raise BoxDied("the warm process hung up")
        try:
            answer = json.loads(message)
        except ValueError as error:
            raise ProtocolError("the warm process said something that is not JSON") from error
        return answer if isinstance(answer, dict) else {}

    def _discard(self) -> None:
        """End the warm process and, with it, its pid namespace."""
        if self._process is not None and self._process.poll() is None:
            if self.profile.level is not Level.FULL:
                _kill_session(self._process.pid)
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._control is not None:
            self._control.close()
            self._control = None

    def close(self) -> None:
        """End everything and remove what was staged."""
        if self._child is not None:
            self._child.forget()
            self._child = None
        self._discard()
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self._folder is not None:
            self._folder.remove()
            self._folder = None


def _kill_session(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


class Child:
    """One confined process that serves requests."""

    def __init__(self, box: Box, channel: Channel) -> None:
        self._box = box
        self._channel: Channel | None = channel
        self._asked = 0
        self._ending = "its process was stopped"

    def request(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes | bytearray | memoryview] = (),
        *,
        deadline: float,
    ) -> Reply:
        """Ask one thing; the answer must come within ``deadline`` seconds of wall time.

        After any error the child is of no more use: kill it.

        Raises:
            BoxDied: it ended.
            DeadlineExceeded: it did not answer in time.
            ProtocolError: it answered with something else than a frame for this request.
        """
        if self._channel is None:
            raise BoxDied(self._ending)
        self._asked += 1
        until = time.monotonic() + deadline
        try:
            self._channel.send({**header, "id": self._asked}, blobs, deadline=until)
            frame = self._channel.receive(deadline=until)
        except ChannelClosed as error:
            self.kill(ended=True)
            raise BoxDied(self._ending) from error
        except DeadlineExceeded as error:
            raise DeadlineExceeded(deadline) from error
        if frame is None:
            self.kill(ended=True)
            raise BoxDied(self._ending)
        if frame.header.get("id") != self._asked:
            raise ProtocolError("an answer to something that was not asked")
        return Reply(frame.header, frame.blobs)

    def kill(self, *, ended: bool = False) -> None:
        """End it with all that it started; nothing of it is left. Twice is as good as once."""
        if self._channel is not None:
            self.forget()  # it may see that and leave by itself, which is our doing all the same
            how = self._box.clean(ended=ended)
            self._ending = how if ended else self._ending

    def forget(self) -> None:
        """Hang up without cleaning, for a box that is going away anyhow."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
