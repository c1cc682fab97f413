"""Understands OData's $filter as the directory supports it; the only place that parses it.

https://learn.microsoft.com/graph/filter-query-parameter and …/aad-advanced-queries
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cspctl.simulator.graph.errors import refuse
from cspctl.simulator.wire import Refused

Predicate = Callable[[dict[str, Any]], bool]
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),:])|(?P<word>[^\s(),:']+))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: bool(found == wanted),
    "ne": lambda found, wanted: bool(found != wanted),
    "ge": lambda found, wanted: _are_texts(found, wanted) and bool(found >= wanted),
    "le": lambda found, wanted: _are_texts(found, wanted) and bool(found <= wanted),
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
# What OData's readers take unless they are told otherwise.
# https://learn.microsoft.com/odata/webapi-8/fundamentals/query-options
DEEPEST = 100
# These need the header ConsistencyLevel: eventual and $count=true.
ADVANCED = {"ne", "not", "endswith"}
# The directory's objects know neither of these; the relationships of delegated administration do.
NOT_OF_THE_DIRECTORY = {"contains"}


def parse(text: str, type: str, known: set[str], *, advanced: bool) -> Predicate:
    """Return what tells whether an object (by its properties) passes, or refuse what is no filter."""
    if sum(each.lower() in {"(", "not"} for each in _tokens(text)) > DEEPEST:
        reason = f"The node count limit of '{DEEPEST}' has been exceeded."
        raise refuse(400, "BadRequest", f"Invalid filter clause: {reason}")
    parser = _Parser(text, type, known, advanced=advanced)
    predicate = parser.alternatives()
    if parser.peek() is not None:
        raise parser.invalid()
    return predicate


def _are_texts(*values: Any) -> bool:
    return all(isinstance(each, str) for each in values)


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class _Parser:
    def __init__(self, text: str, type: str, known: set[str], *, advanced: bool) -> None:
        self._tokens, self._text = _tokens(text), text
        self._known = {name.lower(): name for name in known}
        self._type, self._advanced = type, advanced

    def peek(self) -> str | None:
        return self._tokens[0] if self._tokens else None

    def invalid(self) -> Refused:
        return refuse(400, "BadRequest", f"Invalid filter clause: Syntax error in '{self._text}'.")

    def _unsupported(self, name: str) -> Refused:
        text = f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{self._type}'."
        return refuse(400, "Request_UnsupportedQuery", text)

    def _take(self, wanted: str = "") -> str:
        if not self._tokens or (wanted and self._tokens[0].lower() != wanted):
            raise self.invalid()
        return self._tokens.pop(0)

    def _takes(self, wanted: str) -> bool:
        found = self.peek()
        if found is None or found.lower() != wanted:
            return False
        self._tokens.pop(0)
        return True

    def alternatives(self) -> Predicate:
        parts = [self._together()]
        while self._takes("or"):
            parts.append(self._together())
        return lambda each: any(part(each) for part in parts)

    def _together(self) -> Predicate:
        parts = [self._single()]
        while self._takes("and"):
            parts.append(self._single())
        return lambda each: all(part(each) for part in parts)

    def _single(self) -> Predicate:
        if self._takes("not"):
            self._check_advanced("not")
            inner = self._single()
            return lambda each: not inner(each)
        if self._takes("("):
            inner = self.alternatives()
            self._take(")")
            return inner
        word = self._take()
        if word.lower() in FUNCTIONS and self.peek() == "(":
            return self._function(word.lower())
        if word.lower().endswith("/any"):
            return self._any(word[: -len("/any")])
        return self._comparison(word)

    def _check_advanced(self, operator: str) -> None:
        if operator in ADVANCED and not self._advanced:
            text = (
                f"Operator or function '{operator}' is not supported because the required parameters might be "
                "missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header."
            )
            raise refuse(400, "Request_UnsupportedQuery", text)

    def _name(self, word: str) -> Callable[[dict[str, Any]], Any]:
        first, *rest = word.split("/")
        name = self._known.get(first.lower())
        if name is None:
            text = f"Could not find a property named '{first}' on type 'microsoft.graph.{self._type.lower()}'."
            raise refuse(400, "BadRequest", f"Invalid filter clause: {text}")

        def value(each: dict[str, Any]) -> Any:
            found: Any = each.get(name)
            for part in rest:
                found = found.get(part) if isinstance(found, dict) else None
            return _plain(found)

        return value

    def _value(self) -> Any:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'").lower()
        # A date-time holds colons, which are marks of their own everywhere else.
        while self.peek() == ":":
            token += self._take() + self._take()
        return {"true": True, "false": False, "null": None}.get(token.lower(), token.lower())

    def _function(self, function: str) -> Predicate:
        self._check_advanced(function)
        self._take("(")
        name = self._take()
        if function in NOT_OF_THE_DIRECTORY:
            raise self._unsupported(name)
        value = self._name(name)
        self._take(",")
        wanted = str(self._value())
        self._take(")")
        test = FUNCTIONS[function]
        return lambda each: test(str(value(each) or ""), wanted)

    def _any(self, word: str) -> Predicate:
        value = self._name(word)
        self._take("(")
        variable = self._take()
        self._take(":")
        inner = self._inner(variable)
        self._take(")")
        return lambda each: any(inner(_plain(item)) for item in value(each) or [])

    def _inner(self, variable: str) -> Callable[[Any], bool]:
        word = self._take()
        if word.lower() == "startswith":
            self._take("(")
            self._take(variable.lower())
            self._take(",")
            prefix = str(self._value())
            self._take(")")
            return lambda item: str(item).startswith(prefix)
        path = word.split("/")[1:]
        self._take("eq")
        wanted = self._value()
        return lambda item: _plain(item.get(path[0]) if path and isinstance(item, dict) else item) == wanted

    def _comparison(self, word: str) -> Predicate:
        value, operator = self._name(word), self._take().lower()
        if operator == "in":
            wanted = self._values()
            return lambda each: value(each) in wanted
        if operator not in COMPARISONS:
            raise self.invalid()
        self._check_advanced(operator)
        test, single = COMPARISONS[operator], self._value()
        return lambda each: test(value(each), single)

    def _values(self) -> list[Any]:
        self._take("(")
        found = [self._value()]
        while self._takes(","):
            found.append(self._value())
        self._take(")")
        return found


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if match is None:
            raise refuse(400, "BadRequest", f"Invalid filter clause: Syntax error in '{text}'.")
        found.append(match.group(match.lastgroup or 0))
        position = match.end()
    return found
