"""Decides which profile each manifest belongs to; the only place that does.

A customer with all its resources belongs to exactly one Partner Center account: by the folder in which its manifest
lies, or by the labels of its Customer manifest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from cspctl import refs
from cspctl.changes import Plan
from cspctl.config import Profile
from cspctl.errors import BadInput, Problem
from cspctl.resource import PARTNER, Key, Resource

DEFAULT = "default"
"""The profile that takes what no other one claims."""


def bound(
    resources: Sequence[Resource], profiles: Mapping[str, Profile], asked: Sequence[str] = (), root: str = ""
) -> dict[str, list[Resource]]:
    """The resources of each profile that has any. Raises :class:`BadInput` with all that cannot be decided.

    With one profile all belong to it. `asked` names the profiles that are wanted: only their resources are returned.
    One that is asked for alone (or without asking, the one called ``default``), and says neither folder nor labels,
    takes all that no other one claims. `root` is the folder in which the configuration lies; manifests' paths are
    relative to it, or absolute.
    """
    if len(profiles) == 1:
        return {next(iter(profiles)): list(resources)}
    binding = _Binding(resources, profiles, _rest_to(profiles, asked), root)
    problems = list(binding.problems())
    if problems:
        raise BadInput(problems)
    found: dict[str, list[Resource]] = {name: [] for name in profiles if not asked or name in asked}
    for resource in resources:
        if (name := binding.owner.get(resource.key, "")) in found:
            found[name].append(resource)
    return {name: mine for name, mine in found.items() if mine}


def _rest_to(profiles: Mapping[str, Profile], asked: Sequence[str]) -> str:
    alone = asked[0] if len(set(asked)) == 1 else DEFAULT
    return next((name for name in (alone, DEFAULT) if name in profiles and not _claims(profiles[name])), "")


def _claims(profile: Profile) -> bool:
    return profile.folder is not None or profile.labels is not None


@cache
def _inside(path: str, folder: str) -> bool:
    """By the names or in fact: the folder may be reached by a link, and what lies in it may be one."""
    spellings = ((spelt(path), os.path.join(spelt(folder), "")) for spelt in (os.path.normpath, os.path.realpath))
    return any(inner.startswith(outer) for inner, outer in spellings)


def claimed_twice(resources: Sequence[Resource], profiles: Mapping[str, Profile], root: str = "") -> Iterator[Problem]:
    """Domains that Customer manifests of two profiles claim: an account of one region knows nothing of the other."""
    if len(profiles) < 2:
        return
    owner = _Binding(resources, profiles, _rest_to(profiles, ()), root).owner
    first: dict[str, Resource] = {}
    for resource in resources:
        if resource.key.kind != "Customer" or not (domain := resource.identity()):
            continue
        other = first.setdefault(domain, resource)
        one, two = owner.get(other.key, ""), owner.get(resource.key, "")
        if one and two and one != two:
            what = f"{resource.key}: profile {two} claims the domain {domain}, and so does {one} ({other.where})"
            remedy = "A customer belongs to one Partner Center account: remove one of the manifests."
            yield Problem(resource.where_is("companyProfile.domain"), what, remedy)


@dataclass
class _Binding:
    """Who owns what; an undecided resource has no owner, and a problem."""

    resources: Sequence[Resource]
    profiles: Mapping[str, Profile]
    rest: str
    """The profile that takes what no other one claims."""
    root: str
    owner: dict[Key, str] = field(default_factory=dict)
    undecided: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        groups: dict[str, list[Resource]] = {}
        for resource in self.resources:
            if resource.key.kind != "Customer" and resource.key.customer == PARTNER:
                self._bind([resource], [resource])
            else:
                groups.setdefault(resource.key.group, []).append(resource)
        for members in groups.values():
            heads = [r for r in members if r.key.kind == "Customer"]
            self._bind(heads or members, members)

    def _bind(self, deciding: Sequence[Resource], members: Sequence[Resource]) -> None:
        """Find the profile of a customer: its manifest decides, or all its resources if nobody describes it."""
        names = {name for resource in deciding for name in self._fitting(resource)}
        if len(names) == 1:
            self.owner.update((member.key, next(iter(names))) for member in members)
            return
        head = deciding[0]
        known = ", ".join(self.profiles)
        if names:
            what = f"{head.key} belongs to several profiles: {', '.join(sorted(names))}"
            remedy = "Let 'folder' and 'labels' of the profiles exclude each other."
        else:
            what = f"{head.key} belongs to no profile ({known})"
            remedy = "Move it into the folder of one, give it the labels of one, or say --profile."
        self.undecided.append(Problem(head.where, what, remedy))

    def _fitting(self, resource: Resource) -> list[str]:
        found = [name for name in self.profiles if self._in_folder(name, resource) and self._labelled(name, resource)]
        claiming = [name for name in found if _claims(self.profiles[name])]
        return claiming or [name for name in (self.rest,) if name]

    def _in_folder(self, name: str, resource: Resource) -> bool:
        folder = self.profiles[name].folder
        if folder is None:
            return True
        root, file = os.path.abspath(self.root), resource.where.rpartition(":")[0]
        return _inside(os.path.join(root, file), os.path.join(root, folder))

    def _labelled(self, name: str, resource: Resource) -> bool:
        labels = self.profiles[name].labels
        return labels is None or labels.items() <= (resource.meta.labels or {}).items()

    def problems(self) -> Iterator[Problem]:
        """What is undecided, what lies where it does not belong, and what refers across accounts."""
        yield from self.undecided
        for resource in self.resources:
            if name := self.owner.get(resource.key):
                yield from self._astray(resource, name)
                yield from self._across(resource, name)

    def _astray(self, resource: Resource, mine: str) -> Iterator[Problem]:
        for name, profile in self.profiles.items():
            if name == mine:
                continue
            for claim, claims in (("folder", self._in_folder), ("labels", self._labelled)):
                if getattr(profile, claim) is not None and claims(name, resource):
                    inside = getattr(self.profiles[mine], claim) is not None and claims(mine, resource)
                    if not inside:
                        what = f"{resource.key} follows its customer to profile {mine}, but has the {claim} of {name}"
                        yield Problem(resource.where, what, f"Move it, or change '{claim}' of the profile.")

    def _across(self, resource: Resource, mine: str) -> Iterator[Problem]:
        for ref in refs.refs_of(resource):
            for key in ref.keys:
                if (other := self.owner.get(key, mine)) != mine:
                    what = f"{resource.key} of profile {mine}: {ref.path} refers to {key} of profile {other}"
                    where = resource.locate("spec", *(int(s) if s.isdigit() else s for s in ref.path.split(".")))
                    yield Problem(where, what, "One Partner Center account cannot refer to what is another's.")


def joined(plans: Sequence[Plan]) -> Plan:
    """One plan over those of several accounts, whose customers are different ones."""
    first, *others = plans
    for other in others:
        merged: dict[str, Any] = {}
        for each in fields(Plan):
            one, two = getattr(first, each.name), getattr(other, each.name)
            if isinstance(one, datetime) and isinstance(two, datetime):
                merged[each.name] = max(one, two)
            elif isinstance(one, dict) and isinstance(two, dict):
                merged[each.name] = {**one, **two}
            elif isinstance(one, tuple | int):
                merged[each.name] = one + two
            else:
                merged[each.name] = one if one is not None else two
        first = replace(first, **merged)
    return first
