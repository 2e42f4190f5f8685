"""Requests in the student's own kernel: what is asked, what is left as it was."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from autograder.submission import (
    BadReply,
    LocalTransport,
    ModuleHandle,
    Opaque,
    StudentError,
    Submission,
)

# ruff: noqa: D102 - the small modules here are described by their class


def submission(**names) -> Submission:
    """A submission that defines these names."""
    return Submission(LocalTransport(names))


def build(factory, **options) -> ModuleHandle:
    """A handle on what ``factory`` makes."""
    return submission(make=factory).build("make", **options)


# --- what is made once for several checks ---------------------------------------------------------


def test_shared_is_made_once():
    """The same arguments, the same module; other arguments, another one."""
    names = submission(make=lambda n, bias=True: nn.Linear(n, 1, bias=bias))
    first = names.shared("make", 2, bias=False)
    assert names.shared("make", 2, bias=False) is first
    assert names.shared("make", 2).number != first.number
    assert names.shared("make", 2, device="meta").number != first.number


def test_shared_is_forgotten_with_its_names():
    """Once names may mean something else, what was made of them is let go and made anew."""
    namespace = {"make": lambda: nn.Linear(2, 1)}
    names = Submission(LocalTransport(namespace))
    first = names.shared("make")
    namespace["make"] = lambda: nn.Linear(3, 1)
    names.forget_shared()
    assert names.shared("make").state().entries[0].shape == (1, 3)
    with pytest.raises(StudentError, match="was dropped"):
        first.state()


# --- names, values, calls ------------------------------------------------------------------------


def test_names():
    """Classes, functions, values and what is missing."""
    found = submission(A=nn.ReLU, f=len, x=3).names("A", "f", "x", "y")
    assert found == {"A": "class", "f": "function", "x": "value", "y": "missing"}


def test_value():
    """Plain data arrives, anything else by its name."""
    names = submission(x={"a": (1, None)}, y=object())
    assert names.value("x") == {"a": (1, None)}
    assert names.value("y") == Opaque("object")


def test_missing_name():
    """Asking for what is not defined is the student's error."""
    with pytest.raises(StudentError, match="NameError: name 'f' is not defined"):
        submission().call("f")


def test_call_with_tensors_and_handles():
    """Arguments of all kinds arrive; a module that is returned becomes a handle."""

    def grow(model, x, *, by):
        return nn.Sequential(model, nn.Flatten()), model(x) * by

    names = submission(make=lambda: nn.Linear(2, 2), grow=grow)
    grown, result = names.call("grow", names.build("make"), torch.ones(1, 2), by=2)
    assert torch.equal(grown.forward(torch.ones(1, 2)) * 2, result)


def test_module_keeps_its_number():
    """The same module is the same handle."""
    layer = nn.ReLU()
    names = submission(make=lambda: layer)
    assert names.build("make").number == names.build("make").number


def test_arguments_are_copies():
    """What student code does in place to its inputs stays there."""

    def clear(x):
        x.zero_()

    x = torch.ones(2)
    submission(clear=clear).call("clear", x)
    assert x.tolist() == [1, 1]


def test_exception_is_told_with_its_line():
    """Type, message, and the line of the student's own code."""
    names: dict = {}
    exec(compile("def f(x):\n    y = x\n    raise ValueError('no')\n", "<cell>", "exec"), names)
    with pytest.raises(StudentError) as caught:
        Submission(LocalTransport(names)).call("f", 1)
    assert (caught.value.type_name, caught.value.message, caught.value.line) == (
        "ValueError",
        "no",
        3,
    )


def test_exception_that_cannot_be_shown():
    """A message that raises itself is left out."""

    class Odd(ValueError):
        def __str__(self):
            raise RuntimeError

    def f():
        raise Odd

    with pytest.raises(StudentError, match="its message cannot be shown"):
        submission(f=f).call("f")


def test_exit_is_an_error():
    """A sys.exit in a function ends that call, not the notebook."""
    with pytest.raises(StudentError, match="SystemExit: 3"):
        submission(f=lambda: sys.exit(3)).call("f")


def test_prints_are_swallowed(capsys):
    """What is printed while a check feeds the code is not shown."""
    submission(f=lambda x: print(x)).call("f", "hidden input")
    assert capsys.readouterr().out == ""


# --- what is left as it was ----------------------------------------------------------------------


