"""Says in which fields two documents of one kind differ; the only importer of ``deepdiff``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cspctl.fields import Grants, Immutable, Shape
from cspctl.overlay import key_of


class Missing:
    """The value of a field that is not there; unlike None, which is ``null`` in a manifest."""

    def __repr__(self) -> str:
        """As it is printed in messages."""
        return "(not set)"


MISSING = Missing()
Path = tuple[str, ...]
KEY = "\0key:"  # marks a step that is the key of a keyed list, not a field name


@dataclass(frozen=True)
class FieldChange:
    """One field that differs: its path as printed (``subnets[app].addressPrefix``), before and after."""

    path: str
    before: Any
    after: Any
    immutable: Immutable | None = None
    grants: bool = False
    """Whether rights are what it gives, or takes away."""
    narrows: bool = False
    """Whether rights are what it keeps away: then less of it gives more."""

    @property
    def field(self) -> str:
        """The top-level field it belongs to."""
        return self.path.partition(".")[0].partition("[")[0]


def differences(shape: Shape, before: Any, after: Any) -> tuple[FieldChange, ...]:
    """The fields in which `before` and `after` differ, each list that is not keyed being one value."""
    if before == after:  # by far the commonest case, and a thousand times cheaper than looking for differences
        return ()
    from deepdiff import DeepDiff

    names: dict[str, str] = {}
    old, new = _keyed_as_maps(shape, before, names), _keyed_as_maps(shape, after, names)
    tree = DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0)
    whole = {_whole(level.path(output_format="list")) for kind in tree.values() for level in kind}
    leaves = {leaf for path in whole for leaf in _leaves(path, _raw(old, path), _raw(new, path))}
    paths = sorted(leaves, key=lambda path: (_place(new, path), path))
    return tuple(
        FieldChange(_printed(p, names), _at(old, p), _at(new, p), _immutable(shape, p), *_grants(shape, p))
        for p in paths
    )


def _place(value: Any, path: Path) -> tuple[int, ...]:
    """Where a path stands in a document: differences are listed in the manifest's own order."""
    places: list[int] = []
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return (*places, len(value) if isinstance(value, dict) else 0)
        places.append(list(value).index(step))
        value = value[step]
    return tuple(places)


def _leaves(path: Path, before: Any, after: Any) -> Iterator[Path]:
    """An object that appears or vanishes is shown field by field, an item of a keyed list as a whole."""
    there = after if before is MISSING else before if after is MISSING else None
    if isinstance(there, dict) and there and not (path and path[-1].startswith(KEY)):
        for step, inner in there.items():
            yield from _leaves((*path, step), *((MISSING, inner) if before is MISSING else (inner, MISSING)))
    else:
        yield path


def _keyed_as_maps(shape: Shape, value: Any, names: dict[str, str]) -> Any:
    """Keyed lists as maps, so that items are compared by key; `names` learns how each key is spelt."""
    if shape.form == "object" and isinstance(value, dict):
        return {n: _keyed_as_maps(shape.fields[n], v, names) if n in shape.fields else v for n, v in value.items()}
    if shape.form == "keyed" and isinstance(value, list) and shape.item:
        keys = [KEY + key_of(shape, item) for item in value]
        names |= {key: str(item.get(shape.key) if shape.key else item) for key, item in zip(keys, value, strict=True)}
        return {key: _keyed_as_maps(shape.item, item, names) for key, item in zip(keys, value, strict=True)}
    return value


def _whole(path: list[Any]) -> Path:
    steps: list[str] = []
    for step in path:
        if isinstance(step, int):
            break
        steps.append(step)
    return tuple(steps)


def _raw(value: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def _at(value: Any, path: Path) -> Any:
    return _as_lists(_raw(value, path))


def _as_lists(value: Any) -> Any:
    """Undo :func:`_keyed_as_maps` for a value that is shown whole."""
    if not isinstance(value, dict):
        return value
    if any(name.startswith(KEY) for name in value):
        return [_as_lists(item) for item in value.values()]
    return {name: _as_lists(item) for name, item in value.items()}


def _printed(path: Path, names: Mapping[str, str]) -> str:
    text = ""
    for step in path:
        text += f"[{names[step]}]" if step.startswith(KEY) else f".{step}" if text else step
    return text


def _along(shape: Shape, path: Path) -> Iterator[Shape]:
    """The shapes of each step of a path, as far as they are known."""
    for step in path:
        inner = shape.item if step.startswith(KEY) or shape.form == "map" else shape.fields.get(step)
        if inner is None:
            return
        shape = inner
        yield shape


def _immutable(shape: Shape, path: Path) -> Immutable | None:
    return next((mark for inner in _along(shape, path) if (mark := inner.mark(Immutable))), None)


def _grants(shape: Shape, path: Path) -> tuple[bool, bool]:
    """Whether the mark is on the way to the field, or on something in it; and whether it gives rights by less."""
    way = list(_along(shape, path))
    below = [inner for last in way[-1:] for _, inner in last.walk()]
    marks: list[Grants] = [mark for inner in (*way, *below) if (mark := inner.mark(Grants))]
    return bool(marks), bool(marks) and marks[0].narrows
