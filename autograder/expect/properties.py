"""Checks that need no reference: what must hold of a right answer by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.expect.tensors import close, is_tensor
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle


def batch_independent(handle: ModuleHandle, x: Tensor, *, of: str = "the module") -> None:
    """In evaluation mode each image's result is the same alone as in the batch ``x``."""
    together = is_tensor(handle.forward(x), of=f"the output of {of}")
    if together.dim() == 0 or len(together) != len(x):
        raise Unmet(
            f"{of} mixes up the batch",
            expected=f"{len(x)} results for {len(x)} images, the batch first",
            got=f"an output of shape {tuple(together.shape)}",
            hint="Flatten and reshape must leave the first axis alone.",
        )
    alone = [is_tensor(handle.forward(image[None]), of=f"the output of {of}") for image in x]
    tol = 1e-8 if x.dtype == torch.float64 else 1e-4
    for single, row in zip(alone, together, strict=True):
        close(
            single, row[None], of=f"the output of {of} for one image alone", rtol=tol, atol=tol,
            hint="Something looks across the batch, such as batch norm in training mode.",
        )  # fmt: skip