def test_seed_decides():
    """Equal seeds make equal weights, whatever was drawn before."""
    weights = []
    for _ in range(2):
        torch.rand(3)
        weights.append(build(lambda: nn.Linear(2, 2), seed=4).state().entries[0].value)
    assert torch.equal(*weights)


def test_default_dtype_does_not_matter():
    """A default that the notebook changed is neither used nor lost."""
    torch.set_default_dtype(torch.float64)
    try:
        assert build(lambda: nn.Linear(2, 2)).state().entries[0].dtype == "float32"
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_disabled_gradients_do_not_matter():
    """A set_grad_enabled(False) left in the notebook costs nothing."""
    torch.set_grad_enabled(False)
    try:
        gradients = build(lambda: nn.Linear(2, 2)).gradients(
            torch.ones(1, 2), upstream=torch.ones(1, 2)
        )
    finally:
        torch.set_grad_enabled(True)
    assert gradients[1].tolist() == [1, 1]


def test_mode_is_put_back():
    """A forward pass leaves every submodule's mode alone."""
    net = nn.Sequential(nn.BatchNorm2d(2).eval(), nn.ReLU())
    build(lambda: net).forward(torch.ones(1, 2, 2, 2), train=True)
    assert [part.training for part in net.modules()] == [True, False, True]


def test_mode_stays_when_asked():
    """mode() is for the calls that follow."""
    net = nn.Sequential(nn.BatchNorm2d(2))
    build(lambda: net).mode(train=False)
    assert not net[0].training


def test_statistics_change_in_training_alone():
    """Evaluation leaves running statistics as they are."""
    handle = build(lambda: nn.BatchNorm2d(2))
    x = torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    handle.forward(x)
    assert handle.state().buffers[0].value.tolist() == [0, 0]
    handle.forward(x, train=True)
    assert handle.state().buffers[0].value.tolist() != [0, 0]


def test_no_gradient_is_left_behind():
    """Neither gradients nor fit leave a .grad."""
    net = nn.Linear(2, 2)
    handle = build(lambda: net)
    handle.gradients(torch.ones(2, 2), labels=torch.tensor([0, 1]))
    handle.fit(torch.ones(2, 2), torch.tensor([0, 1]), steps=2, batch_size=2, learning_rate=0.1)
    assert net.weight.grad is None


# --- modules -------------------------------------------------------------------------------------


class Awkward(nn.Module):
    """Names that hide torch's own, methods that lie."""

    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm1d(2)
        self.__dict__["modules"] = [self.layer]
        self.__dict__["children"] = "none"

    def train(self, epochs=3):
        raise RuntimeError("trains for real")

    def parameters(self):
        return []

    def named_parameters(self):
        raise RuntimeError("no")

    def forward(self, x):
        return self.layer(x)


def test_overridden_methods_do_not_matter():
    """State, mode and training work on a module whose methods mean something else."""
    handle = build(Awkward)
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert handle.state().count == 4
    assert handle.forward(x, train=True).abs().min() > 0.9
    assert len(handle.fit(x, torch.tensor([0, 1]), steps=1, batch_size=2, learning_rate=0.1)) == 1


def test_state_counts_a_tensor_once():
    """Shared tensors appear once, whole-number buffers not at all."""
    layer = nn.Linear(2, 2)
    state = build(lambda: nn.Sequential(layer, layer, nn.BatchNorm1d(2))).state()
    assert [entry.kind for entry in state.entries] == ["parameter"] * 4 + ["buffer"] * 2


def test_state_on_meta_has_no_values():
    """Shapes are there, numbers are not."""
    entry = build(lambda: nn.Linear(2, 3), device="meta").state().entries[0]
    assert (entry.shape, entry.value) == ((3, 2), None)


def test_state_of_something_else():
    """A handle on what is no module cannot be had."""
    with pytest.raises(StudentError, match=r"gave int, not an nn\.Module"):
        build(lambda: 3)


def test_load_and_forward_at_once():
    """Values given with a forward pass are loaded first, and stay."""
    handle = build(lambda: nn.Linear(2, 1), dtype="float64")
    values = {0: torch.tensor([[2.0, 3.0]]).double(), 1: torch.tensor([1.0]).double()}
    assert handle.forward(torch.ones(1, 2).double(), values=values).item() == 6
    handle.load({1: torch.tensor([0.0])})
    assert handle.forward(torch.ones(1, 2).double()).item() == 5


