"""In which order code uses which of its tensors, by watching torch's functions.

One rule covers ``nn.Module`` layers and raw ``nn.Parameter`` code alike: both end in ``conv2d``,
``batch_norm``, ``linear``, a matrix product or elementwise arithmetic. A trace is a hint for the
judge about how to bind weights; what counts are outputs under weights that the judge chose.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from autograder.submission.meta import foreseen
from autograder.submission.units import MAX_UNITS, Unit


class _Made(NamedTuple):
    """A tensor computed from the state alone: from which entries, and whether axes were turned."""

    indices: tuple[int, ...]
    turned: bool


class _Flow(NamedTuple):
    """A tensor computed from the input: after which units; ``maker`` if it is a unit's result."""

    after: tuple[int, ...]
    maker: int | None


class Recorder(TorchFunctionMode):
    """Records units while it is active.

    ``state`` are the tensors that units are told by (their indices); ``inputs`` are where the flow
    begins. Convolutions are only computed if ``compute`` says so: their shape is enough, as a rule.
    """

    def __init__(
        self, state: Sequence[Tensor], inputs: Sequence[Tensor], *, compute: bool = False
    ) -> None:
        super().__init__()
        self._compute = compute
        self.units: list[Unit] = []
        self._sizes = [tensor.numel() for tensor in state]
        self._state = {id(tensor) for tensor in state}
        self._made = {id(tensor): _Made((n,), False) for n, tensor in enumerate(state)}
        self._flow = {id(tensor): _Flow((), None) for tensor in inputs}
        self._kept: list[Tensor] = []  # alive, so that no identity is used twice

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs) if kwargs else {}
        result: Any = None if self._compute else foreseen(func, args, kwargs)
        if result is None:
            result = func(*args, **kwargs)
        name = _name(func)
        if name != "setitem" and not isinstance(result, Tensor | list | tuple):
            return result  # a size, say: no tensor was made
        given = _tensors([*args, *kwargs.values()])
        outputs = given[:1] if name == "setitem" else _tensors([result])
        if outputs and name not in _FRESH:
            if name == "setitem" or name.endswith("_"):
                outputs += [out._base for out in outputs if out._base is not None]
            self._kept += outputs
            self._note(func, name, given[:1] if name in _ALIKE else given, outputs, (args, kwargs))
        return result

    def _note(
        self,
        func: Callable[..., Any],
        name: str,
        given: Sequence[Tensor],
        outputs: Sequence[Tensor],
        call: tuple[tuple[Any, ...], dict[str, Any]],
    ) -> None:
        """Follow the flow through one function; record it if the state takes part."""
        flows = [flow for part in given if (flow := self._flow.get(id(part))) is not None]
        used = [made for part in given if (made := self._made.get(id(part))) is not None]
        indices = _together([made.indices for made in used])
        if not flows:
            made = _Made(indices, name in _TURNING or any(part.turned for part in used))
            for out in outputs if used else ():
                self._made.setdefault(id(out), made)
            return
        after = _together([flow.after for flow in flows])
        if any(id(out) in self._state for out in outputs):
            return  # running statistics brought up to date: no part of the function
        unit = None
        if used or func in _ROLES:
            place: dict[str, Any] = {"used": indices, "after": after, "source": flows[0].maker}
            unit = self._unit(func, name, given, outputs[0], call, place)
        if unit is not None and len(self.units) < MAX_UNITS:
            flow = _Flow((len(self.units),), len(self.units))
            self.units.append(unit)
        else:
            same = name in _RELAYOUTS and len(flows) == 1
            flow = _Flow(after, flows[0].maker if same else None)
        for out in outputs:
            self._flow[id(out)] = flow

    def _unit(
        self,
        func: Callable[..., Any],
        name: str,
        given: Sequence[Tensor],
        output: Tensor,
        call: tuple[tuple[Any, ...], dict[str, Any]],
        place: dict[str, Any],
    ) -> Unit:
        """What this call is and its ``place`` in the flow."""
        shape = tuple(output.shape)
        roles = _ROLES.get(func)
        if roles is not None:
            return self._layer(roles(*call[0], **call[1]), shape, place)
        state = [part for part in given if id(part) in self._made]
        flowing = next(part for part in given if id(part) in self._flow)
        shapes = place | {"in_shape": tuple(flowing.shape), "out_shape": shape}
        matrices = [part for part in state if part.dim() >= 2]
        if name in _PRODUCTS and matrices:
            weight = matrices[0]
            bias = next((part for part in state if part is not weight), None)
            return Unit(
                "product", self._index(weight), None if bias is None else self._index(bias),
                weight_shape=tuple(weight.shape), layout=self._layout(name, given, weight),
                **shapes,
            )  # fmt: skip
        return Unit(_kind(name.strip("_")), **shapes)

    def _layer(self, roles: _Roles, out_shape: tuple[int, ...], place: dict[str, Any]) -> Unit:
        weight = roles.weight
        turned = weight is not None and id(weight) in self._made and self._made[id(weight)].turned
        return Unit(
            roles.op, self._index(weight), self._index(roles.bias), self._index(roles.mean),
            self._index(roles.var), weight_shape=() if weight is None else tuple(weight.shape),
            layout="open" if turned else "weight", stride=roles.stride, groups=roles.groups,
            in_shape=tuple(roles.input.shape), out_shape=out_shape, **place,
        )  # fmt: skip

    def _index(self, tensor: Tensor | None) -> int | None:
        """The entry that a tensor is, or is computed from number by number."""
        made = self._made.get(id(tensor))
        if tensor is None or made is None:
            return None
        return next((n for n in made.indices if self._sizes[n] == tensor.numel()), None)

    def _layout(self, name: str, given: Sequence[Tensor], weight: Tensor) -> str:
        if name not in _MATMULS or self._made[id(weight)].turned:
            return "open"
        first = weight is given[0]
        return "weight" if first != (name.strip("_") == "rmatmul") else "transposed"


