"""Random documents for the real shapes of kinds: what may be live, and what a manifest may say."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cspctl.fields import Default, NotCompared, Shape
from cspctl.kinds import registry

SHAPES = {name: kind.shape() for name, kind in registry().items()}
NAMES = ("app", "App", "db", "GatewaySubnet", "a.b", "x[y]", "1", "it's", "größe")
TEXTS = ("", "app", "APP", "westus", "10.1.0.0/16", "null", 'it\'s "so"', "größe", " blank ")
scalars = st.one_of(st.sampled_from(TEXTS), st.booleans(), st.integers(2, 99))  # 0 and 1 equal False and True
names = st.sampled_from(NAMES)


def folded(name: Any) -> str:
    return str(name).casefold()


def live(shape: Shape) -> st.SearchStrategy[Any]:
    """What a service may hold: no nulls, nothing that is to be absent."""
    return _of(shape, manifest=False)


def desired(shape: Shape) -> st.SearchStrategy[Any]:
    """What a manifest may say: nulls remove fields and entries, `absent` removes items."""
    return _of(shape, manifest=True)


def _of(shape: Shape, manifest: bool) -> st.SearchStrategy[Any]:
    if shape.form == "object":
        return _object(shape, manifest)
    if shape.form == "map":
        values = st.one_of(st.sampled_from(TEXTS), st.none()) if manifest else st.sampled_from(TEXTS)
        pairs = st.lists(st.tuples(names, values), max_size=3, unique_by=lambda pair: folded(pair[0]))
        return pairs.map(dict)
    if shape.form == "keyed" and shape.item:
        return _keyed(shape, shape.item, manifest)
    if shape.form in ("list", "set") and shape.item:
        return st.lists(live(shape.item), max_size=3)
    default = shape.mark(Default)
    return st.one_of(scalars, st.just(default.value)) if default else scalars


def _object(shape: Shape, manifest: bool) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        name: st.one_of(_of(field, manifest), st.none()) if manifest else _of(field, manifest)
        for name, field in shape.fields.items()
        if name != "absent" and (manifest or not field.mark(NotCompared))
    }
    return st.fixed_dictionaries({}, optional=fields)


def _keyed(shape: Shape, item: Shape, manifest: bool) -> st.SearchStrategy[list[Any]]:
    if not shape.key:
        return st.lists(names, max_size=3, unique_by=folded)
    with_name = st.builds(lambda part, name: {**part, shape.key: name}, _object(item, manifest), names)
    one = st.one_of(with_name, names.map(lambda n: {shape.key: n, "absent": True})) if manifest else with_name
    return st.lists(one, max_size=3, unique_by=lambda part: folded(part[shape.key]))


def pairs() -> st.SearchStrategy[tuple[Shape, Any, Any]]:
    """A shape of a registered kind, something live, and what a manifest says about it."""
    return st.sampled_from(list(SHAPES.values())).flatmap(lambda s: st.tuples(st.just(s), live(s), desired(s)))


def lists_and_maps(shape: Shape) -> frozenset[str]:
    """The paths that `metadata.complete` may name."""
    return frozenset(path for path, inner in shape.walk() if path and inner.form in ("keyed", "map"))
