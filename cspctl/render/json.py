"""Writes a plan as JSON, in the shape of ``terraform show -json`` so that policy tools for that read it too.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
from typing import Any

from cspctl import __version__
from cspctl.changes import Adopt, Change, Create, Delete, Plan, Replace
from cspctl.diff import MISSING
from cspctl.estimate import estimate
from cspctl.render.text import summary

FORMAT = "1.0"
ACTIONS = {
    "create": ["create"],
    "update": ["update"],
    "replace": ["delete", "create"],
    "delete": ["delete"],
}


def plan_json(plan: Plan) -> str:
    """One JSON document."""
    return json.dumps(plan_document(plan), indent=2, ensure_ascii=False, default=str)


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as plain values."""
    return {
        "format_version": FORMAT,
        "cspctl_version": __version__,
        "timestamp": plan.at.isoformat(),
        "summary": summary(plan),
        "digest": plan.digest,
        "digests": plan.digests(),
        "estimate": _estimate(plan),
        "complete": not any(note.kind in ("unknown", "waiting") for note in plan.notes),
        "errored": bool(plan.problems),
        "resource_changes": [_change(change) for change in plan.changes],
        "notes": [
            {"kind": n.kind, "about": n.about, "customer": n.group, "text": n.text, "items": list(n.items)}
            for n in plan.notes
        ],
        "errors": [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in plan.problems],
        "refusals": [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in plan.refusals],
    }


def _estimate(plan: Plan) -> dict[str, Any]:
    """What applying it takes, in seconds; an expectation, and no part of the digest."""
    price = estimate(plan)
    least, most = (round(minutes * 60) for minutes in price.minutes)
    return {
        "requests": price.calls,
        "quota_seconds": round(price.floor),
        "quota": price.quota,
        "seconds": {"from": least, "to": most},
        "longest_chain": [str(key) for key in price.chain],
    }


def _change(change: Change) -> dict[str, Any]:
    key, compared = change.desired.key, change.compared
    live = None if isinstance(change, Create) else change.live
    unknown = isinstance(change, Create | Replace) or live is None
    result: dict[str, Any] = {
        "address": str(key),
        "mode": "managed",
        "type": key.kind,
        "name": key.name,
        "customer": key.group,
        "manifest": change.desired.where,
        "id": live.id if live else None,
        "change": {
            "actions": _actions(change),
            "before": _before(change),
            "after": compared.after,
            "after_unknown": {"id": True} if unknown and not isinstance(change, Delete) else {},
            "before_sensitive": {},
            "after_sensitive": {},
        },
        "adopt": isinstance(change, Adopt),
        "fields": [
            {"path": f.path, **{n: v for n, v in (("before", f.before), ("after", f.after)) if v is not MISSING}}
            for f in compared.changes
        ],
    }
    if isinstance(change, Replace):
        result["action_reason"] = "replace_because_cannot_update"
        result["reasons"] = list(change.reasons)
    return result


def _before(change: Change) -> Any:
    if isinstance(change, Delete):
        return change.live.resource.document()
    return change.compared.before


def _actions(change: Change) -> list[str]:
    if isinstance(change, Adopt):
        return ["update"] if change.compared.changes else ["no-op"]
    return ACTIONS[change.action]
