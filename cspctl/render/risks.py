"""What a reviewer must not overlook: errors, deletions, replacements, rights that are given, and purchases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cspctl.changes import Change, Create, Delete, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange
from cspctl.errors import Problem
from cspctl.render import text
from cspctl.render.inert import code, prose

WIDTH = 300
"""Characters of one of several values in a line."""
NAMED = 10
"""Values that are named in one line."""


def risks(plan: Plan) -> dict[str, list[str]]:
    """A line of Markdown for each risk, by its title: which customer's what, and why."""
    return {
        "Deletions": list(_deletions(plan)),
        "Replacements": [_replacement(change) for change in plan.changes if isinstance(change, Replace)],
        "Role grants": [line for change in plan.changes if (line := _grant(change))],
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
            yield f"- {_key(change)}: deletes {code(change.live.id)}{inside}, because {_where(change)} says so"
        elif isinstance(change, Update) and (gone := [f.path for f in change.compared.changes if _is_item_gone(f)]):
            yield f"- {_key(change)}: deletes {_several(gone)} of it, because {_where(change)} says so"


def _is_item_gone(field: FieldChange) -> bool:
    """An item of a keyed list that is removed may be a thing of its own, such as a subnet."""
    return field.after is MISSING and field.path.endswith("]") and isinstance(field.before, dict)


def _replacement(change: Replace) -> str:
    lost = f"; {len(change.contents)} in it do not come back" if change.contents else ""
    return f"- {_key(change)}: {prose('; '.join(change.reasons))}{lost}"


def _grant(change: Change) -> str:
    """The rights that somebody gains by it; empty if nobody does."""
    marked = [field for field in change.compared.changes if field.grants]
    gained = [f"{_name(field)}: {text.shown(value)}" for field in marked for value in _gained(field)]
    return f"- {_key(change)}: gives {_several(gained)}, because {_where(change)} says so" if gained else ""


def _name(field: FieldChange) -> str:
    """A set's own name: its items are shown as values."""
    return field.field if field.path.startswith(f"{field.field}[") and field.path.endswith("]") else field.path


def _gained(field: FieldChange) -> list[object]:
    if field.after is MISSING or field.after is None:
        return []
    after = field.after if isinstance(field.after, list) else [field.after]
    before = field.before if isinstance(field.before, list) else [field.before]
    return [value for value in after if value not in before]


def _purchase(change: Change) -> str:
    again = ", which an earlier run began" if isinstance(change, Create) and change.repeats else ""
    return f"- {_key(change)}: a new {prose(change.desired.nouns[0])}{again}, because {_where(change)} says so"


def _several(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(code(one, WIDTH) for one in texts[:NAMED]) + more


def _key(change: Change) -> str:
    return code(str(change.desired.key))


def _where(change: Change) -> str:
    return code(change.desired.where)
