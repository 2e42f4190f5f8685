"""What a hostile box may write: a stream of frames, read by the judge's end as in grading.

An input's first byte says what is asked, and whether modules are made with the first request to
them, as in grading; the rest are the bytes that come back. They go through a real socket, the
channel, the child, the transport, and what checks do with a reply.
"""

from __future__ import annotations

import functools
import json
import random
import socket
from typing import Any

from torch import Tensor, nn

from autograder.config import TimeLimits
from autograder.records import (
    CellRecord,
    CellRole,
    SubmissionRecord,
    SubmissionStatus,
    from_json,
    to_json,
)
from autograder.runner.kernel import Kernel
from autograder.sandbox import Child
from autograder.sandbox.channel import LENGTH, PREFIX, Channel
from autograder.submission import LocalTransport, Submission
from autograder.submission.packing import pack
from benchmarks.fuzz.mutate import Plain, mutated_json
from benchmarks.fuzz.scenes import NAMES, SCENES, Odd, Small, told

MAX_BYTES = 2**16
"""Fits into a socket's buffer, so that one thread can be both ends."""
LIMITS = TimeLimits()
DEFERRED = 128
"""Added to the number of a scene in which modules are made when they are first needed."""


class Box:
    """A box whose only child has already said all that it will say."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._ends: list[socket.socket] = []

    def fork(self) -> Child:
        """The child; a second one says nothing."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs.sendall(self._stream)
        theirs.shutdown(socket.SHUT_WR)
        self._stream = b""
        self._ends += [ours, theirs]
        return Child(self, Channel(ours))  # type: ignore[arg-type]

    def clean(self, *, ended: bool) -> str:
        """Nothing is left of it."""
        return "its process was stopped"

    def close(self) -> None:
        """Free the sockets."""
        for end in self._ends:
            end.close()


def _cells(kernel: Kernel) -> None:
    """Run two cells; how they ended can be kept and read again."""
    cells = []
    for source in ("x = 1", "x"):
        ran = kernel.run(source, "cell")
        cells.append(
            CellRecord(
                grade_id="cell", cell_type="code", role=CellRole.SOLUTION, source=source,
                status=ran.status, outputs=ran.outputs, error=ran.error,
            )
        )  # fmt: skip
    record = SubmissionRecord(
        student="s", assignment="a", status=SubmissionStatus.GRADED, key={}, sandbox="full",
        device="cpu", cells=tuple(cells), faults=kernel.faults,
    )  # fmt: skip
    text = to_json(record)
    assert from_json(text) == record, "a record that is read as another"
    assert len(text.encode()) < 20 * 2**20, "a record without bounds"


def play(data: bytes) -> None:
    """Ask as the first byte says, with the rest as the answers.

    Raises:
        Exception: whatever is no documented error of this layer.
    """
    data = data[: MAX_BYTES + 1]
    box = Box(data[1:])
    first = data[0] if data else 0
    scene = first % DEFERRED % (len(SCENES) + 1)
    try:
        kernel = Kernel(box, LIMITS)  # type: ignore[arg-type]
        if scene == len(SCENES):
            _cells(kernel)
        else:
            submission = Submission(kernel.transport, deferring=first >= DEFERRED)
            told(lambda: SCENES[scene](submission))
            told(submission.settle)
        kernel.close()
    finally:
        box.close()


# --- inputs ---------------------------------------------------------------------------------------


def frame(header: bytes, blobs: list[bytes]) -> bytes:
    """One frame, as the guest's end writes it."""
    sizes = b"".join(LENGTH.pack(len(blob)) for blob in blobs)
    return PREFIX.pack(b"BOX1", len(header), len(blobs)) + sizes + header + b"".join(blobs)


