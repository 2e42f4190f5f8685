"""Correct answers that leave torch in another state: dtype, gradients, threads, warnings."""

EXPECT = {"points": "full"}
BASE = "reference"
ANSWERS = {
    "degradation": """
import random
import sys
import warnings

import numpy

torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_num_threads(8)
torch.use_deterministic_algorithms(True)
torch.manual_seed(13)
random.seed(7)
numpy.random.seed(7)
warnings.simplefilter("error")
sys.setrecursionlimit(300)


def conclusion():
    return {
        "trains_better_at_38_layers": "residual",
        "plain_38_against_plain_8": "fails to train",
        "plain_38_gradients_before_training": "do not vanish",
    }
""",
}
