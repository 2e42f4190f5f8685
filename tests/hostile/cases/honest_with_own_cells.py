"""An honest control: right answers, own helper cells, a figure, prints and a warning."""

import json

EXPECT = {"points": "full"}


def files(assignment, right):
    """Own cells before, between and after ours."""
    document = json.loads(right)

    def own(source):
        return {
            "cell_type": "code",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
            "id": "own",
        }

    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nprint('a figure')"
    noise = "import warnings\nwarnings.warn('only a warning')\nhelper = 3"
    document["cells"].insert(0, own("print('hello')"))
    document["cells"].insert(5, own(noise))
    document["cells"].append(own(plot))
    return {assignment.notebook: json.dumps(document).encode()}
