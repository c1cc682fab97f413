"""What the journal adds up to for one key: pure data, which the planner reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cspctl.resource import Key, Operation


@dataclass(frozen=True)
class Record:
    """What the journal says of one key: the intent that is still open, and the id that is known."""

    key: Key
    id: str = ""
    made: str = ""
    """The id that the open create has returned."""
    action: str = ""
    request_id: str = ""
    since: datetime | None = None
    operation: Operation | None = None
    open: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The version label with which each secret was last sent, by the path of its field."""

    @property
    def creating(self) -> bool:
        """Whether a run has announced its creation and not finished it."""
        return self.open and self.action == "create"

    def after(self, entry: Mapping[str, Any]) -> Record:
        """The record with one more journal line taken into account."""
        event = entry["event"]
        if event == "intent":
            since = datetime.fromisoformat(entry["time"])
            request_id, action = entry["requestId"], entry["action"]
            return replace(self, action=action, request_id=request_id, since=since, made="", operation=None, open=True)
        if event == "operation":
            return replace(self, operation=Operation(**entry["operation"]))
        if event == "made":
            return replace(self, made=entry["id"])
        if event == "failed":  # a definite no: nothing has happened
            return replace(self, open=False, made="", operation=None)
        gone = entry["action"] == "delete"
        secrets = {} if gone else {**self.secrets, **entry.get("secrets", {})}
        id = "" if gone else entry["id"] or self.id
        return replace(self, open=False, made="", operation=None, id=id, secrets=secrets)
