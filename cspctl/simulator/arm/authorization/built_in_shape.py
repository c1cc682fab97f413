"""Says what is known of a built-in role."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltIn:
    """A built-in role: its GUID, name and description; actions stand one after the other, blanks between them."""

    id: str
    name: str
    description: str
    actions: str = ""
    not_actions: str = ""
    data_actions: str = ""
    not_data_actions: str = ""
