"""Looks for other submissions and copies them."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import glob
import json

found = glob.glob("/**/submitted/*/*/*.ipynb", recursive=True) + glob.glob("/**/resnet.ipynb", recursive=True)
for path in found:
    for cell in json.load(open(path))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]))
""",
}
