"""What runs in the box: student cells in IPython, then requests over the wire.

Started by the sandbox in a fresh child for each submission, as ``serve(channel)``. Nothing here is
secret and nothing it answers is evidence: student code shares its process.
"""

from __future__ import annotations

import base64
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

MAX_OUTPUT = 200_000
"""Characters of output kept of one cell; the rest is cut with a note."""

MAX_IMAGE = 1_500_000


class Channel(Protocol):
    """The guest's end of the wire."""

    def receive(self) -> tuple[dict[str, Any], Sequence[bytes]] | None:
        """The next request; None when the judge hung up."""

    def send(self, header: Mapping[str, Any], blobs: Sequence[Any] = ()) -> None:
        """Send a reply."""


def warm_up() -> None:
    """Import and exercise, once, what every child would otherwise pay for.

    One thread only, set before the first operation: a process that ever ran a two-threaded
    operation cannot be forked safely.
    """
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    import matplotlib
    import torch._dynamo

    matplotlib.use("agg")
    import matplotlib.pyplot
    import torch.nn.functional as F
    from torch.nn.utils import parametrize  # noqa: F401

    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.LazyLinear(2)
    )
    x = torch.zeros(2, 1, 4, 4)
    F.cross_entropy(model(x), torch.tensor([0, 1]))
    torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    _shell()


def _shell() -> Any:
    """The one IPython shell of this process; made before the fork, used after it."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoindent = False
    config.InteractiveShell.cache_size = 0
    shell = InteractiveShell.instance(config=config)
    # Errors come from the result object, in our form; IPython's own rendering is slow and coloured.
    shell.showtraceback = shell.showsyntaxerror = shell.showindentationerror = _nothing
    return shell


def _nothing(*_: Any, **__: Any) -> None:
    """Show nothing."""


def serve(channel: Channel) -> None:
    """Answer requests until the judge hangs up."""
    from autograder.submission.codec import from_wire, to_wire
    from autograder.submission.ops import Guest
    from autograder.submission.surroundings import quiet

    sys.modules["checker"] = _checker()
    shell = _shell()
    namespace = shell.user_ns
    guest = Guest(namespace)
    while True:
        request = channel.receive()
        if request is None:
            return
        header, blobs = request
        if header["op"] == "run":
            channel.send({**_run_cell(shell, header["source"]), "id": header["id"]})
            continue
        tensors = [from_wire(one, blob) for one, blob in zip(header["tensors"], blobs, strict=True)]
        with quiet():
            reply, back = guest.handle(header, tensors)
        wired = [to_wire(tensor) for tensor in back]
        reply |= {"tensors": [described for described, _ in wired], "id": header["id"]}
        channel.send(reply, [blob for _, blob in wired])


def _checker() -> types.ModuleType:
    """What `from checker import check` finds in the box: grading runs the checks by itself."""
    module = types.ModuleType("checker")

    def check(question: str) -> None:
        """Do nothing: the judge runs this question's checks."""

    module.check = check  # type: ignore[attr-defined]
    return module


def _run_cell(shell: Any, source: str) -> dict[str, Any]:
    """Run one cell; its outputs in nbformat's form, capped."""
    from IPython.utils.capture import capture_output

    start = time.perf_counter()
    with capture_output() as captured:
        result = shell.run_cell(source, store_history=False, silent=False)
        _flush_figures(captured)
    outputs = _outputs(captured, result)
    reply: dict[str, Any] = {"status": "ok", "outputs": outputs, "tensors": []}
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        reply["status"] = "error"
        reply["error"] = None
        reply["raised"] = {"ename": type(error).__name__[:80], "evalue": _text(error)[:2000]}
        outputs.append(
            {"output_type": "error", "ename": reply["raised"]["ename"],
             "evalue": reply["raised"]["evalue"], "traceback": _traceback(error, source)}
        )  # fmt: skip
    reply["seconds"] = time.perf_counter() - start
    return reply


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return "(cannot be shown)"


def _traceback(error: BaseException, source: str) -> list[str]:
    """The line of the cell that raised, and the exception; no more of our files than that."""
    lines = source.splitlines()
    shown = []
    frame = error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if "ipython-input" in name or "ipykernel" in name:
            number = frame.tb_lineno
            text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
            shown.append(f"line {number}: {text}"[:300])
        frame = frame.tb_next
    if isinstance(error, SyntaxError):
        shown.append(f"line {error.lineno}: {(error.text or '').strip()}"[:300])
    return [*shown[-6:], f"{type(error).__name__}: {_text(error)[:2000]}"]


def _flush_figures(captured: Any) -> None:
    """Show open figures as the inline backend does at the end of a cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        return
    import io

    for number in pyplot.get_fignums()[:8]:
        buffer = io.BytesIO()
        pyplot.figure(number).savefig(buffer, format="png", dpi=72, bbox_inches="tight")
        image = base64.b64encode(buffer.getvalue()).decode("ascii")
        captured._outputs.append({"data": {"image/png": image, "text/plain": "<Figure>"}})
    pyplot.close("all")


def _outputs(captured: Any, result: Any) -> list[dict[str, Any]]:
    """Streams, then displays; text and PNG only, capped."""
    outputs: list[dict[str, Any]] = []
    room = MAX_OUTPUT
    for name, text in (("stdout", captured.stdout), ("stderr", captured.stderr)):
        if text:
            kept = text[:room] + ("\n... (cut)" if len(text) > room else "")
            outputs.append({"output_type": "stream", "name": name, "text": kept})
            room = max(0, room - len(text))
    for shown in captured._outputs[:20]:
        data = {}
        plain = shown["data"].get("text/plain")
        if isinstance(plain, str):
            data["text/plain"] = plain[:room]
        image = shown["data"].get("image/png")
        if isinstance(image, bytes):
            image = base64.b64encode(image).decode("ascii")
        if isinstance(image, str) and len(image) <= MAX_IMAGE:
            data["image/png"] = image
        if data:
            outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return outputs


Serve = Callable[[Channel], None]
