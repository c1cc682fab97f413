"""What a reviewer must not overlook: errors, notes that matter, deletions, replacements, rights given, purchases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cspctl.changes import Change, Create, Delete, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange
from cspctl.errors import Problem
from cspctl.render import text
from cspctl.render.inert import code, prose
from cspctl.secret import RESET

WIDTH = 300
"""Characters of one of several values in a line."""
NOTES = "To be aware of"
"""The title of what is no change, and matters to whoever approves one."""
GRAVE = re.compile(r"\bOwner\b|(Global|Company|Privileged \w+|Access|Access Control) Administrator\b|\*", re.IGNORECASE)
"""Rights with which one can give oneself any other; their lines are the first, and the last to be left out."""
NAMED = 10
"""Values that are named in one line."""
LINES = 3
"""Lines of manifests that are named."""


def risks(plan: Plan) -> dict[str, list[str]]:
    """A line of Markdown for each risk, by its title: which customer's what, and why."""
    return {
        NOTES: [f"- {prose(text.note_line(note), 2 * WIDTH)}" for note in plan.notes if note.kind == "info"],
        "Deletions": list(_deletions(plan)),
        "Replacements": [_replacement(change) for change in plan.changes if isinstance(change, Replace)],
        "Role grants": list(_grants(plan)),
        "Password resets": [line for change in plan.changes for line in _resets(change)],
        "Purchases": [_purchase(change) for change in plan.changes if is_purchase(change)],
    }


def problem(problem: Problem) -> str:
    """An error or a refusal, and what to do about it."""
    remedy = f" {prose(problem.remedy)}" if problem.remedy else ""
    return f"- {code(problem.where)}: {prose(problem.what)}.{remedy}"


def is_purchase(change: Change) -> bool:
    """Whether carrying it out costs money."""
    return isinstance(change, Create | Replace) and type(change.desired).paid


def _deletions(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        if isinstance(change, Delete):
            inside = f", with {len(change.contents)} in it" if change.contents else ""
            yield f"- {_key(change)}: deletes {code(change.live.id)}{inside}, because {_because(change)}"
        elif isinstance(change, Update) and (gone := [f.path for f in change.compared.changes if _is_item_gone(f)]):
            yield f"- {_key(change)}: deletes {_several(gone)} of it, because {_because(change, gone)}"


def _is_item_gone(field: FieldChange) -> bool:
    """An item of a keyed list that is removed may be a thing of its own, such as a subnet."""
    return field.after is MISSING and field.path.endswith("]") and isinstance(field.before, dict)


def _replacement(change: Replace) -> str:
    lost = f"; {len(change.contents)} in it do not come back" if change.contents else ""
    return f"- {_key(change)}: {prose('; '.join(change.reasons))}{lost}"


@dataclass(frozen=True)
class _Grant:
    """The rights that somebody gains by a change."""

    change: Change
    paths: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def is_grave(self) -> bool:
        """Whether who has them can give himself any other."""
        return any(GRAVE.search(one) for one in self.said)

    @property
    def line(self) -> str:
        return f"- {_key(self.change)}: gives {_several(self.said)}, because {_because(self.change, self.paths)}"


def _grants(plan: Plan) -> Iterator[str]:
    """The grave ones first and each for itself; of the others those that many gain alike as one."""
    found = [grant for change in plan.changes if (grant := _grant(change)).said]
    alike: dict[tuple[object, ...], list[_Grant]] = {}
    for number, grant in enumerate(found):
        same = (grant.change.desired.key.kind, grant.said, number if grant.is_grave else "")
        alike.setdefault(same, []).append(grant)
    for grants in sorted(alike.values(), key=lambda grants: not grants[0].is_grave):
        customers = {grant.change.desired.key.group for grant in grants}
        if len(customers) > NAMED:
            keys = _several([str(grant.change.desired.key) for grant in grants])
            yield f"- {len(grants)} times in {len(customers)} customers: gives {_several(grants[0].said)}: {keys}"
        else:
            yield from (grant.line for grant in grants)


def _grant(change: Change) -> _Grant:
    marked = [field for field in change.compared.changes if field.grants]
    gained = [(field.path, f"{_name(field)}: {text.shown(value)}") for field in marked for value in _gained(field)]
    return _Grant(change, tuple(path for path, _ in gained), tuple(said for _, said in gained))


def _resets(change: Change) -> Iterator[str]:
    for field in change.compared.changes:
        if isinstance(field.after, str) and field.after.endswith(RESET):
            before, after = text.shown(field.before), text.shown(field.after)
            why = _because(change, [field.path])
            yield f"- {_key(change)}: {code(f'{field.path}: {before} -> {after}', WIDTH)}, because {why}"


def _name(field: FieldChange) -> str:
    """A set's own name: its items are shown as values. What narrows gives rights by what it no longer says."""
    name = field.field if field.path.startswith(f"{field.field}[") and field.path.endswith("]") else field.path
    return f"{name} no longer" if field.narrows else name


def _gained(field: FieldChange) -> list[object]:
    if field.narrows:
        field = replace(field, before=field.after, after=field.before, narrows=False)
    if field.after is MISSING or field.after is None:
        return []
    after = field.after if isinstance(field.after, list) else [field.after]
    before = field.before if isinstance(field.before, list) else [field.before]
    return [value for value in after if value not in before]


def _purchase(change: Change) -> str:
    again = ", which an earlier run began" if isinstance(change, Create) and change.repeats else ""
    return f"- {_key(change)}: a new {prose(change.desired.nouns[0])}{again}, because {_because(change)}"


def _several(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(code(one, WIDTH) for one in texts[:NAMED]) + more


def _key(change: Change) -> str:
    return code(str(change.desired.key))


def _because(change: Change, paths: Iterable[str] = ()) -> str:
    """The lines that say so: those of the fields, or that of the manifest."""
    lines = list(dict.fromkeys(change.desired.where_is(path) for path in paths)) or [change.desired.where]
    return f"{_several(lines[:LINES])} {'says' if len(lines) == 1 else 'say'} so"
