"""Tables that pages print: HTML with a caption and heads, and plain text beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from IPython.display import display

from solutions.counting import Ledger, Row

LONG = 26
"""Letters from which on a cell may break into lines."""
MANY = 6
"""Tables of more columns are set smaller, their heads in several lines."""


def show(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> None:
    """Print a table; integers get thousands separators, the first column heads its row."""
    display(rendered(head, rows, caption), raw=True)


def rendered(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> dict[str, str]:
    """What :func:`show` prints: one table by media type, as HTML and as plain text."""
    cells = [[_text(cell) for cell in row] for row in rows]
    return {"text/html": _html(head, cells, caption), "text/plain": _plain(head, cells, caption)}


def ledger(table: Ledger, caption: str) -> None:
    """Print a ledger with its sums; stages are numbered from 1, as in papers."""

    def cells(row: Row) -> tuple[object, ...]:
        shape = " × ".join(map(str, row.output_shape))
        name = re.sub(r"^stages\.(\d+)$", lambda match: f"stage {int(match[1]) + 1}", row.name)
        return name, shape, row.parameters, row.macs, row.activations

    rows = [cells(row) for row in table.rows]
    rows.append(("total", "", table.parameters, table.macs, table.activations))
    show(("layer", "output", "parameters", "MACs", "activations"), rows, caption)


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _is_number(text: str) -> bool:
    return text[:1].isdigit() and "×" not in text


def _html(head: Sequence[str], rows: list[list[str]], caption: str) -> str:
    numeric = [all(_is_number(row[i]) or not row[i] for row in rows) for i in range(len(head))]

    def line(tag: str, row: Sequence[str]) -> str:
        parts = []
        for i, cell in enumerate(row):
            long = len(cell) > LONG and not numeric[i]
            kind = ' class="number"' if numeric[i] else ' class="long"' if long else ""
            own, scope = ("th", f' scope="{"col" if tag == "th" else "row"}"')
            if tag == "td" and i > 0:
                own, scope = "td", ""
            parts.append(f"<{own}{scope}{kind}>{html.escape(cell)}</{own}>")
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(line("td", row) for row in rows)
    text = html.escape(caption, quote=True)
    wide = " wide" if len(head) > MANY else ""
    return (
        f'<figure class="counts{wide}"><figcaption>{text}</figcaption>'
        f'<div class="table-scroll" role="region" aria-label="{text}" tabindex="0"><table>'
        f"<thead>{line('th', head)}</thead><tbody>{body}</tbody></table></div></figure>"
    )


def _plain(head: Sequence[str], rows: list[list[str]], caption: str) -> str:
    lines = [list(head), *rows]
    widths = [max(len(row[i]) for row in lines) for i in range(len(head))]
    text = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in lines
    )
    return f"{caption}\n{text}"
