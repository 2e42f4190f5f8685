"""The transport over a box's wire: the same requests, carried as JSON and raw bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from torch import Tensor

from autograder.sandbox import BoxDied, Child, DeadlineExceeded, ProtocolError
from autograder.submission.errors import BadReply, StudentCrash, StudentTimeout
from autograder.submission.packing import pack, unpack

Reviver = Callable[[], Child]


class Lost(Protocol):
    """Told whenever a request cost the child its life."""

    def __call__(self, *, timeout: bool) -> None:
        """Say whether it was for want of an answer in time."""


class BoxedTransport:
    """Asks a child of a box; gets a new child from ``revive`` when the last request cost it one.

    ``deadline`` gives the wall-clock limit of the next request in seconds, held on this side; with
    no time left nothing is asked any more. ``device`` is where networks are to be trained.
    """

    def __init__(
        self,
        child: Child,
        *,
        deadline: Callable[[], float],
        revive: Reviver | None = None,
        lost: Lost | None = None,
        device: str = "cpu",
    ) -> None:
        self._child: Child | None = child
        self._deadline = deadline
        self._revive = revive
        self._told = lost
        self.generation = 0
        self.device = device

    @property
    def child(self) -> Child | None:
        """The living child, if there is one."""
        return self._child

    def replace(self, child: Child | None) -> None:
        """Go on with another child."""
        self.generation += child is not self._child
        self._child = child

    def request(
        self, header: dict[str, Any], tensors: Sequence[Tensor]
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send one request.

        Raises:
            StudentCrash: the child's process ended, now or before, and no other could be had.
            StudentTimeout: no answer in time; the child is gone.
            BadReply: the answer is malformed; where its frame is, too, the child is gone.
        """
        seconds = self._deadline()
        if seconds <= 0:
            raise StudentTimeout(0.0)
        if self._child is None:
            if self._revive is None:
                raise StudentCrash("the submission's process has ended")
            self.replace(self._revive())
            assert self._child is not None
        described, blobs = pack(tensors)
        outgoing = {**header, "tensors": described}
        try:
            reply = self._child.request(outgoing, blobs, deadline=seconds)
            return reply.header, unpack(reply.header.get("tensors", []), reply.blobs)
        except DeadlineExceeded as error:
            self._lose(timeout=True)
            raise StudentTimeout(seconds) from error
        except BoxDied as error:
            self._lose(timeout=False)
            raise StudentCrash(str(error)) from error
        except ProtocolError as error:
            self._lose(timeout=False)
            raise BadReply(str(error)) from error

    def _lose(self, *, timeout: bool) -> None:
        if self._child is not None:
            self._child.kill()
        self.replace(None)
        if self._told is not None:
            self._told(timeout=timeout)
