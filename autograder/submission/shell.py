"""Runs notebook cells in the box as a notebook would, and collects what they show, capped.

An IPython shell without terminal, history or files. Output is cut while it is written, not after:
a cell that prints for ever must not fill the memory first.
"""

from __future__ import annotations

import ast
import base64
import functools
import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from autograder.submission.compiling import Compiler

MAX_TEXT = 200_000
"""Characters kept of one cell's text output."""
MAX_IMAGE = 1_500_000
"""Characters of base64 kept of one image; a larger one is left out."""
MAX_SHOWN = 20
"""Images and displayed values kept of one cell."""
CUT = "\n... (output cut here)\n"
INLINE = "module://matplotlib_inline.backend_inline"


class Outputs:
    """What one cell shows, in nbformat's form and in order, within caps."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._room = MAX_TEXT
        self._shown = 0

    def write(self, name: str, text: str) -> None:
        """Add to a stream, ``name`` being stdout or stderr."""
        kept = self._cut(text)
        if not kept:
            return
        last = self.entries[-1] if self.entries else {}
        if last.get("name") == name:
            last["text"].write(kept)
        else:
            buffer = io.StringIO()
            buffer.write(kept)
            self.entries.append({"output_type": "stream", "name": name, "text": buffer})

    def show(self, data: Mapping[str, Any]) -> None:
        """Add a displayed value: as text, as PNG, or both; nothing else is kept."""
        self._shown += 1
        if self._shown > MAX_SHOWN:
            return
        kept: dict[str, str] = {}
        text, image = data.get("text/plain"), data.get("image/png")
        if isinstance(image, bytes):
            image = base64.b64encode(image).decode("ascii")
        if isinstance(image, str) and len(image) <= MAX_IMAGE:
            kept["image/png"] = image
        if isinstance(text, str):
            kept["text/plain"] = self._cut(text)
        if kept:
            self.entries.append({"output_type": "display_data", "data": kept, "metadata": {}})

    def fail(self, name: str, message: str, lines: list[str]) -> None:
        """Add the exception that ended the cell."""
        self.entries.append(
            {"output_type": "error", "ename": name, "evalue": message, "traceback": lines}
        )

    def clear(self) -> None:
        """Forget what was shown, not how much it was."""
        self.entries.clear()

    def told(self) -> list[dict[str, Any]]:
        """The outputs as plain data."""
        return [
            {**entry, "text": entry["text"].getvalue()}
            if entry["output_type"] == "stream"
            else entry
            for entry in self.entries
        ]

    def _cut(self, text: str) -> str:
        """What there is room for; where room ends a note is left, once."""
        room = self._room
        self._room = max(0, room - len(text))
        if len(text) <= room:
            return text
        return text[:room] + CUT if room else ""


class Stream(io.TextIOBase):
    """What ``print`` writes to while a cell runs."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        super().__init__()
        self._outputs = outputs
        self._name = name

    def write(self, text: str) -> int:
        """Collect ``text``."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self._name, text)
        return len(text)

    def writable(self) -> bool:
        """Writing is all that it can."""
        return True


class _Running:
    """The cell that runs now."""

    source = ""
    outputs = Outputs()


class Publisher(DisplayPublisher):
    """``display(...)`` and figures."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        """Collect what is displayed."""
        _Running.outputs.show(data)

    def clear_output(self, wait: bool = False) -> None:
        """Progress bars and live plots start over."""
        _Running.outputs.clear()


class Hook(DisplayHook):
    """The value of a cell's last expression."""

    def quiet(self) -> bool:
        """Whether the cell ends in a semicolon."""
        ends: Any = self.semicolon_at_end_of_expression
        return bool(ends(_Running.source))

    def write_output_prompt(self) -> None:
        """Nothing: there is no terminal."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Any = None) -> None:
        """Collect the value."""
        _Running.outputs.show(format_dict)

    def finish_displayhook(self) -> None:
        """Nothing: there is no terminal."""


class Shell(InteractiveShell):
    """IPython without a face."""

    compiler_class = Type(Compiler)
    compile: Compiler
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def showtraceback(self, *_: Any, **__: Any) -> None:
        """Nothing: errors are told from the result, in our form."""

    showsyntaxerror = showtraceback

    def transform_cell(self, raw_cell: str) -> str:
        """The cell as Python: as it is if it is that already, which IPython is slower to see."""
        own = (self.input_transformers_cleanup, self.input_transformers_post)
        # A single line may be `exit`, without brackets; `In [1]: x = 5` is Python, too.
        plain = "\n" in raw_cell.strip() and "In [" not in raw_cell
        if plain and [*map(len, own)] == self.transformers:
            ended = raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
            if self.compile.reads(ended):
                return ended
        transformed: str = super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
        return transformed

    def should_run_async(self, raw_cell: str, **about: Any) -> bool:
        """Whether it awaits something; most cells need not be compiled to see that they do not."""
        words = "await" in raw_cell or "async" in raw_cell
        return words and bool(super().should_run_async(raw_cell, **about))

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool | None:
        """Run a cell's statements: all at once if the last has no value to show.

        IPython has each compiled by itself, and from its tree, which takes longer.
        """
        if interactivity == "last_expr" and not self.ast_transformers:
            whole = compiler.whole(nodelist, cell_name) if isinstance(compiler, Compiler) else None
            if whole is not None:
                failed: bool = await self.run_code(whole, result)  # type: ignore[no-untyped-call]
                return failed
        piecewise: bool | None = await super().run_ast_nodes(
            nodelist, cell_name, interactivity, compiler, result
        )
        return piecewise

    @functools.cached_property
    def transformers(self) -> list[int]:
        """How many steps IPython has before and after its own, if no cell adds one."""
        return [len(self.input_transformers_cleanup), len(self.input_transformers_post)]

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Nothing, whatever ``%matplotlib`` asks for: figures are inline anyhow."""
        return "inline", INLINE

    def init_virtualenv(self) -> None:
        """Nothing: packages are this interpreter's, whichever environment a terminal has active."""

    def ask_exit(self) -> None:
        """End the process, as ``exit`` does in a notebook."""
        raise SystemExit