class _Roles(NamedTuple):
    """Who is who among the arguments of a layer's function."""

    op: str
    input: Tensor
    weight: Tensor | None
    bias: Tensor | None
    mean: Tensor | None = None
    var: Tensor | None = None
    stride: tuple[int, ...] = ()
    groups: int = 1


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> _Roles:
    steps = (stride, stride) if isinstance(stride, int) else tuple(stride)
    return _Roles("conv2d", input, weight, bias, stride=steps, groups=groups)


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> _Roles:
    return _Roles("linear", input, weight, bias)


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *_: Any,
    **__: Any,
) -> _Roles:
    return _Roles("batch_norm", input, weight, bias, running_mean, running_var)


def _torch_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    *_: Any,
    **__: Any,
) -> _Roles:
    return _Roles("batch_norm", input, weight, bias, running_mean, running_var)


_ROLES: dict[Any, Callable[..., _Roles]] = {
    torch.conv2d: _conv2d,  # F.conv2d is the same object
    F.linear: _linear,
    F.batch_norm: _batch_norm,
    torch.batch_norm: _torch_batch_norm,
}


# Functions by name, so that `torch.mul`, `Tensor.mul` and `*` are one.
_MATMULS = {"matmul", "rmatmul", "mm", "bmm"}
_PRODUCTS = _MATMULS | {"addmm", "addbmm", "baddbmm", "tensordot", "einsum", "inner"}
_SCALES = {"mul", "rmul", "imul", "multiply", "div", "truediv", "itruediv", "divide", "true_divide"}
_SUMS = {"add", "radd", "iadd", "sub", "rsub", "isub", "subtract"}
_TURNING = {
    "t", "T", "mT", "H", "mH", "transpose", "permute", "swapaxes", "swapdims", "movedim",
    "moveaxis", "adjoint",
}  # fmt: skip
_RELAYOUTS = _TURNING | {
    "view", "reshape", "contiguous", "flatten", "unflatten", "squeeze", "unsqueeze", "clone",
    "getitem", "to", "type", "double", "float", "detach", "data", "dropout", "dropout2d",
    "feature_dropout", "alpha_dropout", "chunk", "split", "unbind",
}  # fmt: skip
"""These move numbers about without changing them (in eval mode): who made them stays so."""
_ALIKE = {"to", "type_as", "expand_as", "view_as", "reshape_as"}
"""Of these, the second tensor lends its form alone."""
_FRESH = {
    "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like",
    "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor",
}  # fmt: skip
"""These make tensors whose numbers come from nowhere."""


def _kind(name: str) -> str:
    """The op of a function that is neither a layer of ``_ROLES`` nor a matrix product.

    Of other convolutions it is enough to know that they are: no network is to be made of them.
    """
    if "conv" in name:  # conv1d, conv_transpose2d, convolution, also as torch.ops.aten.conv2d
        return "convolution"
    return "scale" if name in _SCALES else "add" if name in _SUMS else "other"


@functools.lru_cache(4096)
def _name(func: Callable[..., Any]) -> str:
    """A function's name without the double underscores; a getter's is its attribute's."""
    name: str = getattr(func, "__name__", "")
    if name == "__get__":
        return getattr(getattr(func, "__self__", None), "__name__", "")
    return name[2:-2] if name.startswith("__") and name.endswith("__") else name


def _together(parts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The numbers in any of ``parts``, in order (as each of them is)."""
    if len(parts) == 1:
        return parts[0]
    return tuple(sorted({number for part in parts for number in part}))


def _tensors(parts: Sequence[Any]) -> list[Tensor]:
    """The tensors among ``parts``, those inside lists and tuples included."""
    found: list[Tensor] = []
    for part in parts:
        if isinstance(part, Tensor):
            found.append(part)
        elif isinstance(part, list | tuple):
            found += _tensors(part)
    return found
