"""Shows megabytes of pictures in each of many cells."""

import json

EXPECT = {"points": "full", "megabytes": 16}
SHOW = """
import base64

from IPython.display import display

png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010800000000")
picture = base64.b64encode(png + bytes(1_000_000)).decode()
display({"image/png": picture}, raw=True)
display({"image/png": picture, "text/plain": "x" * 50_000}, raw=True)
"""


def files(assignment, right):
    """Honest answers among twenty such cells."""
    document = json.loads(right)
    own = {
        "cell_type": "code", "metadata": {}, "source": SHOW, "outputs": [],
        "execution_count": None, "id": "own",
    }  # fmt: skip
    document["cells"][1:1] = [own] * 20
    return {assignment.notebook: json.dumps(document).encode()}
