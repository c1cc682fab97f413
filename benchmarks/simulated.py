"""The no-op plan over the simulator in the same process, with counts of what is asked of the services.

As a program: ``python -m benchmarks.simulated seed FOLDER RESOURCES CUSTOMERS`` makes the estate, and
``python -m benchmarks.simulated plan FOLDER`` plans it and prints one line of JSON.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks import estate
from cspctl import cli, config, manifest, storage
from cspctl.apply import apply
from cspctl.cloud import Clock, Cloud, connect
from cspctl.journal import Journal
from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.simulator import Simulator
from cspctl.sink import Sink

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PASSING = frozenset({"armBuckets", "clock", "counters", "ledger", "partnerCenterAnswers", "partnerCenterRates"})
"""What the simulator keeps about requests, not about the estate."""


@contextmanager
def services(folder: Path, requests: list[httpx.Request]) -> Iterator[tuple[Simulator, Cloud]]:
    """The simulator with its state in the folder, and our clients over it, which note every request."""
    simulator = Simulator(folder / "simulator.sqlite")
    known = simulator.profile
    profile = config.Profile.model_validate(
        {
            "partnerTenantId": known["partnerTenantId"],
            "clientId": known["clientId"],
            "clientSecret": config.Held.model_validate({"text": known["clientSecret"]}),
            "refreshToken": config.Held.model_validate({"text": known["refreshToken"]}),
        }
    )
    clock = Clock(simulator.clock.now, simulator.clock.sleep, jumps=True)
    try:
        with httpx.Client(transport=httpx.WSGITransport(app=simulator)) as client:
            client.event_hooks = {"request": [requests.append]}
            yield simulator, connect(profile, client, clock, Sink(folder / "secrets"))
    finally:
        simulator.close()


def seed(folder: Path, resources: int, customers: int) -> None:
    """Write the manifests of an estate, and bring it into being.

    The first customer is applied over HTTP. The others are copies of what the simulator and the journal then hold
    of it, with ids and names of their own.
    """
    first = next(estate.shares(resources // customers, 1))
    estate.write(folder / "manifests" / first.customer, first)
    state = folder / "simulator.sqlite"
    with services(folder, []) as (_, cloud):
        before = {id for _, id, _ in _rows(state)}
        wanted, journal = manifest.load([folder / "manifests"]), Journal(storage.at(folder / "journal"))
        seen = observe(wanted, cloud, {})
        outcomes = apply(plan(wanted, seen, {}), seen, cloud, journal)
    if bad := [outcome for outcome in outcomes if outcome.status != "done"]:
        raise RuntimeError(f"the estate could not be made: {bad[:3]}")
    mine = [row for row in _rows(state) if row[0] not in PASSING and row[1] not in before]
    own = {guid for _, id, _ in mine for guid in GUID.findall(id)} - set(GUID.findall("".join(before)))
    for index in range(1, customers):
        share = replace(first, customer=f"customer-{index:04}")
        estate.write(folder / "manifests" / share.customer, share)
        _copy(folder, mine, {first.customer: share.customer} | {id: estate.id_of(share.customer, id) for id in own})


def _rows(state: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(state) as connection:
        return connection.execute("SELECT collection, id, body FROM documents").fetchall()


def _copy(folder: Path, rows: list[tuple[str, str, str]], names: dict[str, str]) -> None:
    (first, mine), *_ = names.items()
    found = re.compile("|".join(map(re.escape, names)))

    def renamed(text: str) -> str:
        return found.sub(lambda match: names[match[0]], text)

    with sqlite3.connect(folder / "simulator.sqlite") as connection:
        copies = ((collection, renamed(id), renamed(body)) for collection, id, body in rows if renamed(id) != id)
        connection.executemany("INSERT INTO documents VALUES (?, ?, ?)", copies)
    (folder / "journal" / mine).mkdir()
    for file in (folder / "journal" / first).iterdir():
        (folder / "journal" / mine / file.name).write_text(renamed(file.read_text(encoding="utf-8")), encoding="utf-8")


def kind_of(request: httpx.Request) -> str:
    """`list` or `detail`: an odd number of steps in a path names a collection; the rest is signing in and asking."""
    parts = urlsplit(str(request.url))
    if request.method != "GET" or (parts.hostname or "").startswith("login."):
        return "other"
    steps = [step for step in parts.path.split("/") if step]
    steps = steps[1:] if steps[:1] == ["v1"] else steps
    return "list" if len(steps) % 2 else "detail"


def run(folder: Path) -> dict[str, Any]:
    """Plan what is in place already: the seconds of each step, the requests, and the virtual seconds that passed."""
    cli.collect_rarely()
    requests: list[httpx.Request] = []
    with services(folder, requests) as (simulator, cloud):
        began, started = simulator.clock.now(), time.perf_counter()
        wanted = manifest.load([folder / "manifests"])
        records = Journal(storage.at(folder / "journal")).records()
        loaded = time.perf_counter()
        seen = observe(wanted, cloud, records)
        observed = time.perf_counter()
        planned = plan(wanted, seen, records)
        ended = time.perf_counter()
        waited = (simulator.clock.now() - began).total_seconds() - (ended - started)
    return {
        "resources": len(wanted),
        "load": loaded - started,
        "look": observed - loaded,
        "plan": ended - observed,
        "requests": Counter(map(kind_of, requests)),
        "waited": waited,
        "changes": len(planned.changes) + len(planned.notes) + len(planned.problems),
    }


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        seed(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.stdout.write(json.dumps(run(Path(sys.argv[2]))))