def test_module_follows_the_dtype():
    """Float64 inputs move the module, back and forth."""
    handle = build(lambda: nn.Linear(2, 1))
    assert handle.forward(torch.ones(1, 2).double()).dtype == torch.float64
    assert handle.forward(torch.ones(1, 2)).dtype == torch.float32


def test_dropped_module_is_gone():
    """What was dropped cannot be asked."""
    handle = build(nn.ReLU)
    handle.drop()
    with pytest.raises(StudentError, match="was dropped"):
        handle.forward(torch.ones(1))


def test_what_each_output_depends_on():
    """Of a module with several outputs, only what one depends on gets a gradient from it."""

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.first(x), self.second(x)

    rows = build(Two).reached(torch.ones(1, 2), upstream=torch.ones(1, 2), outputs=2)
    assert rows == [[True, True, False, False], [False, False, True, True]]
    with pytest.raises(StudentError, match="IndexError"):
        build(Two).reached(torch.ones(1, 2), upstream=torch.ones(1, 2), outputs=3)


def test_what_a_detached_output_depends_on():
    """On nothing; nor does any on what is frozen."""

    class Detached(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(2, 1, bias=False), nn.Linear(2, 1, bias=False)
            self.second.weight.requires_grad_(False)

        def forward(self, x):
            return self.first(x) + self.second(x), self.first(x).detach()

    rows = build(Detached).reached(torch.ones(1, 2), upstream=torch.ones(1, 1), outputs=2)
    assert rows == [[True, False], [False, False]]


def test_what_depends_through_a_weight_that_is_computed():
    """The stored tensor counts, not what it is turned into; of many ways each is walked once."""

    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.unused = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(1))

        def forward(self, x):
            out = x @ (self.weight.t() / 2)
            for _ in range(200):  # 2^200 ways lead back to the weight
                out = out + out / 2
            return [out, x]

    rows = build(Turned).reached(torch.ones(1, 2), upstream=torch.ones(1, 2), outputs=2)
    assert rows == [[True, False], [False, False]]


def test_one_request_for_many_calls():
    """A row of arguments each, in order; the first that raises is told behind those before it."""
    names = submission(area=lambda height, width=3: height * width, half=lambda n: 1 / n)
    assert [*names.call_each("area", [(2, 3), (4, 5)])] == [6, 20]
    assert [*names.call_each("area", [(2,), (4, 5)], [{"width": 7}, {}])] == [14, 20]
    assert [*names.call_each("area", [])] == []
    found = names.call_each("half", [(1,), (0,), (2,)])
    assert next(found) == 1
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        next(found)
    with pytest.raises(StudentError, match="is not defined"):
        names.call_each("nothing", [])


def test_many_calls_that_share_what_they_return():
    """Each result is as it was when its call returned."""
    shared, same = torch.zeros(2), []

    def more(number):
        same.append(number)
        return shared.add_(number), same

    rows = [*submission(more=more).call_each("more", [(1,), (2,)])]
    assert [(found.tolist(), told) for found, told in rows] == [([1, 1], [1]), ([3, 3], [1, 2])]


def test_each_call_has_the_seed_and_its_own_arguments():
    """So that many calls in one request are as many requests."""
    x = torch.zeros(2)
    names = submission(noisy=lambda x: x.add_(torch.rand(2)))
    found = [*names.call_each("noisy", [(x,), (x,)], seed=3)]
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], names.call("noisy", x, seed=3))
    assert not x.any()


def test_gradients_of_some_parameters():
    """Of those that are asked for, in that order."""
    handle = build(lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)))
    x, upstream = torch.ones(1, 2), torch.ones(1, 2)
    every = handle.gradients(x, upstream=upstream)
    some = handle.gradients(x, upstream=upstream, only=[3, 0])
    assert torch.equal(some[0], every[3])
    assert torch.equal(some[1], every[0])
    assert handle.gradients(x, upstream=upstream, only=[]) == []


def test_gradients_of_others_than_asked_for_are_refused():
    """Whoever answers with fewer is told so, not taken for a fault of the check."""

    class Miser(LocalTransport):
        def request(self, header, tensors):
            reply, back = super().request(header, tensors)
            if header["op"] == "gradients":
                reply["value"] = reply["value"][:1]
            return reply, back

    handle = Submission(Miser({"make": lambda: nn.Linear(2, 2)})).build("make")
    with pytest.raises(BadReply, match="gradients of other parameters than those asked for"):
        handle.gradients(torch.ones(1, 2), upstream=torch.ones(1, 2), only=[0, 1])


