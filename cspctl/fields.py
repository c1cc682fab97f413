"""The marks that a kind puts on its fields, and the :class:`Shape` that the engine derives from them.

A kind writes ``Annotated[str | None, RefTo("ResourceGroup", parent=True), Required()]``; everything that the engine,
the schema and the documentation know about that field is read from there, here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal, Union

from pydantic import BaseModel


@dataclass(frozen=True)
class Required:
    """Needed to create the thing. Not needed for what only exists already or is to be removed, unless `always`."""

    always: bool = False
    """Needed even then, because it says which thing is meant."""


@dataclass(frozen=True)
class Immutable:
    """Cannot change after creation: replaced if the kind can be, refused if not. `why` completes the sentence."""

    why: str = "the service cannot change it after creation"


@dataclass(frozen=True)
class NotCompared:
    """Says how to find or create the thing; the service does not give it back, so it is never a difference."""


@dataclass(frozen=True)
class Default:
    """What the service means when the field is missing from its answer."""

    value: Any


@dataclass(frozen=True)
class AnyCase:
    """Text whose letter case and outer blanks mean nothing to the service."""


@dataclass(frozen=True)
class Keyed:
    """A list whose items are told apart by one of their fields and merged item by item.

    Without a field name the items are scalars, each its own key: a set to which others may belong too.
    """

    by: str = ""


@dataclass(frozen=True)
class Unordered:
    """A list of scalars that is one value, whatever its order."""


@dataclass(frozen=True)
class Secret:
    """A reference to a secret: sent at creation, when its version changes, or when asked for; never read back."""


@dataclass(frozen=True)
class RefTo:
    """A reference to a resource of one of the kinds, by name; ids take its place when live values are compared.

    `parent`: this resource lives inside the other, so it is looked for only where the other exists.
    `implied`: when the field is not mentioned, the customer's only manifest of that kind is meant.
    `part`: the name of the keyed list of the other kind that ``handle/part`` picks an item of.
    `words`: what no manifest describes may be written in the vendor's own words, which the kind looks up.
    `anything`: the full Azure id of anything else will do, too.
    """

    kinds: tuple[str, ...]
    parent: bool
    implied: bool
    part: str
    words: bool
    anything: bool

    def __init__(
        self,
        *kinds: str,
        parent: bool = False,
        implied: bool = False,
        part: str = "",
        words: bool = False,
        anything: bool = False,
    ) -> None:
        """Name the kinds that are accepted, the first being meant when none is written."""
        values = {"kinds": kinds, "parent": parent, "implied": implied, "part": part}
        for name, value in {**values, "words": words, "anything": anything}.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Arm:
    """Where Azure Resource Manager keeps the value, as a dotted path in its payload."""

    path: str
    plural: str = ""
    """Where it may be instead, as a list of one: what the portal writes where older clients write the single value."""


@dataclass(frozen=True)
class Grants:
    """Says which rights it gives, to whom, or where: whoever reviews a plan is shown each value that is gained."""

    narrows: bool = False
    """It takes rights away: then they are given by each value that is lost."""


Form = Literal["scalar", "object", "map", "keyed", "list", "set"]


@dataclass(frozen=True)
class Shape:
    """What the engine knows about a field: its form, its parts, and its marks."""

    form: Form
    fields: Mapping[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    key: str = ""
    marks: tuple[Any, ...] = ()
    model: type[BaseModel] | None = None

    def mark(self, kind: type[Any]) -> Any:
        """The mark of that class on this field, or None."""
        for mark in self.marks:
            if isinstance(mark, kind):
                return mark
        return None

    @cached_property
    def says_which(self) -> bool:
        """Whether it says which thing is meant."""
        required: Required | None = self.mark(Required)
        return required is not None and required.always

    @cached_property
    def ref(self) -> RefTo | None:
        """The reference mark, for a field or for the items of a list of references."""
        mark: RefTo | None = self.mark(RefTo)
        return mark

    @cached_property
    def has_refs(self) -> bool:
        """Whether it or anything below it is a reference."""
        return any(inner.ref for _, inner in self.walk())

    @cached_property
    def has_words(self) -> bool:
        """Whether a reference in it may be written in the vendor's own words."""
        return any(inner.ref and inner.ref.words for _, inner in self.walk())

    @cached_property
    def has_secrets(self) -> bool:
        """Whether it or anything below it is a reference to a secret."""
        return any(inner.mark(Secret) for _, inner in self.walk())

    def walk(self, path: str = "") -> Iterator[tuple[str, Shape]]:
        """This shape and all below it, with dotted paths in which lists and maps leave no trace."""
        yield path, self
        for name, inner in self.fields.items():
            yield from inner.walk(f"{path}.{name}" if path else name)
        if self.item:
            for inner_path, inner in self.item.walk(path):
                if inner is not self.item:
                    yield inner_path, inner

    def at(self, path: str) -> Shape | None:
        """The shape at a dotted path, or None if there is none."""
        return next((shape for name, shape in self.walk() if name == path), None)


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model: its fields by their vendor names (aliases), without ``metadata``."""
    fields = {
        info.alias or name: _shape(info.annotation, tuple(info.metadata))
        for name, info in model.model_fields.items()
        if name != "metadata"
    }
    return Shape("object", fields, model=model)


def _shape(annotation: Any, marks: tuple[Any, ...]) -> Shape:
    annotation, inner = _bare(annotation)
    marks = (*marks, *inner)
    keyed = next((m for m in marks if isinstance(m, Keyed)), None)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (list, tuple):
        form: Form = "keyed" if keyed else "set" if any(isinstance(m, Unordered) for m in marks) else "list"
        return Shape(form, item=_shape(args[0], ()), key=keyed.by if keyed else "", marks=marks)
    if origin in (dict, Mapping):
        return Shape("map", item=_shape(args[1], ()), marks=marks)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape("object", shape_of(annotation).fields, marks=marks, model=annotation)
    return Shape("scalar", marks=marks)


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Strip Annotated and ``| None``; of a union of a scalar and a model, the model decides the form."""
    marks: tuple[Any, ...] = ()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *inner = typing.get_args(annotation)
        marks = tuple(inner)
    if typing.get_origin(annotation) in (Union, types.UnionType):
        options = [a for a in typing.get_args(annotation) if a is not type(None)]
        models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        options = models if len(models) == 1 else options
        if len(options) == 1:
            annotation, inner_marks = _bare(options[0])
            marks = (*marks, *inner_marks)
    return annotation, marks


def missing(shape: Shape, value: Any, always: bool = False, path: str = "") -> Iterator[str]:
    """Dotted paths of the fields that creating (or, with `always`, finding) it needs and that are not mentioned."""
    if shape.form == "object" and isinstance(value, Mapping):
        for name, inner in shape.fields.items():
            here = f"{path}.{name}" if path else name
            if value.get(name) is not None:
                yield from missing(inner, value[name], always, here)
            elif inner.form == "object" and any(_is_needed(s, True) for _, s in inner.walk()):
                yield from missing(inner, {}, True, here)
            elif _is_needed(inner, always):
                yield here
    elif shape.form in ("keyed", "list") and shape.item and isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, Mapping) and not item.get("absent"):
                yield from missing(shape.item, item, always, f"{path}[{item.get(shape.key, index)}]")


def _is_needed(shape: Shape, always: bool) -> bool:
    required: Required | None = shape.mark(Required)
    if required and (required.always or not always):
        return True
    return shape.ref is not None and shape.ref.parent and not shape.ref.implied
