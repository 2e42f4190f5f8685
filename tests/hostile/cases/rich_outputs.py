"""Correct answers whose cells show scripts, styles, vector graphics and formulas."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"points": "full", "megabytes": 4.0}
BASE = "reference"
ANSWERS = {
    "degradation": load_answers(load_assignment("resnet")).cells["degradation"]
    + r"""

from IPython.display import HTML, SVG, IFrame, Javascript, Latex, Markdown, display

display(HTML("<script>alert(1)</script><style>* {display: none}</style>"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(2)"/>'))
display(Javascript("alert(3)"), IFrame("https://evil.example", 9, 9))
display(Latex(r"$\href{javascript:alert(4)}{x}$"), Markdown("[x](javascript:alert(5))"))
display({"text/html": "<img src=x onerror=alert(6)>", "application/javascript": "alert(7)"}, raw=True)
print("\x1b]8;;javascript:alert(8)\x07click\x1b]8;;\x07")
""",
}
