"""A fleet of small customers while services fail at random: run after run until nothing is left, nothing twice."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path

import httpx

from cspctl.apply import apply
from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.resource import Resource
from tests.world import World, resources, world

CUSTOMERS = 200
FAILING = 0.02
RUNS = 6
PLAIN = """
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
---
apiVersion: cspctl/v1
kind: AzurePlan
metadata: {{name: azure, customer: {name}}}
---
"""


class Failing(httpx.BaseTransport):
    """Some requests fail: refused for now, before their effect, or after it."""

    def __init__(self, inner: httpx.BaseTransport, seed: int) -> None:
        self.inner, self.random, self.failed = inner, random.Random(seed), Counter[str]()
        self.guard = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self.guard:
            way = self.random.choice(("before", "after", "throttled")) if self.random.random() < FAILING else ""
            self.failed[way] += 1
        if way == "throttled":
            return httpx.Response(429, headers={"Retry-After": "3"}, json={"statusCode": 429, "message": "slower"})
        if way == "before":
            return httpx.Response(503, json={"code": "unavailable"})
        response = self.inner.handle_request(request)
        response.read()
        return httpx.Response(503, json={"code": "unavailable"}) if way else response


def carried_out(here: World, wanted: list[Resource]) -> tuple[int, int]:
    """One run: how many changes it had, and how many are not done."""
    cloud, journal = here.cloud, here.journal
    records = journal.records()
    seen = observe(wanted, cloud, records)
    made = plan(wanted, seen, records)
    assert not made.problems, made.problems
    outcomes = apply(made, seen, cloud, journal)
    assert {o.status for o in outcomes} <= {"done", "waiting", "skipped"}, [o for o in outcomes if o.status == "failed"]
    if made.doubtful_until:
        here.simulator.clock.sleep((made.doubtful_until - cloud.clock.now()).total_seconds())
    return len(outcomes) + len(made.notes), sum(o.status != "done" for o in outcomes)


def test_a_fleet_converges_though_services_fail_and_nothing_is_bought_twice(tmp_path: Path) -> None:
    names = [f"company{number:03}" for number in range(CUSTOMERS)]
    wanted = resources("".join(PLAIN.format(name=name) for name in names).rpartition("---")[0])
    with world(tmp_path / "world") as plain:
        failing = Failing(httpx.WSGITransport(app=plain.simulator), seed=4)
        with httpx.Client(transport=failing) as client:
            here = World(plain.folder, plain.simulator, client)
            for _ in range(RUNS):
                changes, left = carried_out(here, wanted)
                if not left and not changes:
                    break
            assert (changes, left) == (0, 0)
        assert min(failing.failed[way] for way in ("before", "after", "throttled")) > 5
        bought = Counter(row.path for row in plain.writes() if row.method == "POST" and row.effects)
        assert bought["/v1/customers"] == CUSTOMERS
        assert all(count == 1 for path, count in bought.items() if path.endswith("/checkout"))
        assert sum(path.endswith("/checkout") for path in bought) == CUSTOMERS
