"""Replies that anybody may have written: every field is looked at."""

from __future__ import annotations

import pytest
import torch

from autograder.submission import BadReply, StudentError, Submission
from autograder.submission.replies import read_error, read_state, read_trace
from autograder.submission.units import MAX_UNITS, Unit

STATE = {"parameters": 1, "shapes": [[2, 3]], "dtypes": ["float32"], "trained": [1]}
UNIT = Unit("linear", weight=0, used=(0,), weight_shape=(2, 3), in_shape=(1, 3), out_shape=(1, 2))
UNITS = {name: [part] for name, part in UNIT._asdict().items()}


class Forger:
    """A transport that answers what it is told to."""

    device = "cpu"

    def __init__(self, header, tensors=()):
        self.reply = header, list(tensors)

    def request(self, header, tensors):
        """Answer, whatever was asked."""
        return self.reply


def forged(*, tensors=(), **header) -> Submission:
    """A submission whose every answer is this."""
    return Submission(Forger(header, tensors))


def handle(**header):
    """A handle whose every answer is this."""
    return forged(value={"$module": 0}, **header).build("Net")


# --- submission ----------------------------------------------------------------------------------


def test_names_of_unknown_kind():
    """Only the four kinds are kinds."""
    with pytest.raises(BadReply, match="of no kind"):
        forged(kinds=["<b>"]).names("a")


@pytest.mark.parametrize("kinds", [None, [], ["class", "class"]])
def test_names_that_were_not_asked_for(kinds):
    """One answer a name."""
    with pytest.raises(BadReply, match="not asked for"):
        forged(kinds=kinds).names("a")


@pytest.mark.parametrize(
    ("value", "kind"), [(3, "int"), ({"$opaque": "Foo"}, "Foo"), (None, "NoneType")]
)
def test_build_gives_no_module(value, kind):
    """The type that came instead is told."""
    with pytest.raises(StudentError, match=rf"Net\(...\) gave {kind}, not an nn.Module"):
        forged(value=value).build("Net")


def test_probe_net_that_is_none():
    """A probe net is a module."""
    with pytest.raises(BadReply, match="no module"):
        forged(value=3).probe_net([["ReLU"]])


def test_probe_layer_that_is_none():
    """A probe layer is a module."""
    with pytest.raises(BadReply, match="a probe layer that is no module"):
        forged(value=3).probe_layer("ReLU")


def test_check_cannot_send_a_module():
    """Handles are sent, modules are not; that is the check author's mistake."""
    with pytest.raises(TypeError, match="a check cannot send a Linear"):
        forged().call("f", torch.nn.Linear(1, 1))


def test_gradients_need_a_direction():
    """Labels or upstream; that is the check author's mistake, too."""
    with pytest.raises(ValueError, match="needs labels or upstream"):
        handle().gradients(torch.zeros(1))


@pytest.mark.parametrize("value", [3, [1.0], ["a"]])
def test_gradients_that_are_none(value):
    """Gradients are tensors or None."""
    with pytest.raises(BadReply, match="no list of tensors"):
        _with(value).gradients(torch.zeros(1), upstream=torch.zeros(1))


@pytest.mark.parametrize(
    ("value", "words"),
    [([0.5], "not one a step"), (3, "not one a step"), ([1, "a"], "no list of numbers")],
)  # fmt: skip
def test_losses_that_are_none(value, words):
    """One float a step."""
    with pytest.raises(BadReply, match=words):
        _with(value).fit(torch.zeros(1), torch.zeros(1), steps=2, batch_size=1, learning_rate=0.1)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "other outputs depend on"),
        ([[True]], "other outputs depend on"),
        ([[True], 3], "no list of yes and no"),
        ([[True], [1]], "no list of yes and no"),
        ([[True], [[True]]], "no list of yes and no"),
        ([[True], [True, False]], "depend on different numbers of parameters"),
    ],
)
def test_forged_dependence(value, words):
    """One yes or no for each parameter and output."""
    with pytest.raises(BadReply, match=words):
        _with(value).reached(torch.zeros(1), upstream=torch.zeros(1), outputs=2)


@pytest.mark.parametrize("value", [3, [1], [1, 2, 3]])
def test_answers_to_other_calls(value):
    """One answer for each row of arguments."""
    with pytest.raises(BadReply, match="answers to other calls than those that were made"):
        forged(value=value).call_each("area", [(1,), (2,)])


def test_an_error_behind_all_answers():
    """Where each call has its answer, none can have raised."""
    error = {"type": "ValueError", "message": "", "line": 1}
    with pytest.raises(BadReply, match="answers to other calls than those that were made"):
        forged(value=[1, 2], stopped=error).call_each("area", [(1,), (2,)])
    with pytest.raises(BadReply, match="an error without a description"):
        [*forged(value=[1], stopped="all of it").call_each("area", [(1,), (2,)])]


def _with(value):
    """A handle whose every answer holds ``value``."""
    submission = forged(value={"$module": 0})
    found = submission.build("Net")
    submission._transport.reply = {"value": value}, []
    return found


# --- errors --------------------------------------------------------------------------------------


def test_error_keeps_a_known_name():
    """Built-in exceptions keep their name, message and line."""
    error = read_error({"type": "ValueError", "message": "no", "line": 7})
    assert (error.type_name, error.message, error.line) == ("ValueError", "no", 7)


