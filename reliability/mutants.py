"""Mutants of texts and of JSON documents: damaged, cut off, mistyped, or meant badly. The same seed gives the same."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, float("nan"), "", " ", "x", "-", "..", "../../x", "a/b", "\x00", "\u202e",
    "\ud800", "🦊" * 40, "x" * 5000, "null", "{}", "%s", "$(id)", "2026-13-40", "9999-12-31T23:59:59+14:00",
    "00000000-0000-0000-0000-000000000000", [], {}, [[]], [None], {"": None}, {"a": {"a": {"a": []}}}, [1, "1"],
)  # fmt: skip
"""What stands where something else should."""
WORDS = (
    "null", "~", "true", "no", "0", "-1", "1e999", ".nan", "{}", "[]", "{a:", "[", "]", "}", ":", "-", "?", "|", ">",
    "&", "*", "!", "%", "@", "`", "#", "---", "...", ",", "'", '"', "\\", "&a [*a]", "*none", "<<: *a", "? [a]",
    "!!python/object:os.system", "!!binary x", "0x1F", "2026-11-31", "\t", "\u2028",
    "a: b: c", "- - -", "metadata:", "spec:", "kind: Nothing", "name: ../x", "customer: nobody", "{env: }", "$ref",
)  # fmt: skip
"""Tokens that mean something to a reader of YAML, or to whoever uses what was read."""
DEEP = 3000
"""A nesting that no reader should follow to its end."""


def damaged(random: random.Random, data: bytes) -> bytes:
    """Some bytes changed, removed, inserted, doubled, or everything after one cut off."""
    at = random.randrange(len(data) + 1)
    until = min(len(data), at + random.choice((1, 1, 2, 8, 60)))
    new = bytes(random.randrange(256) for _ in range(random.choice((1, 1, 2, 5))))
    return random.choice(
        (
            data[:at],
            data[:at] + new + data[until:],
            data[:at] + data[until:],
            data[:at] + new + data[at:],
            data[:until] + data[at:],
            data + data[at:],
        )
    )


def mistyped(random: random.Random, data: bytes) -> bytes:
    """Words or lines changed, moved, doubled, or indented otherwise."""
    text = data.decode("utf-8", errors="replace")
    splitter = random.choice((r"(\n)", r"(\n)", r"([\s:,{}\[\]\"']+)"))
    parts = re.split(splitter, text)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        one, other = random.randrange(len(parts)), random.randrange(len(parts))
        match random.randrange(6):
            case 0:
                parts[one] = random.choice(WORDS)
            case 1:
                parts[one], parts[other] = parts[other], parts[one]
            case 2:
                parts[one] = ""
            case 3:
                parts.insert(one, parts[other])
            case 4:
                parts[one] = " " * random.choice((1, 2, 3)) + parts[one]
            case 5:
                parts[one] = parts[one].strip() + random.choice(WORDS)
    return "".join(parts).encode("utf-8", errors="surrogatepass")


def remade(random: random.Random, data: bytes) -> bytes:
    """A JSON document with values of other types, or fields gone, renamed, doubled, or nested beyond reason."""
    try:
        document = json.loads(data)
    except ValueError:
        return damaged(random, data)
    places = list(_places(document))
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        container, key = random.choice(places) if places else ([document], 0)
        _remake(random, container, key)
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.03:
        text = text.replace(":", ":" + "[" * DEEP, 1)
    return text.encode("utf-8", errors="surrogatepass")


def _remake(random: random.Random, container: Any, key: Any) -> None:
    if isinstance(container, dict):
        if key not in container:
            return
        match random.randrange(4):
            case 0:
                del container[key]
            case 1:
                container[random.choice(("x", "", "id", "value", key.upper()))] = container.pop(key)
            case _:
                container[key] = random.choice(VALUES)
    elif key < len(container):
        match random.randrange(3):
            case 0:
                del container[key]
            case 1:
                container.append(container[key])
            case _:
                container[key] = random.choice(VALUES)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def text_mutant(seed: int, data: bytes) -> bytes:
    """A mutant of a text file."""
    chance = random.Random(seed)  # noqa: S311 # the same each time
    return chance.choice((damaged, mistyped, mistyped))(chance, data)


def json_mutant(seed: int, data: bytes) -> bytes:
    """A mutant of a JSON document."""
    chance = random.Random(seed)  # noqa: S311 # the same each time
    return chance.choice((damaged, mistyped, remade, remade, remade))(chance, data)


def lines_mutant(seed: int, data: bytes) -> bytes:
    """A mutant of a file with a JSON document in each line: one line is changed, or the lines are."""
    chance = random.Random(seed)  # noqa: S311 # the same each time
    if chance.random() < 0.3:
        return text_mutant(seed + 1, data)
    lines = data.split(b"\n")
    at = chance.randrange(max(1, len(lines) - 1))
    lines[at] = json_mutant(seed + 1, lines[at])
    return b"\n".join(lines)
