"""Says which details a deed of `people` takes, and checks those that are given; the one reader of signatures."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from cspctl.simulator.incoming import json_of

Deed = Callable[..., dict[str, Any]]
WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", dict: "an object"}


@dataclass(frozen=True)
class Detail:
    """One detail: its name, the types that it may have, and whether it must be given."""

    name: str
    types: tuple[type, ...]
    needed: bool

    def accepts(self, value: Any) -> bool:
        """Tell whether the value has one of the types; a whole number is a number, a truth is none."""
        if isinstance(value, bool):
            return bool in self.types
        if float in self.types and isinstance(value, int | float):
            return math.isfinite(value)
        return isinstance(value, self.types)

    def read(self, text: str) -> Any:
        """Return what the text says: itself where text is meant, else what it is as JSON; raise ValueError."""
        if self.types == (str,):
            return text
        try:
            value = json_of(text.encode())
        except ValueError:
            value = text
        return value if self.accepts(value) else text


def of(deed: Deed) -> list[Detail]:
    """Return the details that a deed takes, in its order."""
    hints = get_type_hints(deed)
    found = []
    for parameter in inspect.signature(deed).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            needed = parameter.default is parameter.empty
            found.append(Detail(parameter.name, _types(hints[parameter.name]), needed))
    return found


def _types(hint: Any) -> tuple[type, ...]:
    every = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return tuple(get_origin(each) or each for each in every)


def checked(deed: Deed, given: Any) -> dict[str, Any]:
    """Return the details if the deed takes them as they are; raise ValueError with the first that it does not."""
    if not isinstance(given, dict):
        raise ValueError("the details are an object")
    known = {each.name: each for each in of(deed)}
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"there is no detail {unknown[0]} here; known are {', '.join(known)}")
    if missing := [each.name for each in known.values() if each.needed and each.name not in given]:
        raise ValueError(f"the detail {missing[0]} is missing")
    for name, value in given.items():
        if not known[name].accepts(value):
            words = " or ".join(WORDS[each] for each in known[name].types if each in WORDS)
            raise ValueError(f"{name} is {words}")
    document: dict[str, Any] = given
    return document


def written(deed: Deed) -> str:
    """Return the details as a command line takes them: `tenant=… [name=…]`."""
    return " ".join(f"{each.name}=…" if each.needed else f"[{each.name}=…]" for each in of(deed))