def test_a_state_of_another_layout_is_not_loaded():
    """Nothing is set, not even what would fit."""
    handle = build(lambda: nn.Linear(2, 3))
    before = [entry.value for entry in handle.state().entries]
    values = {0: torch.ones(3, 2), 1: torch.ones(3)}
    layout = [("parameter", 2), ("parameter", 1), ("buffer", 1)]
    with pytest.raises(StudentError, match="another layout"):
        handle.forward(torch.ones(1, 2), values=values, layout=layout)
    with pytest.raises(StudentError, match="invalid for input of size"):
        handle.forward(torch.ones(1, 2), values={0: torch.ones(3, 2), 1: torch.ones(4)})
    after = [entry.value for entry in handle.state().entries]
    assert all(map(torch.equal, before, after))
    output = handle.forward(torch.ones(1, 2), values=values, layout=layout[:2])
    assert output.tolist() == [[3, 3, 3]]


def test_a_trace_that_fails_on_zeros_is_made_with_numbers():
    """Convolutions are not computed for a trace, unless the code does not stand that."""

    class Normed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            y = self.conv(x)
            assert y.abs().max() > 0, "nothing came"
            return y

    trace = build(Normed).trace(torch.ones(1, 1, 4, 4))
    assert [unit.op for unit in trace.units][:1] == ["conv2d"]
    assert trace.output_shape == (1, 2, 2, 2)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_lazy_layers_are_refused(device):
    """They are told at once, by name; once they have seen a batch they are layers as others."""
    lazy = lambda: nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d())  # noqa: E731
    with pytest.raises(StudentError, match=r"\(LazyBatchNorm2d, LazyConv2d\) have no parameters"):
        build(lazy, device=device)

    def warmed():
        layers = lazy()
        layers(torch.zeros(2, 3, 5, 5))
        return layers

    assert build(warmed).state().count == 4 * 3 * 9 + 4 + 8


def test_gradients_of_upstream_and_labels():
    """One gradient a parameter; None for what takes no part or is frozen."""

    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
            self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

        def forward(self, x):
            return self.used(x) + self.frozen

    handle = build(Half)
    frozen, used, unused = handle.gradients(torch.ones(1, 2), upstream=torch.ones(1, 2))
    assert (frozen, unused) == (None, None)
    assert torch.equal(used, torch.ones(2, 2))
    assert handle.gradients(torch.ones(1, 2), labels=torch.tensor([1]))[1] is not None


def test_fit_goes_on_where_it_stopped():
    """Two short fits with their seeds are one long training; the loss falls."""
    x = torch.randn(32, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0).long()
    handle = build(lambda: nn.Linear(2, 2))
    losses = [
        loss for seed in range(3)
        for loss in handle.fit(x, y, steps=5, batch_size=16, learning_rate=0.5, seed=seed)
    ]  # fmt: skip
    assert len(losses) == 15
    assert losses[-1] < 0.5 * losses[0]


def test_probe_net():
    """A net of ours from a plain description; unknown layers are refused."""
    names = submission()
    net = names.probe_net([["Conv2d", 1, 2, 3, {"padding": 1}], ["Flatten"], ["Linear", 8, 3]])
    assert net.forward(torch.zeros(2, 1, 2, 2)).shape == (2, 3)
    with pytest.raises(StudentError, match="a probe net has no layer 'Lambda'"):
        names.probe_net([["Lambda"]])


def test_probe_layer():
    """One layer of ours is that layer, not a network around it, and can be handed on."""
    names = submission(kind=lambda layer: type(layer).__name__)
    layer = names.probe_layer("Linear", 8, 3, bias=False, seed=1)
    assert names.call("kind", layer) == "Linear"
    assert [entry.shape for entry in layer.state().entries] == [(3, 8)]
    with pytest.raises(StudentError, match="a probe net has no layer 'Lambda'"):
        names.probe_layer("Lambda")


def test_nothing_that_is_no_module_has_state():
    """A function in a module's place is told by its type."""
    from autograder.submission.surroundings import state_of

    with pytest.raises(TypeError, match=r"expected an nn.Module, got int"):
        state_of(3)
