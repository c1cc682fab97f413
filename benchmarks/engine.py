"""The engine alone, with nothing to do: manifests on the disk, the services' answers in memory, no HTTP.

Everything between the two is the product: load, order, match, diff, plan.
As a program (``python -m benchmarks.engine FOLDER RESOURCES CUSTOMERS``) it prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import estate


class Answers:
    """Stands in for the clients of Partner Center and of Azure Resource Manager, and for signing in."""

    base = ""

    def __init__(self, known: dict[str, Any]) -> None:
        """Answer from memory."""
        self.known = known

    def get(self, path: str, *_: Any, **__: Any) -> Any:
        """The body of a GET."""
        return self.known[path]

    def all(self, path: str, version: str = "", tenant: str = "", **_: Any) -> Any:
        """All entries of a collection."""
        return self.known[f"{tenant}{path}" if path == "/subscriptions" else path]

    def token(self, *_: Any, **__: Any) -> str:
        """That there is one is what shows a customer's consent."""
        return ""

    @property
    def cloud(self) -> Any:
        """What the kinds are given to work with."""
        return SimpleNamespace(
            profile=SimpleNamespace(partner_tenant_id="", sandbox=False),
            partner=self,
            arm=self,
            graph=self,
            auth=self,
            http=SimpleNamespace(counts=Counter(), remembering=nullcontext),
            clock=SimpleNamespace(now=lambda: datetime(2026, 11, 20, tzinfo=UTC)),
            sink=SimpleNamespace(has=lambda *_: True, unwritable=lambda: ""),
        )


def run(folder: Path, resources: int, customers: int) -> dict[str, Any]:
    """Load, look, plan: the seconds of each step, and those that preparing the answers took."""
    began = time.process_time()
    cloud = Answers(estate.answers(list(estate.shares(resources, customers)))).cloud
    prepared = time.process_time() - began
    from cspctl import cli, manifest
    from cspctl.observe import observe
    from cspctl.plan import plan
    from cspctl.record import Record
    from cspctl.resource import Live

    cli.collect_rarely()
    imported = time.perf_counter()
    wanted = manifest.load([folder])
    loaded = time.perf_counter()
    seen = observe(wanted, cloud, {})
    observed = time.perf_counter()
    # What the journal would say: all of this is known to us, so nothing is there to adopt.
    records = {key: Record(key, id=state.id) for key, state in seen.states.items() if isinstance(state, Live)}
    planned = plan(wanted, seen, records)
    ended = time.perf_counter()
    return {
        "resources": len(wanted),
        "prepare": prepared,
        "load": loaded - imported,
        "look": observed - loaded,
        "plan": ended - observed,
        "changes": len(planned.changes) + len(planned.notes) + len(planned.problems),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