def frames(stream: bytes) -> list[tuple[bytes, list[bytes]]]:
    """The whole frames at the beginning of a stream."""
    found, at = [], 0
    while len(stream) >= at + PREFIX.size:
        _, length, count = PREFIX.unpack_from(stream, at)
        begin = at + PREFIX.size + LENGTH.size * count
        if len(stream) < begin + length:
            break
        sizes = [LENGTH.unpack_from(stream, at + PREFIX.size + LENGTH.size * n)[0]
                 for n in range(count)]  # fmt: skip
        at = begin + length + sum(sizes)
        if at > len(stream):
            break
        ends = [begin + length + sum(sizes[: n + 1]) for n in range(count)]
        blobs = [stream[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        found.append((stream[begin : begin + length], blobs))
    return found


class _Recorded:
    """A transport that notes what an honest guest answers."""

    generation = 0
    device = "cpu"

    def __init__(self, kind: type[nn.Module], *, guessed: bool) -> None:
        self._inner = LocalTransport({**NAMES, "Small": kind})
        self._guessed = guessed
        self.stream = b""
        self._asked = 0

    def request(self, header: dict[str, Any], tensors: Any) -> tuple[dict[str, Any], list[Tensor]]:
        """Answer, and note it."""
        self._asked += 1
        reply, back = self._inner.request(header, tensors)
        if header.get("layout") is not None and not self._guessed:
            made = {"made": reply["made"]} if "made" in reply else {}
            reply, back = {**made, "error": {"type": "ValueError", "message": "", "line": 0}}, []
        described, blobs = pack(back)
        text = json.dumps({**reply, "tensors": described, "id": self._asked}).encode()
        self.stream += frame(text, [bytes(blob) for blob in blobs])
        return reply, back


def valid() -> list[bytes]:
    """What an honest box answers in each scene, and what it tells of cells and of errors."""
    found = []
    for place, scene in enumerate(SCENES):
        for kind, guessed in ((Small, True), (Small, False), (Odd, False)):
            for later in (0, DEFERRED):
                recorded = _Recorded(kind, guessed=guessed)
                submission = Submission(recorded, deferring=bool(later))
                scene(submission)
                submission.settle()
                found.append(bytes([place + later]) + recorded.stream)
    image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": "1\n"},
        {"output_type": "display_data", "data": {"text/plain": "fig", "image/png": image}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
    ]
    ran = [
        {"id": 1, "status": "ok", "outputs": outputs, "seconds": 0.1, "tensors": []},
        {"id": 2, "status": "error", "raised": {"ename": "E", "evalue": "v"}, "tensors": []},
    ]
    error = {"id": 1, "error": {"type": "ValueError", "message": "m", "line": 3}, "tensors": []}
    found.append(
        bytes([len(SCENES)]) + b"".join(frame(json.dumps(one).encode(), []) for one in ran)
    )
    found.append(bytes([0]) + frame(json.dumps(error).encode(), []))
    return found


_valid = functools.cache(valid)
PLAIN = (
    None, True, 0, -1, 2**40, 2**63 - 1, 2**63, -(2**63), 10**30, 1.5, 1e308, float("nan"), "",
    "text", "\ud800", {"$tensor": 0}, {"$tensor": 1}, {"$module": 0}, {"$float": "inf"},
    {"$opaque": "set"},
)  # fmt: skip


def _object(header: bytes) -> dict[str, Any]:
    """A header's fields, none where it has none."""
    try:
        found = json.loads(header)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _document(rng: random.Random, depth: int = 0) -> Any:
    """A value as the guest might tell it, now and then one that it could not."""
    kind = rng.random()
    if kind < 0.5 or depth > 15:
        return rng.choice(PLAIN)
    parts = [_document(rng, depth + rng.choice((1, 1, 5))) for _ in range(rng.randint(0, 4))]
    if kind < 0.7:
        return parts
    if kind < 0.8:
        return {"$tuple": parts}
    return {"$dict": [[part, _document(rng, depth + 1)] for part in parts]}


def mutated(data: bytes, limit: int, rng: random.Random, plain: Plain) -> bytes:
    """A change to the bytes, to a header's JSON, to a blob, or to the order of frames."""
    if rng.random() < 0.15:  # what is whole gets further than what was shortened again and again
        data = rng.choice(_valid())
    parts = frames(data[1:])
    if not parts or rng.random() < 0.25:
        return plain(data, limit)
    number = rng.randrange(len(parts))
    header, blobs = parts[number]
    kind = rng.random()
    if kind < 0.15:
        header = json.dumps({**_object(header), "value": _document(rng)}).encode()
    elif kind < 0.7:
        header = mutated_json(header, rng) or header
    elif kind < 0.85 and blobs:
        place = rng.randrange(len(blobs))
        blobs = [*blobs]
        blobs[place] = plain(blobs[place], max(1, len(blobs[place]) + rng.choice((0, 0, 8))))
    elif kind < 0.9:
        parts.insert(number, parts[rng.randrange(len(parts))])
    else:
        header = plain(header, len(header) + 64)
    parts[number] = (header, blobs)
    scene = rng.randrange(len(SCENES) + 1) + DEFERRED * rng.randrange(2)
    first = data[:1] if rng.random() < 0.95 else bytes([scene])
    made = first + b"".join(frame(*part) for part in parts)
    return made if len(made) <= limit else plain(data, limit)
