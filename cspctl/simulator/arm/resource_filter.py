"""Reads the `$filter` of lists of resources and groups; the only place that knows what it may say.

https://learn.microsoft.com/rest/api/resources/resources/list#uri-parameters
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.store import Document

Test = Callable[[Document], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[\w/.]+))")
DEEPEST = 100  # parentheses; nobody documents how many there may be
_GROUP = re.compile(r"/resourceGroups/([^/]+)/", re.IGNORECASE)


def test(wanted: str) -> Test:
    """Return whether a document is wanted; refuse a filter that Azure Resource Manager does not know."""
    if not wanted.strip():
        return lambda _: True
    try:
        return _Reader(wanted).read()
    except _Unknown:
        text = f"Invalid $filter '{wanted}' specified in the query string."
        raise refuse(400, "InvalidFilterInQueryString", text) from None


class _Unknown(Exception):
    """The filter says what nobody understands."""


def _value(document: Document, field: str) -> str:
    if field == "resourcegroup":
        found = _GROUP.search(str(document["id"]))
        return found[1].lower() if found else ""
    name = {"resourcetype": "type", "name": "name", "location": "location"}.get(field)
    value = document.get(name) if name else _inner(document, field)
    return str(value or "").lower()


def _inner(document: Document, field: str) -> object:
    outer, _, inner = field.partition("/")
    if outer not in {"identity", "plan"} or not inner:
        raise _Unknown
    found = document.get(outer)
    return (
        next((each for key, each in found.items() if key.lower() == inner), None) if isinstance(found, dict) else None
    )


def _tags(document: Document) -> dict[str, str]:
    return {key.lower(): str(value).lower() for key, value in (document.get("tags") or {}).items()}


class _Reader:
    """One filter: terms joined by `and`, which binds closer, and `or`."""

    def __init__(self, wanted: str) -> None:
        self._words: list[str] = []
        end = len(wanted.rstrip())
        position = 0
        while position < end:
            found = _TOKEN.match(wanted, position)
            if found is None:
                raise _Unknown
            self._words.append(found[0].strip())
            position = found.end()
        if self._words.count("(") > DEEPEST:
            raise _Unknown

    def read(self) -> Test:
        made = self._either()
        if self._words:
            raise _Unknown
        made({"id": "", "type": ""})  # names an unknown field at once
        return made

    def _next(self, *expected: str) -> str:
        if not self._words or (expected and self._words[0].lower() not in expected):
            raise _Unknown
        return self._words.pop(0)

    def _joined(self, word: str, term: Callable[[], Test]) -> list[Test]:
        terms = [term()]
        while self._words and self._words[0].lower() == word:
            self._next()
            terms.append(term())
        return terms

    def _either(self) -> Test:
        terms = self._joined("or", self._all)
        # Every term is asked, so that an unknown field in any of them is noticed.
        return lambda document: any([term(document) for term in terms])  # noqa: C419

    def _all(self) -> Test:
        terms = self._joined("and", self._term)
        return lambda document: all([term(document) for term in terms])  # noqa: C419

    def _term(self) -> Test:
        word = self._next()
        if word == "(":
            inner = self._either()
            self._next(")")
            return inner
        if word.lower() in {"substringof", "startswith"}:
            return self._function(word.lower())
        if word.lower() == "tagname":
            return self._tag()
        operator, value = self._next("eq", "ne").lower(), self._text()
        return lambda document: (_value(document, word.lower()) == value) is (operator == "eq")

    def _text(self) -> str:
        word = self._next()
        if not word.startswith("'"):
            raise _Unknown
        return word[1:-1].replace("''", "'").lower()

    def _tag(self) -> Test:
        self._next("eq")
        name = self._text()
        if [each.lower() for each in self._words[:2]] != ["and", "tagvalue"]:
            return lambda document: name in _tags(document)
        del self._words[:2]
        self._next("eq")
        value = self._text()
        return lambda document: _tags(document).get(name) == value

    def _function(self, name: str) -> Test:
        self._next("(")
        if name == "startswith":
            self._next("tagname")
            self._next(",")
            prefix = self._text()
            self._next(")")
            return lambda document: any(key.startswith(prefix) for key in _tags(document))
        part = self._text()
        self._next(",")
        field = self._next("name", "resourcegroup").lower()
        self._next(")")
        return lambda document: part in _value(document, field)