def test_error_of_an_own_class_loses_its_name():
    """A name could carry hidden inputs out; it goes into the message, which hidden checks drop."""
    error = read_error({"type": "E3141592", "message": "no", "line": -1})
    assert (error.type_name, error.message, error.line) == ("Exception", "E3141592: no", 0)


def test_error_with_forged_fields():
    """Fields of other types are emptied."""
    error = read_error({"type": ["x"], "message": 3, "line": True})
    assert (error.type_name, error.line) == ("Exception", 0)


def test_error_that_is_none():
    """An error is an object."""
    with pytest.raises(BadReply, match="an error without a description"):
        forged(error="boom").value("x")


# --- state and trace -----------------------------------------------------------------------------


def test_state_counts_from_shapes():
    """The count is added up here."""
    state = read_state(
        {"state": {"parameters": 2, "shapes": [[2, 3]] * 3, "dtypes": ["float32"] * 3,
                   "trained": [1, "yes", 0]}}, ()
    )  # fmt: skip
    assert state.count == 6
    assert (len(state.parameters), len(state.buffers)) == (2, 1)


def test_state_with_values():
    """A number stands for the tensor of that place; what could not be sent is named."""
    tensors = [torch.zeros(2, 3)]
    values = read_state({"state": {**STATE, "values": [0]}}, tensors).entries[0].value
    assert values is tensors[0]
    assert read_state({"state": {**STATE, "values": [None]}}, ()).entries[0].value is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": 2}, "impossible number of parameters"),
        ({"parameters": True}, "impossible number of parameters"),
        ({"dtypes": None}, "a table whose dtypes are no list"),
        ({"dtypes": []}, "columns are of different lengths"),
        ({"trained": [1, 1]}, "columns are of different lengths"),
        ({"values": [None, None]}, "columns are of different lengths"),
        ({"shapes": 3}, "shapes that are no list"),
        ({"shapes": [[-1]]}, "no list of sizes"),
        ({"shapes": [[True]]}, "no list of sizes"),
        ({"shapes": [[2**41]]}, "no list of sizes"),
        ({"shapes": [[1] * 9]}, "no list of sizes"),
        ({"shapes": [None]}, "no list of sizes"),
        ({"shapes": [[2**40, 2**40, 0]]}, "a shape that no tensor can have"),
        ({"values": [3]}, "another shape"),
        ({"values": [0]}, "another shape"),
        ({"values": [{"$tensor": 0}]}, "another shape"),
        ({"values": [{"$opaque": "sparse Tensor"}]}, "another shape"),
    ],
)
def test_forged_state(change, words):
    """What is no state is a bad reply."""
    with pytest.raises(BadReply, match=words):
        read_state({"state": {**STATE, **change}}, [torch.zeros(1)])


@pytest.mark.parametrize("state", [None, [3]])
def test_state_that_is_none(state):
    """A state is a table."""
    with pytest.raises(BadReply, match="a state that is no table of entries"):
        read_state({"state": state}, ())


def test_trace_is_read():
    """A right trace is taken over field by field."""
    trace = read_trace({"state": STATE, "units": UNITS, "shape": [1, 2]})
    assert trace.units == (UNIT,)
    assert (trace.macs, trace.output_shape) == (6, (1, 2))


def test_trace_without_a_tensor():
    """None stands for an output that is no tensor; nothing used is no use."""
    trace = read_trace({"state": STATE, "units": {}, "shape": None})
    assert (trace.units, trace.output_shape) == ((), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight": [1]}, "not there"),
        ({"weight": [True]}, "not there"),
        ({"used": [[9]]}, "not there"),
        ({"used": [[None]]}, "not there"),
        ({"used": [3]}, "not there"),
        ({"source": [0]}, "not there"),
        ({"after": [[0]]}, "not there"),
        ({"groups": [0]}, "impossible groups"),
        ({"out_shape": ["x"]}, "no list of sizes"),
        ({"op": []}, "columns are of different lengths"),
        ({"bias": [None, None]}, "columns are of different lengths"),
    ],
)
def test_forged_unit(change, words):
    """A unit points backwards and to what is there."""
    with pytest.raises(BadReply, match=words):
        read_trace({"state": STATE, "units": {**UNITS, **change}, "shape": None})


def test_a_column_that_is_missing():
    """Every column is asked for."""
    units = {name: part for name, part in UNITS.items() if name != "op"}
    with pytest.raises(BadReply, match="a table whose op are no list"):
        read_trace({"state": STATE, "units": units, "shape": None})


@pytest.mark.parametrize(
    ("units", "words"),
    [
        (None, "no table of uses"),
        ([UNITS], "no table of uses"),
        ({**UNITS, "op": 3}, "no table of uses"),
        ({name: part * MAX_UNITS for name, part in UNITS.items()}, "times or more"),
    ],
)
def test_forged_trace(units, words):
    """A trace is a table of uses, not too long."""
    with pytest.raises(BadReply, match=words):
        read_trace({"state": STATE, "units": units, "shape": None})


def test_unknown_words_become_harmless():
    """Operations, layouts and dtypes of no list are called so."""
    units = {**UNITS, "op": ["x"], "layout": [3]}
    trace = read_trace({"state": {**STATE, "dtypes": ["<b>"]}, "units": units, "shape": None})
    assert (trace.units[0].op, trace.units[0].layout) == ("other", "open")
    assert trace.state.entries[0].dtype == "another dtype"
