"""Shows a plan to a person at a terminal: grouped by customer, signs first, the summary last."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from rich.text import Text

from cspctl.changes import Adopt, Change, Create, Delete, Note, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange
from cspctl.estimate import estimate, said
from cspctl.resource import Resource
from cspctl.steps import Outcome

SIGNS = {"create": "+", "adopt": "=", "update": "~", "replace": "-/+", "delete": "-"}
STYLES = {"create": "green", "adopt": "cyan", "update": "yellow", "replace": "red", "delete": "red"}
NOTE_SIGNS = {"unknown": "?", "waiting": "!", "unmanaged": " ", "info": " "}
NOTE_STYLES = {"unknown": "magenta", "waiting": "magenta", "unmanaged": "dim", "info": "dim"}
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that no reader sees, and some terminals obey."""
WIDTH = 80
"""Characters of a value that are shown."""


def plan_text(plan: Plan) -> Text:
    """The whole plan; its last line is the summary."""
    lines = Text()
    for group in dict.fromkeys([*(c.desired.key.group for c in plan.changes), *(n.group for n in plan.notes)]):
        lines.append(f"{group if group != '-' else 'partner'}\n", "bold")
        for change in (c for c in plan.changes if c.desired.key.group == group):
            lines.append_text(change_text(change))
        for note in (n for n in plan.notes if n.group == group):
            lines.append_text(_note_text(note))
        lines.append("\n")
    lines.append(summary(plan) + "\n", "bold")
    return lines


def change_text(change: Change) -> Text:
    """One change: its line, and a line for each field."""
    text = Text(f"  {SIGNS[change.action]:>3} {change.desired.key}{visible(comment(change))}\n", STYLES[change.action])
    for field in change.compared.changes:
        text.append_text(_field_text(field, new=isinstance(change, Create)))
    if isinstance(change, Delete) and change.contents:
        text.append(f"          and {len(change.contents)} in it\n", "red")
    return text


def comment(change: Change) -> str:
    """What is said behind a change's key: why it must be so, or what exists."""
    match change:
        case Create(repeats=record) if record:
            return "  # an earlier run began this; the same request is repeated"
        case Create(desired=desired) if type(desired).paid:
            return "  # a purchase"
        case Adopt(live=None):
            return "  # comes with what is created above; (known after apply)"
        case Update(live=live) if live.gone:
            return "  # it counts as deleted, and is restored"
        case Adopt(live=live) if live and live.gone:
            return f"  # exists as {live.id}, counts as deleted, and is restored"
        case Adopt(live=live):
            return f"  # exists as {live.id}" if live else ""
        case Replace(reasons=reasons):
            return f"  # must be replaced: {'; '.join(reasons)}"
        case Delete(live=live):
            return f"  # {live.id}"
        case _:
            return ""


def _field_text(field: FieldChange, new: bool) -> Text:
    sign, said = field_line(field)
    return Text(f"        {sign} {said}\n", "red" if sign == "-" else "green" if new else "yellow")


def field_line(field: FieldChange) -> tuple[str, str]:
    """A field's sign, and what is said of it: one line."""
    path = visible(field.path)
    if field.before is MISSING:
        return "+", f"{_without_word(path, field.after)}: {shown(field.after)}"
    if field.after is MISSING:
        return "-", f"{_without_word(path, field.before)}: {shown(field.before)}"
    return "~", f"{path}: {shown(field.before)} -> {shown(field.after)}"


def _without_word(path: str, value: Any) -> str:
    """The path of a field; in a list of words the word itself says which one is meant."""
    return path.removesuffix(f"[{value}]") if isinstance(value, str) else path


