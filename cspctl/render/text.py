"""Shows a plan to a person at a terminal: grouped by customer, signs first, the summary last."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import groupby
from typing import Any

from rich.text import Text

from cspctl.changes import Adopt, Change, Create, Delete, Note, Plan, Replace, Update
from cspctl.diff import MISSING, FieldChange
from cspctl.estimate import estimate, said
from cspctl.render.causes import SEVERAL, folded, is_broken
from cspctl.resource import Key, Resource
from cspctl.steps import Outcome

SIGNS = {"create": "+", "adopt": "=", "update": "~", "replace": "-/+", "delete": "-"}
STYLES = {"create": "green", "adopt": "cyan", "update": "yellow", "replace": "red", "delete": "red"}
FIELD_STYLES = {"+": "green", "-": "red", "~": "yellow"}
NOTE_SIGNS = {"unknown": "?", "waiting": "!", "unmanaged": " ", "info": "!!"}
NOTE_STYLES = {"unknown": "magenta", "waiting": "magenta", "unmanaged": "dim", "info": "bold bright_yellow"}
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that no reader sees, and some terminals obey."""
WIDTH = 80
"""Characters of a value that are shown."""
WHICH = "What is not managed is named by: plan --explain Customer/NAME, and plan -o json"
WORDS = 100
"""Characters of the words of a list that stand in one line."""


def plan_text(plan: Plan) -> Text:
    """The whole plan; its last line is the summary."""
    lines, notes = Text(), folded(plan.notes)
    groups = dict.fromkeys([*(c.desired.key.group for c in plan.changes), *(n.group for n in notes)])
    for group in sorted(groups, key=lambda group: group != SEVERAL):
        mine = [note for note in notes if note.group == group]
        lines.append(f"{group if group != '-' else 'partner'}\n", "bold")
        for note in (n for n in mine if n.kind == "info"):
            lines.append_text(_note_text(note))
        for change in (c for c in plan.changes if c.desired.key.group == group):
            lines.append_text(change_text(change))
        for note in (n for n in mine if n.kind != "info"):
            lines.append_text(_note_text(note))
        lines.append("\n")
    if any(note.items for note in notes):
        lines.append(f"{WHICH}\n\n", "dim")
    lines.append(summary(plan) + "\n", "bold")
    return lines


def change_text(change: Change) -> Text:
    """One change: its line, and a line for each field."""
    line = f"  {SIGNS[change.action]:>3} {change.desired.key}{visible(comment(change))}\n"
    text = Text().append(line, STYLES[change.action])
    for sign, line in field_lines(change.compared.changes):
        text.append(f"        {sign} {line}\n", FIELD_STYLES[sign])
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


def field_lines(fields: Iterable[FieldChange]) -> Iterator[tuple[str, str]]:
    """Signs, and what is said of the fields: a line for each, the words of one list together."""
    for (sign, words), group in groupby(fields, lambda field: (_sign(field), _list_of(field))):
        if words:
            yield from ((sign, line) for line in _words(words, [shown(_value(field)) for field in group]))
        else:
            yield from ((sign, _said(sign, field)) for field in group)


def _sign(field: FieldChange) -> str:
    return "+" if field.before is MISSING else "-" if field.after is MISSING else "~"


def _value(field: FieldChange) -> Any:
    return field.after if field.before is MISSING else field.before


def _list_of(field: FieldChange) -> str:
    """The list of words that a word is added to or removed from; empty for any other field."""
    value = _value(field)
    one = isinstance(value, str) and _sign(field) != "~" and field.path.endswith(f"[{value}]")
    return field.path.removesuffix(f"[{value}]") if one else ""


def _words(path: str, words: Iterable[str]) -> Iterator[str]:
    """All of them, in as many lines as that takes; the list's name stands in the first."""
    before, line = f"{visible(path)}: ", ""
    for word in words:
        if line and len(line) + len(word) > WORDS:
            yield f"{before}{line},"
            before, line = " " * len(before), ""
        line += f", {word}" if line else word
    yield f"{before}{line}"


def _said(sign: str, field: FieldChange) -> str:
    path, value = visible(field.path), _value(field)
    if sign == "~":
        return f"{path}: {shown(field.before)} -> {shown(field.after)}"
    return f"{path}: {shown(_telling(path, value) if sign == '-' else value)}"


