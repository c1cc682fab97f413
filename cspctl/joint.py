"""Checks what manifests say together: duplicates, references that lead nowhere or in a circle, and the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from difflib import get_close_matches
from functools import partial
from graphlib import CycleError

from cspctl import graph, refs
from cspctl.errors import Problem
from cspctl.fields import RefTo
from cspctl.kinds import registry
from cspctl.overlay import ABSENT, key_of
from cspctl.resource import PARTNER, Key, Resource
from cspctl.rules import RULES
from cspctl.wording import quoted

ANY = "*"
"""Stands for all kinds, where not even the kind of what could not be read is known."""


def joint_problems(resources: Sequence[Resource], unread: Set[str] = frozenset()) -> Iterator[Problem]:
    """What is wrong with the resources together: duplicates, references that lead nowhere or in a circle, rules.

    `unread` has the kinds of those that could not be read: then only what is certainly wrong without them is said.
    """
    unread = set(unread)
    by_key: dict[Key, Resource] = {}
    for resource in resources:
        first = by_key.setdefault(resource.key, resource)
        if first is not resource:
            what = f"{resource.key} is described twice; first in {first.where}"
            yield Problem(resource.where, what, "Remove one of them or rename its handle.")
            unread.add(ANY)  # perhaps it was meant to have another handle, to which others refer
    broken = list(_broken_references(by_key, unread))
    yield from broken
    if unread:
        return
    try:
        graph.levels(needs := refs.needs_of(list(by_key.values())))
    except CycleError as error:
        keys = [key for key in graph.cycle(error) if isinstance(key, Key)]
        path = " -> ".join(map(str, keys))
        yield Problem(by_key[keys[0]].where, f"references go in a circle: {path}", "Remove one of these references.")
        return
    if not broken:
        yield from _same_things(by_key.values())
        for rule in RULES:
            yield from rule(list(by_key.values()), needs)


def _broken_references(by_key: Mapping[Key, Resource], unread: Set[str]) -> Iterator[Problem]:
    for resource in by_key.values():
        for ref in refs.refs_of(resource):
            if {ANY, *(key.kind for key in ref.keys)} & unread and not any(key in by_key for key in ref.keys):
                continue  # what it refers to may be what could not be read
            if problem := _broken(resource, ref, by_key):
                where = resource.locate(*(() if ref.path.startswith("metadata.") else ("spec",)), *_steps(ref.path))
                yield Problem(where, f"{resource.key}: {ref.path}{problem[0]}", problem[1])


def _broken(resource: Resource, ref: refs.Ref, by_key: Mapping[Key, Resource]) -> tuple[str, str] | None:
    wanted = " or ".join(ref.mark.kinds)
    if not ref.text:
        return " is empty", f"Name a {wanted}."
    if not ref.keys:
        if any(_may_be(kind, ref.text) for kind in ref.mark.kinds):
            return None
        if ref.mark.anything and ref.text.casefold().startswith("/subscriptions/"):
            return None
        return (
            f": {quoted(ref.text)} is no id of a {wanted}",
            f"Write the handle of a {wanted} manifest, or its full id.",
        )
    if any(key.kind not in ref.mark.kinds for key in ref.keys):
        return f" refers to a {ref.keys[0].kind}", f"It can refer to {wanted}."
    targets = [by_key[key] for key in ref.keys if key in by_key]
    if not targets:
        worded = ref.mark.words and any(_may_be(kind, ref.text) for kind in ref.mark.kinds)
        return None if worded else _dangling(ref, by_key)
    return _leaving(resource, ref, targets[0])


def _leaving(resource: Resource, ref: refs.Ref, target: Resource) -> tuple[str, str] | None:
    """What is wrong with referring to something that is to be deleted, or to a part that is or cannot be."""
    remedy = "Say absent: true of this one as well, or let it refer to something else."
    if resource.meta.absent:
        return None
    if target.meta.absent:
        return f" refers to {target.key}, which is to be deleted", remedy
    shape = target.shape().fields.get(ref.mark.part) if ref.part else None
    if ref.part and shape is None:
        return f": {quoted(ref.text)}: a {target.key.kind} has no {ref.mark.part}", f"Write {target.key.name} alone."
    items = target.document().get(ref.mark.part) or () if shape else ()
    if shape and any(item.get(ABSENT) and key_of(shape, item) == ref.part.casefold() for item in items):
        return f" refers to {ref.mark.part}[{ref.part}] of {target.key}, which is to be deleted", remedy
    return None


def _may_be(kind: str, id: str) -> bool:
    return registry()[kind].is_id(id) if kind in registry() else id.startswith("/subscriptions/")


def _dangling(ref: refs.Ref, by_key: Mapping[Key, Resource]) -> tuple[str, str]:
    wanted = ref.keys[0]
    same = {key.name for key in by_key if key.kind in ref.mark.kinds and key.customer == wanted.customer}
    close = get_close_matches(wanted.name, same, 1, 0.6)
    owner = "" if wanted.customer == PARTNER else f" of {wanted.customer}"
    if wanted.kind not in registry():
        return f": there is no kind {wanted.kind} yet", "Write the full Azure id of the one that is meant."
    remedy = f"Did you mean {close[0]}?" if close else f"Add a {wanted.kind} manifest, or write the vendor's id."
    return f': there is no {wanted.kind} called "{wanted.name}"{owner}', remedy


def _same_things(resources: Iterable[Resource]) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str], Resource] = {}
    resources = list(resources)
    known = {resource.key for resource in resources}
    called = {(r.key.customer, r.key.kind, r.identity()): r.key for r in resources}

    def stand_in(customer: str, text: str, mark: RefTo) -> str:
        """The same text for all the ways in which one thing is referred to: by its handle, or in the vendor's words."""
        if refs.is_raw(text):
            return refs.Unknown(text.casefold())
        keys = refs.parse("", text, mark, customer)
        named = (called.get((customer, kind, text.strip().casefold())) for kind in mark.kinds if mark.words)
        key = next((key for key in keys.keys if key in known), None) or next(filter(None, named), None)
        return refs.Unknown(f"{key}{keys.suffix}" if key else f"{text.casefold()}:{mark.kinds[0]}")

    for resource in resources:
        at = refs.located(resource, partial(stand_in, resource.key.customer))
        first = seen.setdefault((resource.key.customer, resource.key.kind, at.identity()), resource)
        if first is resource:
            continue
        gone, stays = (resource, first) if resource.meta.absent else (first, resource)
        if bool(gone.meta.absent) != bool(stays.meta.absent):
            what = f"{gone.key} is to be deleted, and {stays.key} ({stays.where}) describes the same {gone.nouns[0]}"
            yield Problem(gone.where, what, "Remove the one that says absent, or let it mean another one.")
        else:
            what = f"{resource.key} and {first.key} ({first.where}) are the same {resource.nouns[0]} to the vendor"
            named = "name" in resource.shape().fields
            remedy = "Give one of them another spec.name, or remove it." if named else "Remove one of them."
            yield Problem(resource.where, what, remedy)


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".") if step]
