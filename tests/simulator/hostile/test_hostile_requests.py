"""Whatever a client sends, each service answers in its own words: no traceback, no 500, no broken connection.

A few rounds are always run; HOSTILE_ROUNDS=500 runs that many on every route of every service.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hostile_requests import Attacker, Wanted
from hostile_world import World, routes_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "3"))
SUPPORTED = re.compile(r"supported (?:api-)?versions are '.*?(\d{4}-\d\d-\d\d)(?=[',])")
SERVICES = ("sign-in", "partner-center", "arm", "graph", "simulator")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("hostile"))
    yield world
    world.close()


@pytest.mark.parametrize("service", SERVICES)
@settings(
    max_examples=ROUNDS,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_no_request_breaks_a_service(world: World, service: str, seed: int) -> None:
    random = Random(seed)
    attacker = Attacker(world, random)
    routes = routes_of(service)
    random.shuffle(routes)
    # What ends things comes last, so that there is something to be hostile to until then.
    routes.sort(key=lambda route: route[0] == "DELETE" or route[1].endswith(("/reset", "/cancel")))
    with world.store.visit():
        for method, template in routes:
            wanted = attacker.request(service, method, template)
            learn(world, method, template, *check(wanted, *sent(world, wanted)))


def learn(world: World, method: str, template: str, status: int, body: Any) -> None:
    """Remember which api-version an ARM route asks for, so that the next request comes past that check."""
    error = body.get("error") if status == 400 and isinstance(body, dict) else None
    if isinstance(error, dict) and (found := SUPPORTED.search(str(error.get("message")))):
        world.versions[f"{method} {template}"] = found[1]


def sent(world: World, wanted: Wanted) -> tuple[int, str, bytes]:
    """Send the request; return status, media type and body of the answer."""
    began: list[Any] = []
    try:
        chunks = world.application(wanted.environ(), lambda *arguments: began.append(arguments))
        data = b"".join(chunks)
    except Exception as error:
        raise AssertionError(f"{error!r} by {wanted!r}") from error
    status, headers = began[0][:2]
    return int(status[:3]), dict(headers).get("Content-Type", ""), data


def check(wanted: Wanted, status: int, type: str, data: bytes) -> tuple[int, Any]:
    """Check that the answer is one of the service's own, and return it."""
    assert status != 500, wanted
    if status < 400 or wanted.method == "HEAD":
        return status, None
    if wanted.service == "sign-in" and type.startswith("text/html"):
        return status, None
    body = json.loads(data.decode("utf-8-sig"))
    assert SHAPES[wanted.service](body), f"{body} for {wanted!r}"
    return status, body


def _with_error(body: Any) -> bool:
    return isinstance(body["error"]["code"], str) and isinstance(body["error"]["message"], str)


def _of_partner_center(body: Any) -> bool:
    if body.get("statusCode") == 429:
        return isinstance(body["message"], str)
    return isinstance(body["code"], int | str) and isinstance(body["description"], str)


SHAPES = {
    "sign-in": lambda body: isinstance(body["error"], str) and isinstance(body["error_description"], str),
    "partner-center": _of_partner_center,
    "arm": _with_error,
    "graph": _with_error,
    "simulator": _with_error,
}
