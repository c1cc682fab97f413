"""References between resources: how they are written, what they mean, and how ids take their place."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from cspctl.fields import RefTo, Shape, shape_of
from cspctl.part import Metadata
from cspctl.resource import GUID, PARTNER, Key, Resource

CUSTOMER: RefTo = shape_of(Metadata).fields["customer"].ref or RefTo("Customer", parent=True)
R = TypeVar("R", bound=Resource)


class Unknown(str):
    """Stands for the id of a resource that does not exist yet; its text is the key."""

    __slots__ = ()


@dataclass(frozen=True)
class Ref:
    """A reference in a resource: the field's path, the text, and the keys it may mean (none for a raw id)."""

    path: str
    text: str
    mark: RefTo
    keys: tuple[Key, ...]
    part: str = ""

    @property
    def suffix(self) -> str:
        """What is added to the id of the whole to get the id of the part."""
        return f"/{self.mark.part}/{self.part}" if self.part else ""


def is_raw(text: str) -> bool:
    """Whether a reference is a vendor's id: it starts with ``/`` or is a GUID."""
    return text.startswith("/") or bool(GUID.fullmatch(text))


@cache  # each is asked for some ten times in a run, and many resources write the same
def parse(path: str, text: str, mark: RefTo, customer: str) -> Ref:
    """Read ``handle``, ``handle/part``, ``customer/handle[/part]``, each with ``Kind:`` before it, or a raw id."""
    if is_raw(text):
        return Ref(path, text, mark, ())
    prefix, _, rest = text.rpartition(":")
    kinds = (prefix,) if prefix else mark.kinds
    steps = rest.split("/")
    if named := [step for step in steps[:-1] if step in mark.kinds]:  # as a plan prints it: customer/Kind/handle
        kinds = (named[0],)
        steps.remove(named[0])
    part = steps.pop() if mark.part and len(steps) > 1 else ""
    owner = steps.pop(0) if len(steps) > 1 else customer
    keys = tuple(Key(PARTNER if kind == "Customer" else owner, kind, "/".join(steps)) for kind in kinds)
    return Ref(path, text, mark, keys, part)


def refs_of(resource: Resource, by_kind: Mapping[tuple[str, str], list[Key]] | None = None) -> Iterator[Ref]:
    """Every reference of a resource, the customer it belongs to first.

    `by_kind` lists the manifests' keys per (customer, kind) and lets implied references be found.
    """
    customer = resource.key.customer
    if customer != PARTNER:
        yield parse("metadata.customer", customer, CUSTOMER, PARTNER)
    for name, shape, value in _marked(resource):
        assert shape.ref is not None
        if value is not None:
            for text in value if isinstance(value, list) else [value]:
                yield parse(name, text, shape.ref, customer)
        elif shape.ref.implied and by_kind and name not in resource.document():
            for kind in shape.ref.kinds:
                if len(keys := by_kind.get((customer, kind), [])) == 1:
                    yield Ref(name, keys[0].name, shape.ref, tuple(keys))


@cache
def _referring(model: type[BaseModel]) -> tuple[tuple[str, str, Shape], ...]:
    """The fields of a model that are or hold references: attribute, name, shape."""
    shapes = shape_of(model).fields
    named = ((attribute, info.alias or attribute) for attribute, info in model.model_fields.items())
    return tuple((a, name, shapes[name]) for a, name in named if name in shapes and shapes[name].has_refs)


def _marked(model: BaseModel, path: str = "") -> Iterator[tuple[str, Shape, Any]]:
    for attribute, name, shape in _referring(type(model)):
        value, here = getattr(model, attribute), f"{path}{name}"
        if shape.ref:
            yield here, shape, value
        elif isinstance(value, BaseModel):
            yield from _marked(value, f"{here}.")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _marked(item, f"{here}.{index}.")


def with_ids(shape: Shape, document: Any, idof: Callable[[str, RefTo], str]) -> Any:
    """A document in which every reference has become what `idof` says; the given one is not changed."""
    if not shape.has_refs:
        return document
    if shape.ref:
        if isinstance(document, list):
            return [idof(text, shape.ref) for text in document]
        return idof(document, shape.ref) if isinstance(document, str) else document
    if shape.form == "object" and isinstance(document, dict):
        return {n: with_ids(shape.fields[n], v, idof) if n in shape.fields else v for n, v in document.items()}
    if shape.form in ("keyed", "list") and shape.item and isinstance(document, list):
        return [with_ids(shape.item, item, idof) for item in document]
    return document


def located(resource: R, idof: Callable[[str, RefTo], str]) -> R:
    """A copy whose references that say where it lives (its parents and its customer) are ids: enough to look for it."""
    changes: dict[str, Any] = {}
    for attribute, _, shape in _referring(type(resource)):
        value = getattr(resource, attribute)
        if shape.ref and shape.ref.parent and isinstance(value, str):
            changes[attribute] = idof(value, shape.ref)
    if resource.meta.customer:
        customer = idof(resource.meta.customer, CUSTOMER)
        changes["metadata"] = resource.meta.model_copy(update={"customer": customer})
    return resource.model_copy(update=changes)


def keys_by_kind(resources: Iterable[Resource]) -> dict[tuple[str, str], list[Key]]:
    """The keys of all resources per (customer, kind)."""
    result: dict[tuple[str, str], list[Key]] = {}
    for resource in resources:
        key = resource.key
        result.setdefault((key.customer, key.kind), []).append(key)
    return result


def words_of(resource: Resource, known: Container[Key]) -> Iterator[Ref]:
    """The references that say in the vendor's own words, or by its id, what no manifest describes."""
    for ref in refs_of(resource):
        if ref.mark.words and not any(key in known for key in ref.keys):
            yield ref


def needs_of(resources: Sequence[Resource]) -> dict[Key, set[Key]]:
    """What each resource refers to among the given ones."""
    known, by_kind = {r.key for r in resources}, keys_by_kind(resources)
    return {r.key: {k for ref in refs_of(r, by_kind) for k in ref.keys if k in known} for r in resources}
