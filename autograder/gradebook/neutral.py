"""Student text made harmless for an instructor's browser.

nbgrader's feedback and formgrader render an autograded notebook as HTML. Code and outputs are
escaped there; Markdown is not, so here it loses what could run, load or lead astray, and keeps what
can be read: emphasis, lists, tables, formulas.
"""

from __future__ import annotations

import re

MATH_COMMANDS = re.compile(
    r"\\(href|url|require|class|cssId|style|unicode|includegraphics|html\w*|def|let|newcommand"
    r"|renewcommand|newenvironment|DeclareMathOperator)(?![a-zA-Z])"
)
IMAGE = re.compile(r"!\s*\[([^\]]*)\]\s*(\([^)]*\)|\[[^\]]*\])")
LINK = re.compile(r"\[([^\]]*)\]\s*\(([^)]*)\)")
REFERENCE = re.compile(r"^(\s{0,3})\[([^\]]+)\]:", re.MULTILINE)
SAFE_LINK = re.compile(r"^\s*https?://[^\s\"'<>]+\s*$")


def markdown(text: str) -> str:
    """Markdown in which no HTML, image, script link or active formula command is left."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = IMAGE.sub(lambda match: f"(image: {match[1] or 'untitled'})", text)
    text = LINK.sub(_link, text)
    text = REFERENCE.sub(r"\1\\[\2]:", text)
    return MATH_COMMANDS.sub(lambda match: match[1], text)


def _link(match: re.Match[str]) -> str:
    """A link is kept if it is plain http(s); anything else is shown as text."""
    if SAFE_LINK.match(match[2]):
        return match[0]
    return f"{match[1]} ({match[2]})"
