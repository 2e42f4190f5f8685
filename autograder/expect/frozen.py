"""Cases of the reference as plain arrays: sharp checks where the reference itself is not."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.expect.cases import Case, Layer
from autograder.expect.groups import Group

Frozen = Mapping[str, Case]
"""Cases by name, as a check gets them that asks for ``frozen``."""
FORMAT = 2
"""Raised when cases are kept in another form; files of another format are made anew."""
FIELDS = ("weight", "bias", "gamma", "beta", "mean", "var")


def save_frozen(path: Path, cases: Mapping[str, Case], stamp: str) -> None:
    """Write cases to an ``.npz`` of plain arrays; ``stamp`` tells what they were made from."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    meta: dict[str, Any] = {"format": FORMAT, "stamp": stamp, "cases": {}}
    for name, case in cases.items():
        arrays[f"{name}/output"] = case.output.numpy()
        for number, tensor in enumerate(case.inputs):
            arrays[f"{name}/input/{number}"] = tensor.numpy()
        for number, layer in enumerate(case.layers):
            for field in FIELDS:
                value = getattr(layer, field)
                if value is not None:
                    arrays[f"{name}/layer/{number}/{field}"] = value.numpy()
        groups = [asdict(layer.group) for layer in case.layers]
        meta["cases"][name] = {"groups": groups, "inputs": len(case.inputs), "train": case.train}
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def stamp_of(path: Path) -> str:
    """What a file of cases was made from; empty when there is none that can be read."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
            return str(meta["stamp"]) if meta.get("format") == FORMAT else ""
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return ""


def load_frozen(path: Path) -> dict[str, Case]:
    """The cases of a file by name; none when there is no such file."""
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        return {name: _case(name, about, arrays) for name, about in meta["cases"].items()}


def _case(name: str, about: Mapping[str, Any], arrays: Mapping[str, Any]) -> Case:
    def tensor(key: str) -> Tensor | None:
        return torch.from_numpy(arrays[key].copy()) if key in arrays else None

    layers = []
    for number, group in enumerate(about["groups"]):
        values = {field: tensor(f"{name}/layer/{number}/{field}") for field in FIELDS}
        described = Group(**{**group, "shape": tuple(group["shape"])})
        layers.append(Layer(group=described, **values))
    inputs = [tensor(f"{name}/input/{number}") for number in range(about["inputs"])]
    output = tensor(f"{name}/output")
    assert output is not None
    return Case(tuple(layers), tuple(x for x in inputs if x is not None), output, about["train"])
