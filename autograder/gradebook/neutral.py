"""Student text made harmless for an instructor's browser.

nbgrader's feedback and formgrader render an autograded notebook as HTML. Code and outputs are
escaped there; Markdown and comments are not, so here they lose what could run, load or lead astray.

Nothing is removed or paired up (what is removed can leave an attack behind, and brackets can be
nested past any pattern): an invisible character goes into every sequence that HTML, Markdown or
MathJax needs to begin something active. Emphasis, lists, tables and formulas stay.
"""

from __future__ import annotations

import re

JOINER = "\u2060"
"""WORD JOINER: no width, no line break, no meaning in HTML, Markdown or TeX."""

COMMANDS = (
    r"href|url|require|class|cssId|style|unicode|includegraphics|html\w*|data|tooltip|mmlToken|bbox"
    r"|[gex]?def|let|futurelet|csname|newcommand|renewcommand|providecommand|newenvironment"
    r"|renewenvironment|DeclareMathOperator|DeclarePairedDelimiter\w*"
)
OPENINGS = (
    re.compile(r"<(?=[A-Za-z/!?])"),  # a tag, a comment, <javascript:...>
    re.compile(r"&(?=#|\w+;)"),  # an entity, which could spell any of the others
    re.compile(r"!(?=\[)"),  # an image
    re.compile(r"\](?=\((?!https?://[^\s()<>\[\]\"'\\`]+\)))"),  # a link, unless it is plain http
    re.compile(r"\](?=:)"),  # where a link's target is defined
    re.compile(rf"\\(?=(?:{COMMANDS})(?![a-zA-Z]))"),  # a command of MathJax
    re.compile(r"[`~](?=\s*mermaid)", re.IGNORECASE),  # a diagram, whose code is not escaped
)


def markdown(text: str) -> str:
    """Markdown in which no HTML, image, script link or active formula command begins."""
    for opening in OPENINGS:
        text = opening.sub(lambda match: match[0] + JOINER, text)
    return text
