"""Warns of secrets that are too short to be kept out of messages."""

from __future__ import annotations

from collections.abc import Iterator

from cspctl.changes import Change, Create, Plan, Replace
from cspctl.cloud.http import SHORTEST_SECRET
from cspctl.errors import BadInput
from cspctl.secret import secrets_of


def warnings(plan: Plan) -> Iterator[str]:
    """A sentence for each secret that the plan would send and that is too short."""
    for change in plan.changes:
        if not change.desired.shape().has_secrets:
            continue
        for path, secret in secrets_of(change.desired).items():
            if not _is_sent(change, path):
                continue
            try:
                length = len(secret.value())
            except BadInput:
                continue  # planning has said that it is missing
            if length < SHORTEST_SECRET:
                yield (
                    f"{change.desired.key}: {path} has {length} characters: messages do not hide a secret of fewer "
                    f"than {SHORTEST_SECRET}, because the gaps would tell it"
                )


def _is_sent(change: Change, path: str) -> bool:
    if isinstance(change, Create | Replace):
        return True
    return any(field.path == path or field.path.startswith(f"{path}.") for field in change.compared.changes)