def _telling(path: str, value: Any) -> Any:
    """Of an item that goes what tells something: not what a service has set to nothing, nor what its path says."""
    if not isinstance(value, dict) or not path.endswith("]"):
        return value
    return {n: v for n, v in value.items() if v not in ({}, [], None, "") and not path.endswith(f"[{v}]")}


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
    style = "red" if is_broken(note) else NOTE_STYLES[note.kind]
    return Text().append(f"  {note_sign(note):>3} {note_line(note)}\n", style)


def note_sign(note: Note) -> str:
    """What stands before a note."""
    return "x" if is_broken(note) else NOTE_SIGNS[note.kind]


def note_line(note: Note) -> str:
    """A note in one line: what it is about, and what there is to know."""
    words = {"unknown": "unknown, because ", "waiting": "waits for a person: "}.get(note.kind, "")
    if is_broken(note):
        return visible(f"{note.about}: {note.text.removeprefix('it ')}")
    about = "" if note.kind == "unmanaged" and "/" not in note.about else f"{note.about}: "
    if note.kind == "unmanaged" and note.text.endswith(("not managed", "never touched")) and " in " in note.text:
        about = ""
    return visible(" ".join(f"{about}{words}{note.text}".splitlines()))


def summary(plan: Plan) -> str:
    """One sentence: what would be done, or that nothing would."""
    count = {action: sum(c.action == action for c in plan.changes) for action in SIGNS}
    tail = "".join(f" {number} {words}." for number, words in counted(plan.notes) if number)
    if sum(note.kind == "unknown" for note in plan.notes) >= max(plan.resources, 1):
        return f"Nothing could be planned.{tail}"
    if not plan.writes:
        adopt = f" {count['adopt']} to adopt: apply takes note of them, and writes nothing." if count["adopt"] else ""
        nothing = "No changes in what could be planned." if plan.problems else "No changes."
        return f"{'No changes in what could be seen.' if tail else nothing}{adopt}{tail}"
    parts = ", ".join(f"{count[a]} to {a}" for a in SIGNS if count[a] or a in ("create", "update", "delete"))
    if gone := sum(map(_is_item_gone, (field for c in plan.changes for field in c.compared.changes))):
        parts += f", {many(gone, 'list item')} to remove"
    customers = len({c.desired.key.group for c in plan.changes})
    return f"Plan: {parts} ({many(customers, 'customer')}).{tail}"


def counted(notes: Sequence[Note]) -> list[tuple[int, str]]:
    """How many things cannot be planned, by why: what is known to be wrong, not known, or waits for a person."""
    broken = sum(map(is_broken, notes))
    unknown, waiting = (sum(note.kind == kind for note in notes) for kind in ("unknown", "waiting"))
    return [(broken, "with errors"), (unknown - broken, "unknown"), (waiting, "waiting for a person")]


def _is_item_gone(field: FieldChange) -> bool:
    return field.after is MISSING and field.path.endswith("]")


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
        if note.about == str(resource.key) or (note.items and note.group in _told_of(resource)):
            text.append_text(_note_text(note))
            for item in note.items:
                text.append(f"          {visible(item)}\n", "dim")
    return text


def _told_of(resource: Resource) -> tuple[str, ...]:
    """Whose unmanaged things are named with it: a customer's own, and other customers beside it."""
    return (resource.key.group, resource.key.customer) if resource.key.kind == "Customer" else ()


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


def outcome_summary(outcomes: Iterable[Outcome], writes: Set[Key]) -> str:
    """How many of the changes that write were done, and how many were not; and of how much note was only taken."""
    outcomes = list(outcomes)
    words = ("done", "failed", "skipped", "moved", "not applied", "waiting")
    noted = sum(o.status == "done" and o.key not in writes for o in outcomes)
    count = {status: sum(o.status == status for o in outcomes) - noted * (status == "done") for status in words}
    said = "Applied: " + ", ".join(f"{count[s]} {s}" for s in words if count[s] or s in ("done", "failed")) + "."
    taken = f"Taken note of {noted} that {'exists' if noted == 1 else 'exist'}." if noted else ""
    return " ".join(filter(None, [said if any(count.values()) else "", taken]))
