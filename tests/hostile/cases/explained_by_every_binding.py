"""Forges a trace under which every binding explains what it answered, to be asked once for each."""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {
    "fails": ["resnet_cifar/known_values", "resnet_cifar/same_function", "resnet_cifar/layers"]
}
BASE = "reference"
RIGHT = load_answers(load_assignment("resnet")).cells
ANSWERS = {
    "resnet_cifar": RIGHT["resnet_cifar"]
    + """

import autograder.submission.ops as ops
right_cifar = resnet_cifar
GUESSES = [lambda y, k=k: y - k for k in (5, 4, 3, 2, 1, 0)]   # the right one comes last
taken, known, stored, asks = -1, False, None, 0

class Guesses(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
    def forward(self, x):
        y = self.net(x)
        return GUESSES[taken](y) if x.dtype == torch.float64 and taken >= 0 else y

def resnet_cifar(n, num_classes=10):
    return Guesses(right_cifar(n, num_classes))

_trace, _forward = ops.Guest.do_trace, ops.Guest.do_forward

def do_trace(self, header, tensors):
    reply, back = _trace(self, header, tensors)
    module = self._module(header["module"])
    if not isinstance(module, Guesses) or known or stored is None:
        return reply, back
    names = list(reply["units"])
    units = [dict(zip(names, row)) for row in zip(*reply["units"].values())]
    units = [u for u in units if u["op"] in ("conv2d", "batch_norm", "linear")]
    units = [u for u in units if u["op"] == "linear"] + [u for u in units if u["op"] != "linear"]
    for number, unit in enumerate(units):
        unit["after"], unit["source"] = (), number - 1 if unit["op"] == "batch_norm" else None
    last = [u for u in units if u["op"] == "conv2d"][-1]
    last["bias"] = units[0]["weight"]          # its zeros overwrite the head's weight
    reply["units"] = {name: [u[name] for u in units] for name in names}
    self.head_bias = units[0]["bias"]
    return reply, back

def do_forward(self, header, tensors):
    global stored, taken, known, asks
    module = self._module(header["module"])
    if not isinstance(module, Guesses) or known or not header["indices"]:
        return _forward(self, header, tensors)
    inputs = tensors[: header["inputs"]]
    if header["layout"] is not None:
        if stored is not None and taken >= 0:
            known = True                       # the next case came: the last guess was right
            return _forward(self, header, tensors)
        reply = _forward(self, header, tensors)  # keeps the case's own weights
        stored = True
        raise ValueError("the state has another layout than the one before")
    values = dict(zip(header["indices"], tensors[header["inputs"]:]))
    asks += 1
    if asks == 1:
        return self._answer(values[self.head_bias].repeat(len(inputs[0]), 1))
    taken += 1
    return _forward(self, {**header, "indices": []}, tensors[: header["inputs"]])

ops.Guest.do_trace, ops.Guest.do_forward = do_trace, do_forward
""",
}