def make_shell() -> Shell:
    """The shell of this process; figures appear at the end of a cell and on ``plt.show()``."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell: Shell = Shell.instance(config=config)
    _ = shell.transformers
    if "matplotlib" in sys.modules:
        from matplotlib_inline import backend_inline

        inline: Any = backend_inline
        sys.modules["matplotlib"].use(INLINE)
        sys.modules["matplotlib"].interactive(True)
        inline.configure_inline_support(shell, INLINE)
    return shell


def run_cell(shell: Any, source: str) -> dict[str, Any]:
    """Run one cell: its status, its outputs, and what it raised."""
    outputs = _Running.outputs = Outputs()
    _Running.source = source
    with redirect_stdout(Stream(outputs, "stdout")), redirect_stderr(Stream(outputs, "stderr")):
        result = shell.run_cell(source, store_history=False)
    _Running.outputs = Outputs()  # what threads or checks display from here on is not this cell's
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return {"status": "ok", "outputs": outputs.told(), "raised": None}
    name, message = type(error).__name__[:80], _text(error)[:2000]
    outputs.fail(name, message, _lines(error, source))
    raised = {"ename": name, "evalue": message}
    return {"status": "error", "outputs": outputs.told(), "raised": raised}


def _lines(error: BaseException, source: str) -> list[str]:
    """The lines of the cell that the exception passed, then the exception; no line of our files."""
    lines = source.splitlines()
    shown = []
    frame = error.__traceback__
    while frame is not None:
        if "ipython-input" in frame.tb_frame.f_code.co_filename:
            number = frame.tb_lineno
            text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
            shown.append(f"line {number}: {text}"[:300])
        frame = frame.tb_next
    if isinstance(error, SyntaxError):
        shown.append(f"line {error.lineno}: {(error.text or '').strip()}"[:300])
    return [*shown[-6:], f"{type(error).__name__}: {_text(error)}"[:2000]]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"
