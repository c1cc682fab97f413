"""The plan as data: five kinds of change, the notes beside them, and the digests that stand for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cspctl.diff import MISSING, FieldChange
from cspctl.errors import Problem, Refused
from cspctl.record import Record
from cspctl.resource import Key, Live, Resource

FREE_PURCHASES = 5
"""Paid creations that a run may make without being told that it may."""

MANY, SHARE, FEW = 10, 0.3, 10
"""Deletions and replacements of one customer that need no allowance: so many, and such a share of at least so few."""
MANY_IN_A_RUN = 50
"""Deletions and replacements of a whole run that need no allowance."""

Action = Literal["create", "adopt", "update", "replace", "delete"]


@dataclass(frozen=True)
class Fields:
    """What differs, with the two documents that were compared, all in the words of the manifests."""

    changes: tuple[FieldChange, ...] = ()
    before: Any = None
    after: Any = None


NOTHING = Fields()


@dataclass(frozen=True)
class Create:
    """It does not exist. `repeats`: an earlier run announced it and may have done it; the same request is repeated."""

    desired: Resource
    compared: Fields
    repeats: Record | None = None
    action: Literal["create"] = "create"


@dataclass(frozen=True)
class Adopt:
    """It exists and was not known to us; `live` is None when it comes into being with something this plan makes."""

    desired: Resource
    compared: Fields
    live: Live[Resource] | None
    action: Literal["adopt"] = "adopt"


@dataclass(frozen=True)
class Update:
    """It exists and differs in these fields."""

    desired: Resource
    compared: Fields
    live: Live[Resource]
    action: Literal["update"] = "update"


@dataclass(frozen=True)
class Replace:
    """It exists and differs in fields that cannot change: deleted, then created with all that it had and all that the
    manifest says. `reasons` says which fields and why, `contents` what would not come back."""

    desired: Resource
    compared: Fields
    live: Live[Resource]
    reasons: tuple[str, ...]
    contents: tuple[str, ...] = ()
    action: Literal["replace"] = "replace"


@dataclass(frozen=True)
class Delete:
    """It exists and should not; `contents` are the ids of what goes with it."""

    desired: Resource
    live: Live[Resource]
    contents: tuple[str, ...] = ()
    compared: Fields = NOTHING
    action: Literal["delete"] = "delete"


Change = Create | Adopt | Update | Replace | Delete


@dataclass(frozen=True)
class Note:
    """Something to know that is no change: what is unknown and why, what waits for a person, what is not managed.

    An ``info`` is what a reviewer must not overlook: it stands before the changes.
    """

    kind: Literal["unknown", "waiting", "unmanaged", "info"]
    about: str
    group: str
    text: str
    items: tuple[str, ...] = ()
    """What is only counted in the text: ids, or keys of items."""


@dataclass(frozen=True)
class Plan:
    """All that differs, in the order in which it will be carried out, and what stands in the way."""

    at: datetime
    changes: tuple[Change, ...]
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()
    needs: Mapping[Key, Set[Key]] = field(default_factory=dict)
    doubtful_until: datetime | None = None
    """When it will be certain whether what an earlier run may have created exists."""
    resources: int = 0
    calls: int = 0
    existing: Mapping[str, int] = field(default_factory=dict)
    """Per customer, how many of what its manifests describe exist."""
    ids: Mapping[Key, str] = field(default_factory=dict)
    """What each manifest means that exists: who approves a plan approves of that, whatever it is called."""

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that write something; a bare adoption only takes note of what is there."""
        return tuple(change for change in self.changes if not isinstance(change, Adopt) or change.compared.changes)

    def digests(self) -> dict[str, str]:
        """Per customer, a digest of its changes: action and each mentioned field before and after."""
        groups: dict[str, list[str]] = {}
        for change in self.changes:
            needed = {str(key): self.ids[key] for key in self.needs.get(change.desired.key, ()) if key in self.ids}
            groups.setdefault(change.desired.key.group, []).append(_sha([digest_of(change), needed]))
        return {group: _sha(sorted(digests)) for group, digests in sorted(groups.items())}

    @property
    def digest(self) -> str:
        """The digest of the whole plan, over its customers."""
        return _sha(sorted(self.digests().items()))

    def raise_if_unsafe(self, purchases: int = 0, removals: int = 0) -> None:
        """Raise :class:`Refused` for every reason that forbids carrying this out.

        So many `purchases`, and so many `removals` (deletions and replacements), are meant and allowed.
        """
        refusals = [*self.refusals, *self._too_many_removed(removals)]
        paid = [c for c in self.changes if isinstance(c, Create) and type(c.desired).paid]
        if len(paid) > max(FREE_PURCHASES, purchases):
            names = ", ".join(str(change.desired.key) for change in paid)
            what = f"{len(paid)} paid creations in one run: {names}"
            refusals.append(Problem("plan", what, f"If that is meant, say --allow-purchase {len(paid)}."))
        if refusals:
            raise Refused(refusals)

    def _too_many_removed(self, allowed: int) -> Iterator[Problem]:
        """A wrong folder, a wrong label or a lost file shows in how much would go."""
        removed = [c for c in self.changes if isinstance(c, Delete | Replace)]
        remedy = f"If that is meant, say --allow-delete {len(removed)}."
        if len(removed) <= allowed:
            return
        if len(removed) > MANY_IN_A_RUN:
            what = f"{len(removed)} would be deleted or replaced in one run; more than {MANY_IN_A_RUN} must be allowed"
            yield Problem("plan", what, remedy)
        for group in dict.fromkeys(c.desired.key.group for c in removed):
            mine = sum(c.desired.key.group == group for c in removed)
            there = self.existing.get(group, 0)
            if mine > MANY:
                what = f"{mine} of {group} would be deleted or replaced; more than {MANY} need to be allowed"
                yield Problem("plan", what, remedy, group)
            elif there >= FEW and mine > SHARE * there:
                share = f"{mine / there:.0%} of what {group} has ({mine} of {there})"
                what = f"{share} would be deleted or replaced; more than {SHARE:.0%} need to be allowed"
                yield Problem("plan", what, remedy, group)


def digest_of(change: Change) -> str:
    """The digest of one change."""
    fields = [[f.path, _plain(f.before), _plain(f.after)] for f in change.compared.changes]
    contents = sorted(change.contents) if isinstance(change, Delete | Replace) else []
    live = "" if isinstance(change, Create) or change.live is None else change.live.id.casefold()
    return _sha([str(change.desired.key), change.action, live, fields, contents])


def _plain(value: Any) -> Any:
    return {"not set": True} if value is MISSING else value


def _sha(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def unexpected(plan: Plan, expected: Set[str]) -> tuple[str, ...]:
    """The customers whose changes no expected digest (of the whole plan, or of one customer) stands for."""
    if plan.digest in expected:
        return ()
    return tuple(group for group, digest in plan.digests().items() if digest not in expected)
