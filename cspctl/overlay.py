"""Lays what a manifest mentions over what is live: the one place that decides what "mentioned" means.

Objects merge field by field, maps key by key, keyed lists item by item; a plain list is one value. ``null`` removes a
field or an entry, ``absent: true`` an item, and a *complete* list or map keeps nothing that is not mentioned.
Whatever is not mentioned is the same before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from cspctl.fields import AnyCase, Default, NotCompared, Shape

ABSENT = "absent"
Doc = dict[str, Any]


def overlay(shape: Shape, live: Any, desired: Any, complete: Set[str] = frozenset(), sent: bool = False) -> Any:
    """What should be there: `live` with every mentioned part of `desired` laid over it. Neither is changed.

    `complete` has the dotted paths of lists and maps that keep nothing else. With `sent`, fields that are only sent
    and never compared are in the result too.
    """
    return _Overlay(complete, sent).of(shape, live, desired, "")


@dataclass(frozen=True)
class _Overlay:
    complete: Set[str]
    sent: bool

    def of(self, shape: Shape, live: Any, desired: Any, path: str) -> Any:
        if shape.form == "object" and isinstance(desired, dict):
            return self.object(shape, live if isinstance(live, dict) else {}, desired, path)
        if shape.form == "map" and isinstance(desired, dict):
            return _map(live if isinstance(live, dict) else {}, desired, path in self.complete)
        if shape.form == "keyed" and isinstance(desired, list):
            return self.keyed(shape, live if isinstance(live, list) else [], desired, path)
        return live if same(shape, live, desired) else desired

    def object(self, shape: Shape, live: Doc, desired: Doc, path: str) -> Doc:
        result = dict(live)
        for name, wanted in desired.items():
            field = shape.fields.get(name)
            if field is None or name == ABSENT or (field.mark(NotCompared) and not self.sent):
                continue
            if wanted is None:
                if not _is_nothing(field, live.get(name)):
                    result.pop(name, None)
            elif name in live or not _is_default(field, wanted):
                value = self.of(field, live.get(name), wanted, f"{path}.{name}" if path else name)
                whole = field.form in ("list", "set")  # of the others, there is nothing to remove from nothing
                if name in live or value not in ({}, []) or whole:
                    result[name] = value
        return result

    def keyed(self, shape: Shape, live: list[Any], desired: list[Any], path: str) -> list[Any]:
        assert shape.item is not None
        wanted = {key_of(shape, item): item for item in desired}
        result = []
        for item in live:
            mine = wanted.pop(key_of(shape, item), None)
            if mine is None:
                if path not in self.complete:
                    result.append(item)
            elif not shape.key:
                result.append(item)
            elif not mine.get(ABSENT):
                result.append({**self.of(shape.item, item, mine, path), shape.key: item[shape.key]})
        new = [item for item in wanted.values() if not (isinstance(item, dict) and item.get(ABSENT))]
        return result + [self.of(shape.item, {}, item, path) if shape.key else item for item in new]


def same(shape: Shape, live: Any, desired: Any) -> bool:
    """Whether two values of one field mean the same: ids and names without case, sets without order."""
    if live == desired:
        return True
    if shape.form == "set" and isinstance(live, list) and isinstance(desired, list):
        return sorted(map(str, live)) == sorted(map(str, desired))
    if isinstance(live, str) and isinstance(desired, str) and (shape.ref or shape.mark(AnyCase)):
        return live.strip().casefold() == desired.strip().casefold()
    return False


def _is_nothing(field: Shape, there: Any) -> bool:
    """Whether what is live is what the service has when nothing has been set: null cannot take that away."""
    default: Default | None = field.mark(Default)
    return there in (None, {}, []) or (default is not None and default.value == there)


def _is_default(field: Shape, wanted: Any) -> bool:
    default = field.mark(Default)
    return (default is not None and default.value == wanted) or (field.form == "keyed" and wanted == [])


def _map(live: Doc, desired: Doc, whole: bool) -> Doc:
    result = {} if whole else dict(live)
    for name, wanted in desired.items():
        # Tag names are case-insensitive in Azure: an entry keeps the spelling that is there.
        there = next((n for n in live if n.casefold() == name.casefold()), name)
        if wanted is None:
            result.pop(there, None)
        else:
            result[there] = wanted
    return {name: result[name] for name in [*(n for n in live if n in result), *(n for n in result if n not in live)]}


def key_of(shape: Shape, item: Any) -> str:
    """The key of an item of a keyed list, case-folded, as services compare names."""
    return str(item.get(shape.key, "") if shape.key else item).casefold()


def unmanaged(shape: Shape, live: Any, desired: Any, complete: Set[str], path: str = "") -> Iterator[tuple[str, int]]:
    """How many live items of each keyed list lie outside the manifest, as (path, count)."""
    if not isinstance(live, dict):
        return
    desired = desired if isinstance(desired, dict) else {}
    for name, field in shape.fields.items():
        here = f"{path}.{name}" if path else name
        if field.form == "object":
            yield from unmanaged(field, live.get(name), desired.get(name), complete, here)
        elif field.form == "keyed" and field.key and name in live and here not in complete:
            if name in desired and desired[name] is None:
                continue  # all of them are to go
            mentioned = {key_of(field, item) for item in desired.get(name) or []}
            if count := sum(key_of(field, item) not in mentioned for item in live[name]):
                yield here, count
