"""Cells run as in a notebook; what they show is collected, in order and capped."""

from __future__ import annotations

import ast
import base64
import codeop
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import IPython
import pytest

from autograder.submission.shell import (
    CUT,
    MAX_IMAGE,
    MAX_SHOWN,
    MAX_TEXT,
    Outputs,
    Shell,
    Stream,
    make_shell,
    run_cell,
)


@pytest.fixture(scope="module")
def shell(tmp_path_factory) -> Iterator[Any]:
    """One shell, with its files out of the way; this process is afterwards as before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        patch.delitem(sys.modules, "matplotlib", raising=False)
        patch.setenv("VIRTUAL_ENV", "/another/environment")  # active in somebody's terminal
        yield make_shell()
        Shell.clear_instance()


@pytest.fixture
def run(shell) -> Callable[[str], dict[str, Any]]:
    """Run one cell."""
    return lambda source: run_cell(shell, source)


def shown(reply: dict[str, Any]) -> list[str]:
    """The texts of a reply's outputs."""
    return [
        entry["data"].get("text/plain", "") if "data" in entry else entry.get("text", "")
        for entry in reply["outputs"]
    ]


def test_packages_are_this_interpreters(shell):
    """Another environment that is active in the terminal lends no packages, and is no warning."""
    assert not [path for path in sys.path if path.startswith("/another/environment")]


# --- cells ---------------------------------------------------------------------------------------


def test_streams_and_values_in_order(run):
    """Prints, errors and the last value come in the order in which they came."""
    reply = run("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n'd'")
    assert reply["status"] == "ok"
    assert [entry.get("name") for entry in reply["outputs"]] == ["stdout", "stderr", "stdout", None]
    assert shown(reply) == ["a\n", "b\n", "c\n", "'d'"]


def test_semicolon_hides_the_value(run):
    """As in a notebook."""
    assert run("3;")["outputs"] == []


def test_names_live_on(run):
    """A cell sees what earlier cells defined."""
    run("answer = 42")
    assert shown(run("answer")) == ["42"]


@pytest.mark.parametrize(
    "source",
    ["%matplotlib inline", "%matplotlib widget", "%time 3", "get_ipython().magics_manager",
     "import asyncio\nawait asyncio.sleep(0)", "from IPython.display import display\ndisplay(3)"],
)  # fmt: skip
def test_notebook_habits(run, source):
    """Magics, await and display work, and %matplotlib never fails."""
    assert run(source)["status"] == "ok"


def test_clear_output(run):
    """A progress bar keeps its last state only."""
    source = "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)"
    assert shown(run(source)) == ["2\n"]


def test_exception_is_told_by_the_cells_lines(run):
    """The lines of the cell that were passed, then the exception; none of our files."""
    reply = run("def f():\n    raise ValueError('no')\nf()")
    assert reply["raised"] == {"ename": "ValueError", "evalue": "no"}
    assert reply["outputs"][-1]["traceback"] == [
        "line 3: f()", "line 2: raise ValueError('no')", "ValueError: no",
    ]  # fmt: skip


def test_syntax_error(run):
    """The line that cannot be read is shown."""
    reply = run("x = 1\nx = = 2")
    assert reply["raised"]["ename"] == "SyntaxError"
    assert reply["outputs"][-1]["traceback"][0] == "line 2: x = = 2"


@pytest.mark.parametrize("source", ["raise SystemExit", "raise KeyboardInterrupt", "1 / 0"])
def test_whatever_is_raised_the_shell_goes_on(run, source):
    """No exception leaves the cell."""
    assert run(source)["status"] == "error"
    assert run("1")["status"] == "ok"


@pytest.mark.filterwarnings("ignore:To exit")
@pytest.mark.parametrize("source", ["exit", "quit()", "import sys; sys.exit(3)"])
def test_exit_ends_the_cell(run, source):
    """Leaving is an error of that cell."""
    assert run(source)["raised"]["ename"] == "SystemExit"


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("x = 3\n%who_ls int", ["['x']"]),
        ("\n\nx = 3\n\nx", ["3"]),
        ("!true\n4", ["4"]),
        ("In [1]: x = 5\nIn [2]: x = 6", []),
        ("%%capture\nprint(1)", []),
        ('text = """\n%who\n!false\n"""\nlen(text)', ["13"]),
        ("z = (7\n%4)\nz", ["3"]),
        ("import asyncio\nawait asyncio.sleep(0, 5)", ["5"]),
    ],
)
def test_cells_with_and_without_magics(shell, run, source, texts):
    """IPython's lines among plain ones mean what they mean in a notebook; so does plain text."""
    shell.reset()
    assert shown(run(source)) == texts


def test_plain_cells_are_not_looked_through(run, monkeypatch):
    """A cell that is Python already is not searched for magics; a warning is said once."""
    monkeypatch.setattr(
        IPython.core.interactiveshell.InteractiveShell, "transform_cell",
        lambda self, cell: pytest.fail("asked IPython"),
    )  # fmt: skip
    assert shown(run("x = 4\nx + 1")) == ["5"]


