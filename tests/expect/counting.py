"""What was asked of a submission."""

from __future__ import annotations

from collections import Counter
from typing import Any

from autograder.submission import LocalTransport


class Counting(LocalTransport):
    """Counts requests by what is asked."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.asked: Counter[str] = Counter()

    def request(self, header: dict[str, Any], tensors: Any) -> Any:
        """Count it, then ask."""
        self.asked[header["op"]] += 1
        return super().request(header, tensors)
