"""Mutations of JSON that keep it JSON, as a rule: what plain bit flips hardly ever get to."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

Plain = Callable[[bytes, int], bytes]
"""The fuzzer's own mutation: bytes and their largest size."""

BOUNDS = (0, 1, 4000, 20_000, 2**31, 2**40, 2**40 + 1, 2**63 - 1, 2**63, -(2**63), 10**30)
MARK = "@nasty{}@"
NASTY = (
    "null", "true", "false", "0", "1", "-1", "1.0", "-0.0", "1e999", "NaN", "-Infinity",
    "2147483648", "1099511627776", "1099511627777", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "9" * 5000, "1e-400", '""', '"\\ud800"', '"\\udcff\\u0000\\u001b[31m"',
    '"nan"', '"1e5"', "[]", "{}", "[[]]", "[{}]", "[null]", "[0,0]", "[true]", "[1,1099511627776]",
    "[0,1099511627776,1099511627776]", "[-1]", "[8193]", "[1.5]", "[[0]]", "[[1099511627776,0]]",
    "[" * 11 + "]" * 11, "[" * 14 + "]" * 14, "[" * 970 + "]" * 970,
    '{"a":' * 970 + "1" + "}" * 970, "[" * 100_000, "[" + "0," * 4100 + "0]",
    "[" + "0," * 20_010 + "0]", '"' + "x" * 70_000 + '"',
    '{"$tensor":0}', '{"$tensor":1}', '{"$tensor":true}', '{"$module":0}', '{"$module":-1}',
    '{"$float":"nan"}', '{"$float":"inf"}', '{"$float":[]}', '{"$opaque":"<b>\\ud800"}',
    '{"$tuple":[]}', '{"$tuple":[[1]]}', '{"$dict":[]}', '{"$dict":[[1,2],[1.0,3]]}',
    '{"$dict":[[[1],2]]}', '{"$dict":[[{"$tensor":0},2]]}', '{"$dict":[[{"$tuple":[[1]]},2]]}',
    '{"$dict":[[{"$float":"nan"},{"$dict":[]}]]}', '{"$dict":{}}', '{"$tuple":{"$tuple":[]}}',
    '{"cells":[]}', '{"nbgrader":{"grade_id":["x"]}}', '["a\\ud800","b"]', '["a",1]', '"float16"',
    '"bfloat16"', '"bool"', '"uint8"', '"int64"', '"complex64"', '"buffer"', '"transposed"',
    '"open"', '"product"', '"add"', '"scale"', '"batch_norm"', '"error"', '"display_data"',
    '"SystemExit"', '"code"', '"heading"', '"raw"',
)  # fmt: skip


def mutated_json(text: bytes, rng: random.Random) -> bytes | None:
    """``text`` with one to four changes to its tree; None where it holds no object or list."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict | list):
            return None
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            _change(document, rng)
        made = json.dumps(document, separators=(",", ":"), ensure_ascii=rng.random() < 0.5)
    except (ValueError, RecursionError):
        return None
    for number, nasty in enumerate(NASTY):
        made = made.replace(json.dumps(MARK.format(number)), nasty)
    if rng.random() < 0.05:  # one key twice
        twice = f"{json.dumps(rng.choice(_keys(document)))}:{rng.choice(NASTY)},"
        made = made.replace("{", "{" + twice, 1)
    return made.encode("utf-8", "surrogatepass")


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys, up to a few thousand."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting and len(found) < 5000:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(min(len(node), 200))
        found += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    return found


def _keys(document: Any) -> list[str]:
    return [key for _, key in _places(document) if isinstance(key, str)] or ["a"]


def _change(document: Any, rng: random.Random) -> None:
    """One change in place."""
    places = _places(document)
    if not places:
        return
    node, key = rng.choice(places)
    value = node[key]
    kind = rng.randrange(11)
    if kind == 10:
        _row(document, rng)
    elif kind == 0:
        del node[key]
    elif kind in (1, 8) and type(value) is int:
        node[key] = rng.choice((value + 1, value - 1, -value, 2 * value, *BOUNDS))
    elif kind == 2:
        other, place = rng.choice(places)
        node[key] = _copied(other[place])
    elif kind == 3 and isinstance(node, list):
        node.insert(key, _copied(value))
    elif kind == 4 and isinstance(node, list):
        rng.shuffle(node)
    elif kind == 5 and isinstance(node, dict):
        node[rng.choice(_keys(document))] = node.pop(key)
    elif kind == 6 and isinstance(value, list):
        node[key] = value * rng.choice((0, 2, 3))
    elif kind == 7 and isinstance(value, str):
        at = rng.randint(0, len(value))
        node[key] = value[:at] + rng.choice(("\ud800", "\0", "<", "](", '"', "1", "x")) + value[at:]
    else:
        node[key] = MARK.format(rng.randrange(len(NASTY)))


def _row(document: Any, rng: random.Random) -> None:
    """One row more or less in a table that is told by its columns."""
    tables: list[list[list[Any]]] = []
    for node, key in _places(document):
        lists = [part for part in node[key].values() if isinstance(part, list)] if isinstance(
            node[key], dict) else []  # fmt: skip
        if len(lists) > 1:
            tables.append([part for part in lists if len(part) == len(lists[0])])
    if not tables or not tables[0][0]:
        return
    columns = rng.choice(tables)
    row, more = rng.randrange(max(1, len(columns[0]))), rng.random() < 0.7
    for column in columns:
        if more and column:
            column.insert(rng.choice((row, len(column))), _copied(column[row]))
        elif column:
            del column[row]


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))
