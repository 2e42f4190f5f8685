"""Student Markdown keeps its words and loses whatever a browser would act upon."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from nbconvert.filters import markdown2html

from autograder.gradebook.neutral import markdown

HARMLESS = {"p", "em", "strong", "ul", "ol", "li", "code", "pre", "div", "span", "blockquote"}
HARMLESS |= {"h1", "a", "table", "thead", "tbody", "tr", "th", "td", "hr", "br"}
ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<ScRiPt src=//evil.example></sCrIpT >",
    "script in a block": "para\n\n<script>\nalert(1)\n</script>\n",
    "image": '<img src=x onerror="alert(1)">',
    "image cut short": "<img src=x onerror=alert(1)//",
    "svg": "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "style": "<style>body{display:none}</style>",
    "frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "comment": "<!-- --><script>alert(1)</script>",
    "processing": "<?x ?><![CDATA[<script>alert(1)</script>]]>",
    "closing": "</p></div></body><script>alert(1)</script>",
    "autolink": "<javascript:alert(1)>",
    "link": "[x](javascript:alert(1))",
    "link, brackets in it": "[a [b] c](javascript:alert(1))",
    "link, escaped bracket": r"[a\]b](javascript:alert(1))",
    "link, code": "[`]`](javascript:alert(1))",
    "link, entity": "[x](java&#115;cript:alert(1))",
    "link, angles": "[x](<javascript:alert(1)>)",
    "link, lines": "[x](\njavascript:alert(1)\n'title')",
    "link, data": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "link, relative": "[x](/api/contents/gradebook.db)",
    "link, quote": '[x](https://a.example" onmouseover="alert(1))',
    "link, title": '[x](https://a.example "onmouseover=alert(1)")',
    "image link": "[![a](b)](javascript:alert(1))",
    "image, remote": "![x](https://evil.example/pixel.png)",
    "image, brackets": "![a [b] c](https://evil.example/pixel.png)",
    "image, attachment": "![x](attachment:missing.png)",
    "reference": "[x][r]\n\n[r]: javascript:alert(1)",
    "reference, short": "[r]\n\n[r]: javascript:alert(1)",
    "reference in a quotation": "[x][r]\n\n> [r]: javascript:alert(1)",
    "reference in a list": "[x][r]\n\n- [r]: javascript:alert(1)",
    "reference of an image": "![x][r]\n\n> [r]: https://evil.example/pixel.png",
    "mermaid": "```mermaid\n</pre><script>alert(1)</script>\n```",
    "mermaid link": '~~~ mermaid\nclick A href "javascript:alert(1)"\n~~~',
    "language": '```x"onload=alert(1)\n```',
    "table": "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
    "heading": "# <img src=x onerror=alert(1)>",
}


class Active(HTMLParser):
    """Notes whatever a browser would run, load or follow elsewhere than by plain http."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element and its attributes."""
        if tag not in HARMLESS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "srcdoc", "style", "formaction"):
                self.found.append(f"{tag} {name}={value}")
            if name == "href" and not (value or "").startswith(("https://", "http://", "#")):
                self.found.append(f"{tag} {name}={value}")
            if (name, value) == ("class", "mermaid"):
                self.found.append("mermaid")

    handle_startendtag = handle_starttag


def active(html: str) -> list[str]:
    """What is active in a piece of HTML."""
    parser = Active()
    parser.feed(html)
    parser.close()
    return parser.found


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_end_as_text(attack: str) -> None:
    """Rendered as nbgrader renders it, nothing of it is active."""
    assert active(str(markdown2html(markdown(ATTACKS[attack])))) == []


@pytest.mark.parametrize(
    "formula",
    [
        r"$\href{javascript:alert(1)}{x}$",
        r"$\\href{javascript:alert(1)}{x}$",
        r"$\\\href{javascript:alert(1)}{x}$",
        r"&#92;href{javascript:alert(1)}{x}",
        r"&bsol;href{javascript:alert(1)}{x}",
        r"$\mmlToken{mi}[href=javascript:alert(1)]{x}$",
        r"$\def\a{\href}\a{javascript:alert(1)}{x}$",
        r"$$\bbox[background:url(https://evil.example)]{x}$$",
        r"\begin{equation}\style{position:fixed}{x}\end{equation}",
        r"$\require{action}\class{btn}{x}\cssId{id}{x}\unicode{60}$",
    ],
)
def test_formulas_have_no_active_command(formula: str) -> None:
    """MathJax finds no command that links, styles, defines or loads, also none made by removal."""
    text = _text(str(markdown2html(markdown(formula))))
    for command in (
        "href",
        "mmlToken",
        "bbox",
        "style",
        "class",
        "cssId",
        "require",
        "def",
        "unicode",
    ):
        assert f"\\{command}" not in text


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        """What MathJax reads."""
        self.text += data


def _text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return parser.text


HONEST = {
    "emphasis": ("*so* **very** `code`", "<em>so</em> <strong>very</strong> <code>code</code>"),
    "list": ("- one\n- two", "<li>one</li>"),
    "link": ("[paper](https://arxiv.org/abs/1512.03385)", 'href="https://arxiv.org/abs/1512.03385"'),
    "comparison": ("`if a < b and c<d:`", "<code>if a &lt; b and c"),
    "smaller": ("1 < 2, a & b", "1 &lt; 2, a &amp; b"),
    "formula": (r"$\frac{1}{2} < \alpha$", r"$\frac{1}{2} &lt; \alpha$"),
    "matrix": (r"$$\begin{matrix}1 & 2\end{matrix}$$", r"1 &amp; 2"),
    "index": ("`x[0](y)` and `d[k]: v`", "x[0]"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HONEST)
def test_honest_text_stays(kind: str) -> None:
    """Emphasis, lists, plain links, code, comparisons and formulas read as they were written."""
    given, shown = HONEST[kind]
    assert shown in str(markdown2html(markdown(given)))


def test_nothing_is_lost() -> None:
    """Without the invisible joiners the text is the student's own."""
    for text in (*ATTACKS.values(), *(given for given, _ in HONEST.values())):
        assert markdown(text).replace("\u2060", "") == text


def test_twice_is_once() -> None:
    """What is harmless stays as it is."""
    for text in ATTACKS.values():
        assert markdown(markdown(text)) == markdown(text)
