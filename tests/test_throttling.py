"""Throttling over the simulator, which counts as Microsoft does and by itself: both only agree through HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from cspctl.apply import Event, apply
from cspctl.cloud import Cloud
from cspctl.errors import CloudError
from tests.world import World, scenario

NETWORK = r"virtualNetworks/sea-vnet$"


def ask(cloud: Cloud, call: Callable[[], object], times: int) -> None:
    """So many calls from eight threads; that there is nothing to find is an answer, too."""

    def one(_: int) -> None:
        with suppress(CloudError):
            call()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(times)))


def test_a_service_that_counts_for_itself_never_has_to_refuse(fourth_coffee: World) -> None:
    cloud = fourth_coffee.cloud
    customer = cloud.partner.all("/v1/customers")[0]["id"]
    for call in (
        lambda: cloud.partner.send("GET", "/v1/customers?size=1"),
        lambda: cloud.partner.send("GET", f"/v1/customers/{customer}"),
        lambda: cloud.arm.send("GET", "/subscriptions", "2022-12-01", customer),
    ):
        began, before = cloud.clock.now(), len(fourth_coffee.answers)
        ask(cloud, call, 700)
        answers = [a for a in fourth_coffee.answers[before:] if "login" not in a.request.url.host]
        assert len(answers) >= 700
        assert 429 not in {answer.status_code for answer in answers}
        assert cloud.clock.now() - began > timedelta(seconds=15)  # it had to wait


def test_a_throttled_write_is_put_aside_shown_and_done(empty: World) -> None:
    empty.simulator.fault(method="PUT", path=NETWORK, what="throttle", retry_after=40, times=3)
    events: list[Event] = []
    outcomes = empty.apply(scenario(), events=events)
    assert {o.status for o in outcomes} == {"done"}
    told = [event.text for event in events if event.key.name == "sea-vnet"]
    assert told[0] == "creating"
    assert [text[:11] for text in told[1:4]] == ["waits 40 s:"] * 3
    puts = [r for r in empty.requests if r.method == "PUT" and "sea-vnet" in r.url.path]
    assert len({r.headers["x-ms-client-request-id"] for r in puts}) == 1
    assert not empty.plan(scenario()).changes


def test_a_throttled_change_keeps_no_thread_from_the_others(empty: World) -> None:
    """With a single thread: what is put aside for ten minutes does not keep the rest from being done meanwhile."""
    empty.simulator.fault(method="POST", path="/v1.*/carts$", what="throttle", retry_after=600)
    events: list[Event] = []
    cloud = empty.cloud
    seen, planned = empty.look(scenario(), cloud=cloud)
    outcomes = apply(planned, seen, cloud, empty.journal, events.append, parallelism=1)
    assert {o.status for o in outcomes} == {"done"}
    done = [event.key.name for event in events if event.outcome]
    assert {"marshall", "gena", "daniel"} <= set(done[: done.index("azure")])


@pytest.mark.parametrize(
    ("status", "code"), [(409, "AnotherOperationInProgress"), (429, "RetryableError")], ids=["409", "429"]
)
def test_another_operation_on_the_same_network_is_waited_for(empty: World, status: int, code: str) -> None:
    empty.simulator.fault(method="PUT", path=NETWORK, what="status", status=status, code=code, times=4)
    outcomes = empty.apply(scenario())
    assert {o.status for o in outcomes} == {"done"}
    assert not empty.plan(scenario()).changes


def test_an_interruption_while_a_write_is_put_aside_leaves_no_doubt(empty: World) -> None:
    empty.simulator.fault(method="POST", path="/v1/customers$", what="throttle", retry_after=100)
    stop = threading.Event()
    cloud = empty.cloud

    def show(event: Event) -> None:
        if event.text.startswith("waits"):
            stop.set()

    seen, planned = empty.look(scenario(), cloud=cloud)
    outcomes = apply(planned, seen, cloud, empty.journal, show, stopping=stop.is_set)
    assert {o.status for o in outcomes} == {"skipped"}
    assert not any(record.open for record in empty.journal.records().values())
    again = empty.plan(scenario())
    assert again.doubtful_until is None
    assert again.digest == planned.digest
