"""A fleet of small customers while requests fail at random and one customer refuses everything: run after run."""

from __future__ import annotations

import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from cspctl.simulator import Simulator
from reliability import process, proofs
from reliability.process import Ran
from reliability.worlds import SIMULATED, STATE

FAILING = 0.02
"""The share of requests that fail, before or after their effect, or because it was too many of them."""
REFUSING = "company0007"
"""The customer that refuses everything."""
RUNS, HOUR = 8, 3600
COUNTS = "counts.txt"
"""The file with one letter for each request of a run: how it failed, or a dot."""
ONCE = (
    "customer created",
    "agreement confirmed",
    "application consented",
    "azure plan bought",
    "subscription renamed",
    "resource group created",
)
MANIFEST = """
apiVersion: cspctl/v1
kind: Customer
metadata: {{name: {name}}}
spec:
  companyProfile: {{domain: {name}.onmicrosoft.com}}
  billingProfile:
    companyName: The company {name}
    email: marshall@fourthcoffee.com
    culture: en-US
    language: en
    defaultAddress: {{firstName: Marshall, lastName: Levi, phoneNumber: 1234567890, addressLine1: One Microsoft Way,
                     city: Redmond, state: WA, postalCode: 98052, country: US}}
  agreement: {{firstName: Marshall, lastName: Levi, email: marshall@fourthcoffee.com, dateAgreed: 2026-11-01}}
  accessAssignments: [{{group: AdminAgents}}]
  consent: true
---
apiVersion: cspctl/v1
kind: AzurePlan
metadata: {{name: azure, customer: {name}}}
---
apiVersion: cspctl/v1
kind: AzureSubscription
metadata: {{name: main, customer: {name}}}
spec: {{adopt: default, displayName: Main}}
---
apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {{name: network, customer: {name}}}
spec: {{subscription: main, location: westus}}
"""


class Failing(Simulator):
    """Microsoft's services, of which some requests fail, and which refuse all that names one customer."""

    chance: ClassVar[random.Random] = random.Random(4)  # noqa: S311 # the same each time
    guard: ClassVar[threading.Lock] = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or fail."""
        with self.guard:
            way = self.chance.choice("bat") if self.chance.random() < FAILING else "."
            with (self.path.parent / COUNTS).open("a") as counts:
                counts.write(way)
        if REFUSING.encode() in environ["wsgi.input"].getvalue() or REFUSING in environ["PATH_INFO"]:
            refusal = {"code": 2032, "description": "this customer refuses everything"}
            return _answer(start_response, "403 Forbidden", refusal)
        if way == "t":
            return _answer(start_response, "429 Too Many Requests", {"code": "slower"}, ("Retry-After", "3"))
        if way == "b":
            return _answer(start_response, "503 Service Unavailable", {"code": "unavailable"})
        if way == "a":
            list(super().__call__(environ, lambda *_: None))
            return _answer(start_response, "503 Service Unavailable", {"code": "unavailable"})
        return super().__call__(environ, start_response)


def _answer(start_response: Callable[..., Any], status: str, body: Any, *headers: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json"), *headers])
    return [json.dumps(body).encode()]


@dataclass
class Account:
    """What the runs came to."""

    customers: int
    runs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    memory: float = 0


def proved(customers: int, folder: Path) -> Account:
    """Apply until nothing is left but the customer that refuses."""
    found = Account(customers)
    names = [f"company{number:04}" for number in range(customers)]
    text = "---".join(MANIFEST.format(name=name) for name in names)
    (folder / "fleet.yaml").write_text(text, encoding="utf-8")
    for _ in range(RUNS):
        ran = _run(folder, found)
        if _left(ran) == {REFUSING}:
            break
    else:
        found.wrong.append(f"after {RUNS} runs there is still something left to do: {sorted(_left(ran))[:5]}")
    if REFUSING not in ran.said or not re.search(f"{REFUSING}.*refuses everything", ran.said):
        found.wrong.append("the customer that refuses everything was not reported")
    found.wrong += [f"{word}: {ran.said[ran.said.index(word) :][:300]}" for word in proofs.BROKEN if word in ran.said]
    found.wrong += _judged(folder, customers - 1)
    return found


def _run(folder: Path, found: Account) -> Ran:
    counts, began = folder / SIMULATED / COUNTS, time.monotonic()
    counts.unlink(missing_ok=True)
    allowed = ("--allow-purchase", str(10 * found.customers))
    ran = process.run(folder, "apply", "--auto-approve", *allowed, "fleet.yaml", services=Failing, longest=HOUR)
    sent = counts.read_text()
    summary = " ".join(re.findall(r"^(?:Applied: .*|No changes.*)$", ran.out, re.MULTILINE))
    failed = sum(way != "." for way in sent)
    requests = f"{len(sent):>7,} requests, {failed:,} of them failed at random"
    took = f"{time.monotonic() - began:.0f} s, {ran.memory:.0f} MB"
    found.runs.append(f"{requests}; {took}; exit code {ran.code}; {summary}")
    found.memory = max(found.memory, ran.memory)
    return ran


def _left(ran: Ran) -> set[str]:
    """The customers about whom a plan had something to say."""
    return set(re.findall(r"\bcompany\d{4}\b", ran.out))


def _judged(folder: Path, customers: int) -> Iterator[str]:
    """Everything once, for each of the others."""
    simulator = Simulator(folder / SIMULATED / STATE)
    try:
        effects = [effect for row in simulator.ledger() for effect in row.effects]
    finally:
        simulator.close()
    counts = Counter(next((once for once in ONCE if effect.startswith(once)), "") for effect in effects)
    yield from (f"{counts[e]} times instead of {customers}: {e}" for e in ONCE if counts[e] != customers)


def table(found: Account) -> Iterator[str]:
    """What it took."""
    yield f"{found.customers:,} customers of 4 resources, {FAILING:.0%} of requests fail, one customer refuses all"
    yield from (f"  run {number}: {text}" for number, text in enumerate(found.runs, 1))
    yield f"  at most {found.memory:.0f} MB, the simulator in the same process included ({os.cpu_count()} cores)"
    yield from (f"  VIOLATION {text}" for text in found.wrong)