def shown(value: Any) -> str:
    """A value in one line, cut where it is long."""
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def visible(text: str) -> str:
    """What a live value holds must not steer the terminal: control and format characters are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in UNSEEN else c for c in text)


def _note_text(note: Note) -> Text:
    return Text(f"  {NOTE_SIGNS[note.kind]:>3} {note_line(note)}\n", NOTE_STYLES[note.kind])


def note_line(note: Note) -> str:
    """A note in one line: what it is about, and what there is to know."""
    words = {"unknown": "unknown, because ", "waiting": "waits for a person: "}.get(note.kind, "")
    about = "" if note.kind == "unmanaged" and "/" not in note.about else f"{note.about}: "
    if note.kind == "unmanaged" and note.text.endswith(("not managed", "never touched")) and " in " in note.text:
        about = ""
    return visible(" ".join(f"{about}{words}{note.text}".splitlines()))


def summary(plan: Plan) -> str:
    """One sentence: what would be done, or that nothing would."""
    count = {action: sum(c.action == action for c in plan.changes) for action in SIGNS}
    unknown = sum(note.kind == "unknown" for note in plan.notes)
    waiting = sum(note.kind == "waiting" for note in plan.notes)
    tail = "".join(
        f" {number} {words}." for number, words in ((unknown, "unknown"), (waiting, "waiting for a person")) if number
    )
    if not plan.writes:
        adopt = f" {count['adopt']} to adopt: apply takes note of them, and writes nothing." if count["adopt"] else ""
        nothing = "No changes in what could be planned." if plan.problems else "No changes."
        return f"{'No changes in what could be seen.' if tail else nothing}{adopt}{tail}"
    parts = ", ".join(f"{count[a]} to {a}" for a in SIGNS if count[a] or a in ("create", "update", "delete"))
    customers = len({c.desired.key.group for c in plan.changes})
    return f"Plan: {parts} ({many(customers, 'customer')}).{tail}"


def many(number: int, noun: str) -> str:
    """``1 customer``, ``2 customers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def details(plan: Plan) -> str:
    """What lies under the summary: how much was looked at, the digest to approve, and what applying it takes."""
    looked = f"{many(plan.resources, 'resource')} compared in {many(plan.calls, 'request')}"
    digest = f" Digest {plan.digest}." if plan.changes else ""
    return "\n".join(filter(None, [f"{looked}.{digest}", price(plan)]))


def price(plan: Plan) -> str:
    """How many requests applying it takes, how long, and what the longest chain is; empty if nothing is written."""
    return said(estimate(plan))


def explanation(plan: Plan, resource: Resource) -> Text:
    """Where each line about one resource comes from: the manifest's line, and what is live."""
    text = Text().append(f"{resource.key}\n", "bold")
    text.append(f"  described in {resource.where}\n")
    change = next((c for c in plan.changes if c.desired.key == resource.key), None)
    for line in _explained(change, resource, plan):
        text.append(f"  {line}\n")
    for note in plan.notes:
        if note.about == str(resource.key):
            text.append_text(_note_text(note))
    return text


def _explained(change: Change | None, resource: Resource, plan: Plan) -> Iterator[str]:
    needs = sorted(map(str, plan.needs.get(resource.key, ())))
    yield f"needs {', '.join(needs)}" if needs else "needs nothing"
    if change is None:
        if any(n.about == str(resource.key) and n.kind in ("unknown", "waiting") for n in plan.notes):
            return
        if any(str(resource.key) in p.what for p in (*plan.problems, *plan.refusals)):
            yield "it cannot be planned; see the error below"
            return
        yield f"nothing to do: every mentioned field is live as the manifest says ({plan.at:%Y-%m-%d %H:%M:%S} UTC)"
        return
    yield f"{change.action}{visible(comment(change))}"
    live = getattr(change, "live", None)
    if live is not None:
        yield f"live: {live.id}, read at {plan.at:%Y-%m-%d %H:%M:%S} UTC"
    for field in change.compared.changes:
        yield f"{field.path}"
        before = "not set" if field.before is MISSING else shown(field.before)
        yield f"    live      {before if live is not None else 'does not exist'}"
        after = "not set" if field.after is MISSING else shown(field.after)
        yield f"    manifest  {after}  ({resource.where_is(field.path)})"
        if field.immutable and isinstance(change, Replace):
            yield f"    cannot change in place: {field.immutable.why}"


def outcome_summary(outcomes: Iterable[Outcome]) -> str:
    """One sentence: how many changes were done, and how many were not."""
    outcomes = list(outcomes)
    words = ("done", "failed", "skipped", "moved", "waiting")
    count = {status: sum(o.status == status for o in outcomes) for status in words}
    return "Applied: " + ", ".join(f"{count[s]} {s}" for s in words if count[s] or s in ("done", "failed")) + "."
