"""Turns documents into resources and checks all that can be known offline, reporting everything at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cspctl import graph, refs, rows, source
from cspctl.errors import BadInput, Problem
from cspctl.fields import Immutable, Required, Shape, missing
from cspctl.joint import ANY, joint_problems
from cspctl.kinds import registry
from cspctl.overlay import key_of
from cspctl.part import Metadata
from cspctl.resource import GUID, Key, Resource
from cspctl.source import Document, Place
from cspctl.wording import nearest, problem_of, quoted

PARTS = ("apiVersion", "kind", "metadata", "spec")


def load(
    paths: Iterable[Path], also: Callable[[Sequence[Resource]], Iterable[Problem]] = lambda _: ()
) -> list[Resource]:
    """All resources of the given files and folders, in file order, checked as far as is possible offline.

    Raises :class:`BadInput` with every problem of every file, and with what `also` finds in the readable resources.
    """
    unread: list[Problem] = []
    documents: list[Document] = []
    for file in source.files(paths):
        try:
            documents += source.read(file)
        except BadInput as error:
            unread += error.problems
    problems: list[Problem] = []
    refused = {ANY} if unread else set[str]()
    resources = resources_of(documents, problems, refused)
    problems += list(joint_problems(resources, refused))
    problems += also(resources)
    if unread or problems:  # what cannot be read comes first: the rest may follow from it
        raise BadInput([*sorted(unread, key=_place), *sorted(problems, key=_place)])
    return resources


def _place(problem: Problem) -> tuple[str, int]:
    name, _, line = problem.where.partition(" (")[0].rpartition(":")
    return (name, int(line)) if line.isdigit() else (problem.where, 0)


def resources_of(
    documents: Iterable[Document], problems: list[Problem], refused: set[str] | None = None
) -> list[Resource]:
    """The resources of the documents; what is wrong with any of them is added to `problems`, its kind to `refused`."""
    resources = []
    for document in documents:
        before = len(problems)
        for one in _expanded(document, problems):
            try:
                resources.append(resource_of(one))
            except BadInput as error:
                problems += [problem for problem in error.problems if problem not in problems]
        if len(problems) > before and refused is not None:
            kind = document.value.get("kind") if isinstance(document.value, dict) else None
            refused.add(kind if isinstance(kind, str) and kind in registry() else ANY)
    return resources


def _expanded(document: Document, problems: list[Problem]) -> list[Document]:
    """The document, or those of the rows that it stands for."""
    if not rows.wants_rows(document):
        return [document]
    where, metadata = document.locate(("metadata", "csv")), document.value["metadata"]
    try:
        kind = _kind(document)
        if not kind.csv_columns:
            able = " or ".join(name for name, other in registry().items() if other.csv_columns)
            what = f"metadata.csv: a {kind.__name__} cannot be read from a CSV file"
            raise BadInput([Problem(where, what, f"Only {able} can.")])
        if "formerly" in metadata:
            what = "metadata.formerly: it would be said of each row of the CSV file"
            remedy = "Describe who has been renamed in a manifest of its own, until that is done."
            raise BadInput([Problem(document.locate(("metadata", "formerly")), what, remedy)])
        if "name" in metadata:
            what = "metadata.name: each row of the CSV file has a handle of its own"
            raise BadInput([Problem(document.locate(("metadata", "name")), what, "Remove metadata.name.")])
        handle = next(name for name in kind.csv_columns.values() if _says_which(kind.shape().fields.get(name)))
        return rows.expanded(document, kind.csv_columns, handle, problems)
    except BadInput as error:
        problems += error.problems
        return []


def _says_which(shape: Shape | None) -> bool:
    required: Required | None = shape.mark(Required) if shape else None
    return required is not None and required.always


def resource_of(document: Document) -> Resource:
    """The resource that one document describes. Raises :class:`BadInput` with all its problems."""
    kind = _kind(document)
    problems = list(_parts(document, kind))
    whole = all(document.value.get(n) is None or isinstance(document.value[n], dict) for n in ("spec", "metadata"))
    spec, metadata = (document.value.get(name) for name in ("spec", "metadata"))
    spec = {n: v for n, v in spec.items() if n != "metadata"} if isinstance(spec, dict) else {}
    resource = None
    try:
        checked = metadata if isinstance(metadata, dict) else {"name": "unknown"}
        resource = kind.model_validate({**spec, "metadata": checked})
        resource._document = document
        if whole and document.value.keys() <= set(PARTS):  # else what is missing is only misplaced
            problems += _single_problems(resource)
        problems += _metadata_problems(document, kind, resource.meta)
    except ValidationError as error:
        problems += [problem_of(document, kind, detail) for detail in error.errors()]
        if isinstance(metadata, dict) and not any(detail["loc"][0] == "metadata" for detail in error.errors()):
            problems += _metadata_problems(document, kind, Metadata.model_validate(metadata))
    if problems or resource is None:
        raise BadInput(problems)
    return resource


def _kind(document: Document) -> type[Resource]:
    value = document.value
    if not isinstance(value, dict):
        raise BadInput([Problem(document.where, "a manifest is a map", f"Start with {', '.join(PARTS)}.")])
    name = value.get("kind")
    if name is None:
        raise BadInput([Problem(document.where, "no kind", f"Add 'kind:', one of {', '.join(registry())}.")])
    if isinstance(name, str) and name in registry():
        return registry()[name]
    where = document.locate(("kind",))
    if not isinstance(name, str):
        raise BadInput([Problem(where, f"kind: wrong type: {quoted(name)}", "Write text.")])
    raise BadInput([Problem(where, f"unknown kind {quoted(name)}", nearest(name, registry()))])


def _parts(document: Document, kind: type[Resource]) -> Iterator[Problem]:
    value, wanted = document.value, kind.manifest_version
    for name in value:
        if name not in PARTS:
            yield Problem(document.locate((name,)), f'unknown field "{name}"', nearest(name, PARTS))
    if (version := value.get("apiVersion")) != wanted:
        what = f'apiVersion is {quoted(version)}, not "{wanted}"' if version is not None else "no apiVersion"
        yield Problem(document.locate(("apiVersion",)), what, f"Write 'apiVersion: {wanted}'.")
    for name in ("spec", "metadata"):
        if value.get(name) is not None and not isinstance(value[name], dict):
            yield Problem(document.locate((name,)), f"{name} must be a map", "Indent its fields below it.")
    metadata, spec = value.get("metadata"), value.get("spec")
    if metadata is None:
        yield Problem(document.where, "no metadata", "Add 'metadata:' with a name.")
    elif isinstance(metadata, dict):
        yield from _owner(document, kind, metadata)
    if isinstance(spec, dict) and "metadata" in spec:
        where = document.locate(("spec", "metadata"))
        yield Problem(where, "metadata belongs beside spec, not in it", "Move it up, beside spec.")


def _owner(document: Document, kind: type[Resource], metadata: Mapping[str, Any]) -> Iterator[Problem]:
    if kind.per_customer and metadata.get("customer") is None:
        where = document.locate(("metadata",))
        yield Problem(where, "metadata.customer is missing", "Name the customer it belongs to.")
    if not kind.per_customer and metadata.get("customer") is not None:
        what = f"a {kind.__name__} belongs to the partner, not to a customer"
        yield Problem(document.locate(("metadata", "customer")), what, "Remove metadata.customer.")


def _metadata_problems(document: Document, kind: type[Resource], meta: Metadata) -> Iterator[Problem]:
    shape = kind.shape()
    if GUID.fullmatch(meta.name):
        what = f"metadata.name: {quoted(meta.name)} looks like a vendor's id, so nothing could refer to it"
        yield Problem(document.locate(("metadata", "name")), what, "Choose a word as the handle.")
    for path in meta.complete or ():
        listed = shape.at(path)
        if listed is None or listed.form not in ("keyed", "map"):
            lists = [name for name, s in shape.walk() if s.form in ("keyed", "map")]
            what = f'metadata.complete: "{path}" is no keyed list or map of {kind.__name__}'
            yield Problem(document.locate(("metadata", "complete")), what, nearest(path, lists))
    for name in meta.formerly or ():
        if name not in shape.fields:
            what = f'metadata.formerly: {kind.__name__} has no field "{name}"'
            yield Problem(document.locate(("metadata", "formerly")), what, nearest(name, shape.fields))


def _single_problems(resource: Resource) -> Iterator[Problem]:
    shape, document = resource.shape(), resource.document()
    for name in missing(shape, document, always=True):
        owner, _, last = name.replace("[", ".").replace("]", "").rpartition(".")
        item = owner.rpartition(".")[2].isdigit()
        what = f"{owner}.{last} is missing" if owner else f"{last} is missing"
        which = "one" if item else resource.nouns[0]
        remedy = f"Add '{last}:'." if item else f"Add '{name}:' below spec."
        yield Problem(resource.locate("spec", *_steps(owner)), f"{what}: it says which {which} is meant", remedy)
    for path in _unremovable(shape, document, ()):
        name = ".".join(map(str, path))
        what = f"{name}: null would remove it, and no {resource.nouns[0]} can be without it"
        yield Problem(resource.locate("spec", *path), what, "Write a value, or leave the line out.")
    yield from _repeated(resource, shape, document, ())
    for rule in resource.rules():
        yield Problem(resource.where_is(rule.path), rule.what, rule.remedy)


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".") if step]


def _unremovable(shape: Shape, value: Any, path: Place) -> Iterator[Place]:
    """Fields that say null although the vendor needs them or can never change them."""
    if shape.form == "object" and isinstance(value, dict):
        for name, inner in shape.fields.items():
            if name in value and value[name] is None:
                if inner.mark(Required) or inner.mark(Immutable):
                    yield (*path, name)
            else:
                yield from _unremovable(inner, value.get(name), (*path, name))
    elif shape.form in ("keyed", "list") and shape.item and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unremovable(shape.item, item, (*path, index))


def _repeated(resource: Resource, shape: Shape, value: Any, path: Place) -> Iterator[Problem]:
    """Items of keyed lists, and entries of maps, that the vendor cannot tell apart."""
    if shape.form == "object" and isinstance(value, dict):
        for name, inner in shape.fields.items():
            if value.get(name) is not None:
                yield from _repeated(resource, inner, value[name], (*path, name))
    keys: list[tuple[str | int, str]] = []
    if shape.form == "keyed" and shape.item and isinstance(value, list):
        keys = [(index, key_of(shape, item)) for index, item in enumerate(value)]
        for index, item in enumerate(value):
            yield from _repeated(resource, shape.item, item, (*path, index))
    elif shape.form == "map" and isinstance(value, dict):
        keys = [(name, name.casefold()) for name in value]
    seen: dict[str, str | int] = {}
    for step, key in keys:
        if key in seen:  # only now: to find a line, the whole file is read again
            first = resource.locate("spec", *path, seen[key]).rpartition(":")[2]
            what = f"{'.'.join(map(str, path))}: {quoted(key)} appears twice; first in line {first}"
            yield Problem(resource.locate("spec", *path, step), what, "Remove one of them.")
        if key:
            seen[key] = step


def required_problems(resources: Iterable[Resource]) -> Iterator[Problem]:
    """What `validate` adds: fields that a create would need, for all that may have to be created."""
    for resource in resources:
        if not resource.meta.absent and not resource.found_only:
            for name in missing(resource.shape(), resource.document()):
                yield Problem(resource.where, f"{resource.key}: {name} is missing", f"Creating it needs '{name}'.")


def narrowed(resources: Sequence[Resource], targets: Set[Key] | None) -> list[Resource]:
    """The chosen resources and all that they refer to, in the given order; all of them when `targets` is None."""
    if targets is None:
        return list(resources)
    wanted = graph.closure(targets, refs.needs_of(resources))
    return [resource for resource in resources if resource.key in wanted]


def selected(
    resources: Iterable[Resource],
    keys: Set[str] = frozenset(),
    labels: Mapping[str, str] | None = None,
    customers: Set[str] = frozenset(),
) -> set[Key] | None:
    """The keys that a narrowing chooses, or None for all. A key may be given without its customer."""
    if not (keys or labels or customers):
        return None
    return {r.key for r in resources if _is_selected(r, keys, labels or {}, customers)}


def _is_selected(resource: Resource, keys: Set[str], labels: Mapping[str, str], customers: Set[str]) -> bool:
    mine = resource.meta.labels or {}
    return (
        (not keys or any(str(resource.key) == k or str(resource.key).endswith("/" + k) for k in keys))
        and all(mine.get(name) == value for name, value in labels.items())
        and (not customers or resource.key.group in customers)
    )