def test_an_own_transformer_is_honoured(shell, run):
    """Whoever adds one means it for plain cells, too."""
    shell.input_transformers_post.append(lambda lines: [line.replace("5", "6") for line in lines])
    try:
        assert shown(run("x = 5\nx")) == ["6"]
    finally:
        shell.input_transformers_post.pop()


def test_an_own_transformer_of_trees_is_honoured(shell, run):
    """Also where the cell shows nothing at its end, and would be run in one piece."""

    class Six(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.copy_location(ast.Constant(6), node)

    shell.ast_transformers.append(Six())
    try:
        run("x = 5\ny = x")
    finally:
        shell.ast_transformers.pop()
    assert shown(run("x, y\n")) == ["(6, 6)"]


@pytest.mark.parametrize("last", ["y = 2", "y = 2\ny"])
def test_what_stands_before_an_error_of_compiling_is_run(run, last):
    """Statement by statement, as in a notebook: `return` is read, and only then refused."""
    run("x = y = 0\n")
    reply = run(f"x = 1\nreturn\n{last}")
    assert reply["raised"]["ename"] == "SyntaxError"
    assert shown(run("x, y\n")) == ["(1, 0)"]


def test_what_a_cell_says_of_the_future_holds_for_later_ones(shell, run):
    """`annotations` are text from there on, whether a cell shows a value or not."""
    run("from __future__ import annotations\nx = 1")
    run("def f(a: Unknown):\n    pass")
    assert shown(run("f.__annotations__\n")) == ["{'a': 'Unknown'}"]
    shell.compile.reset_compiler_flags()


@pytest.mark.parametrize("last", ["y = 1", "x"])
def test_a_warning_of_the_compiler_is_said_once(run, last):
    """As it stands in the cell, which is read once and not twice."""
    with pytest.warns(SyntaxWarning) as said:
        run(f"x = (1 is 5)\n{last}\n")
    assert len(said) == 1


def test_a_cell_may_silence_the_compiler(run):
    """What stands before a statement is run before that is compiled, if there is a warning."""
    with warnings.catch_warnings():
        strict = "import warnings\nwarnings.simplefilter('error')"
        run(f"{strict}\nreached = 1\nx = (1 is 5)\nunreached = 1")
    assert shown(run("reached, 'unreached' in globals()\n")) == ["(1, False)"]
    with pytest.warns(SyntaxWarning) as said:
        run("x = (1 is 5)\nreturn\n")
    assert len(said) == 1


def test_cells_that_show_nothing_are_compiled_in_one_piece(run, monkeypatch):
    """Of two statements IPython would make two pieces."""
    compiled = []
    plain = codeop.Compile.__call__

    def seen(self, source, *rest):
        compiled.append(source)
        return plain(self, source, *rest)

    monkeypatch.setattr(codeop.Compile, "__call__", seen)
    run("a = 1\nb = a")
    assert compiled == ["a = 1\nb = a\n"]


def test_line_numbers_count_blank_lines(run):
    """An error's line is the cell's, however it begins."""
    reply = run("\n\nx = 1\nraise ValueError('no')")
    assert reply["outputs"][-1]["traceback"][0] == "line 4: raise ValueError('no')"


def test_message_that_cannot_be_shown(run):
    """An exception whose text raises is told all the same."""
    source = "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise Odd"
    assert run(source)["raised"] == {"ename": "Odd", "evalue": "(its message cannot be shown)"}


def test_flood_is_cut_while_it_comes(run):
    """What is kept ends at the cap, with a note; a later print adds nothing."""
    (text,) = shown(run(f"for _ in range(30):\n    print('x' * {MAX_TEXT // 10})\nprint('end')"))
    assert len(text) == MAX_TEXT + len(CUT)
    assert text.endswith(CUT)


def test_output_between_cells_belongs_to_none(run, shell):
    """What is displayed while checks run does not appear in a later cell."""
    shell.display_pub.publish({"text/plain": "hidden input"})
    assert run("pass")["outputs"] == []


# --- caps ----------------------------------------------------------------------------------------


def test_only_text_and_png_are_kept():
    """HTML and scripts are left out."""
    outputs = Outputs()
    image = base64.b64encode(b"png").decode()
    outputs.show({"text/html": "<script>", "text/plain": "t", "image/png": b"png"})
    outputs.show({"text/html": "<script>"})
    assert [entry["data"] for entry in outputs.told()] == [{"image/png": image, "text/plain": "t"}]


def test_large_and_many_images_are_left_out():
    """One image has a cap, and their number has."""
    outputs = Outputs()
    outputs.show({"image/png": "x" * (MAX_IMAGE + 1)})
    for _ in range(MAX_SHOWN + 5):
        outputs.show({"image/png": "x"})
    assert len(outputs.told()) == MAX_SHOWN - 1


def test_clearing_gives_no_room_back():
    """A loop of printing and clearing ends at the cap, too."""
    outputs = Outputs()
    for _ in range(3):
        outputs.write("stdout", "x" * MAX_TEXT)
        outputs.clear()
    outputs.write("stdout", "more")
    assert outputs.told() == []


def test_stream_takes_text_alone():
    """As sys.stdout does."""
    with pytest.raises(TypeError, match=r"write\(\) argument must be str, not bytes"):
        Stream(Outputs(), "stdout").write(b"x")
