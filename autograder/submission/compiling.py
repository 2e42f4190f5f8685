"""How a cell's text becomes code: its tree made once, in one piece where that is the same."""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Sequence

from IPython.core.compilerop import CachingCompiler


class Compiler(CachingCompiler):
    """IPython's, which keeps the tree of a cell that is Python already."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._source, self._tree = "", ast.Module([], [])

    def reads(self, source: str) -> bool:
        """Whether it is Python as it stands: no magic, no shell command, no question mark.

        Its tree is kept, unless there is something to warn of: that is said where IPython reads it.
        """
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                tree = super().ast_parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        if isinstance(tree, ast.Module) and not said:
            self._source, self._tree = source, tree
        else:
            self._source, self._tree = "", ast.Module([], [])
        return True

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """The tree of a cell."""
        if source and source == self._source and symbol == "exec":
            return self._tree
        tree: ast.AST = super().ast_parse(source, filename, symbol)
        return tree

    def whole(self, nodes: Sequence[ast.stmt], name: str) -> types.CodeType | None:
        """The code of the cell that was read last, if these are its statements.

        None where a value is shown at its end, where it is no code as a whole (of a cell with a
        ``return``, say, or an ``await``, IPython runs what stands before it), and where there is
        something to warn of, which it says as it comes to it.
        """
        if nodes is not self._tree.body or not nodes or isinstance(nodes[-1], ast.Expr):
            return None
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                code: types.CodeType = self(self._source, name, "exec")
        except Exception:
            return None
        return None if said else code
