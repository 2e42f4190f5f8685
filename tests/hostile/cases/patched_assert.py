"""Installs an AST transformer and an input transformer that drop assertions and later cells."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import ast


class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


shell = get_ipython()
shell.ast_transformers.append(Drop())
shell.input_transformers_post.append(lambda lines: ["pass\\n"])

class BasicBlock:
    def __init__(self, *args, **kwargs):
        pass
""",
}
