"""Says once what is unknown for one reason: twelve lines about one missing sign-in hide that there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cspctl.changes import Note

SEVERAL = "several customers"
"""What stands above a cause that concerns more than one."""
CALL = re.compile(r" \([^()]*\)$")
"""How an error ends that names its call and its ids, which differ although the reason is one."""


def folded(notes: Iterable[Note]) -> list[Note]:
    """The notes, those about what is unknown for one reason as one, which stands where the first of them stood."""
    notes = list(notes)
    unknown = [note for note in notes if note.kind == "unknown"]
    causes: dict[str, list[Note]] = {}
    cause_of: dict[str, str] = {}
    for note in unknown:
        cause_of[note.about] = cause = _cause(note, cause_of)
        causes.setdefault(cause, []).append(note)
    first = {id(members[0]): members for members in causes.values()}
    rest = {id(note) for members in causes.values() for note in members[1:]}
    return [_joined(first[id(note)]) if id(note) in first else note for note in notes if id(note) not in rest]


def _cause(note: Note, cause_of: dict[str, str]) -> str:
    """The reason without its call; of what refers to something unknown, the reason why that is."""
    words = (word.strip(".,;:") for word in note.text.split())
    own = note.about if is_broken(note) else CALL.sub("", note.text)  # each error is a cause of its own
    return next((cause_of[word] for word in words if word in cause_of), own)


def is_broken(note: Note) -> bool:
    """Whether it is not unknown but known to be wrong: an error says how, or one of what it refers to."""
    return note.kind == "unknown" and "cannot be planned" in note.text


def _joined(members: Sequence[Note]) -> Note:
    """One note about them all, in the words of the first."""
    first, *others = members
    if not others:
        return first
    group = first.group if all(note.group == first.group for note in others) else SEVERAL
    return replace(first, about=f"{first.about} and {len(others)} more", group=group)
