"""Words pydantic's errors as a partner's engineer wants them: what is wrong, in which line, and what to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from cspctl.errors import Problem
from cspctl.fields import Shape, shape_of
from cspctl.part import HANDLE, Metadata
from cspctl.resource import Resource
from cspctl.source import Document

WANTED = {
    "string_type": "text",
    "list_type": "a list (lines that start with '- ')",
    "dict_type": "a map (lines of 'name: value')",
    "model_type": "a map (lines of 'name: value')",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "bool": "true or false",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
}
NAMES = "Use letters, digits, '.', '_' and '-' (at most 80), beginning with a letter or digit."
LONGEST = 60
"""Characters of a found value that are quoted."""

Loc = Sequence[int | str]


def problem_of(document: Document, kind: type[Resource], detail: ErrorDetails) -> Problem:
    """The problem that one of pydantic's errors means."""
    loc = detail["loc"]
    where = document.locate(loc if loc[:1] == ("metadata",) else ("spec", *loc))
    what, remedy = _worded(kind, loc, _printed(kind.shape(), document.value.get("spec"), loc), detail)
    return Problem(where, what, remedy)


def _printed(shape: Shape, value: Any, loc: Loc) -> str:
    """The path as plans print it: an item by its key (``subnets[app]``), or by its number where it has none."""
    path, inner = "", shape if not loc or loc[0] in shape.fields else None
    for step in loc:
        value = _inner(value, step)
        if isinstance(step, int) and inner and inner.item:
            key = value.get(inner.key) if inner.key and isinstance(value, dict) else None
            path, inner = f"{path}[{key}]" if key else f"{path}.{step}", inner.item
        else:
            path, inner = f"{path}.{step}" if path else str(step), inner and inner.fields.get(str(step))
    return path or "spec"


def _inner(value: Any, step: int | str) -> Any:
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def _worded(kind: type[Resource], loc: Loc, name: str, detail: ErrorDetails) -> tuple[str, str]:
    error, found = detail["type"], quoted(detail["input"])
    message = detail["msg"].removeprefix("Value error, ").replace("Value should", "String should")
    if error == "extra_forbidden":
        return f'unknown field "{loc[-1]}" in {_inside(kind, loc[:-1])}', nearest(str(loc[-1]), _known(kind, loc[:-1]))
    if error == "missing":
        return f"{name} is missing", f"Add '{loc[-1]}:'."
    if error in WANTED:
        return f"{name}: wrong type: {found}", f"Write {WANTED[error]}."
    if error == "literal_error":
        return f"{name}: {found} is not allowed", f"Write {detail['ctx']['expected']}."
    if error.startswith("date"):
        return f"{name}: {found} is no date", "Write a date such as 2026-11-01."
    if error == "string_pattern_mismatch":
        pattern = detail["ctx"]["pattern"]
        return f"{name}: {found} is not a valid name", NAMES if pattern == HANDLE else f"It must match {pattern}."
    if error == "wrong":  # raised by a kind, with the remedy
        return f"{name}: {message}", str(detail["ctx"]["remedy"])
    return (
        f"{name}: {message.replace('items after validation, not', 'characters, not').partition(', not')[0]}",
        f"Found {found}.",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or all of them."""
    known = list(known)
    folded = name.replace("_", "").casefold()
    close = [k for k in known if k.casefold() == folded] or get_close_matches(name, known, 1, 0.6)
    if not known:
        return "It has none."
    return f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known names that were probably meant, where all of them would be too many to name."""
    close = get_close_matches(name.casefold(), by_case := {one.casefold(): one for one in known}, 3, 0.6)
    return f"Did you mean {' or '.join(by_case[one] for one in close)}?" if close else "Correct its name."


def quoted(value: Any) -> str:
    """What was found, in a few words and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = " ".join(str(value).split())
    return f'"{text[:LONGEST]}…"' if len(text) > LONGEST else f'"{text}"'


def _known(kind: type[Resource], path: Loc) -> list[str]:
    in_metadata = path[:1] == ("metadata",)
    shape: Shape | None = shape_of(Metadata) if in_metadata else kind.shape()
    for step in path[1:] if in_metadata else path:
        if shape and isinstance(step, str) and step in shape.fields:
            shape = shape.fields[step]
        elif shape and isinstance(step, int):
            shape = shape.item
    return list(shape.fields) if shape else []


def _inside(kind: type[Resource], path: Loc) -> str:
    names = [step for step in path if isinstance(step, str)]
    return f"{kind.__name__} {'.'.join(names)}" if names else kind.__name__
