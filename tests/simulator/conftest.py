"""Gives tests a fresh simulator and a client that signs in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator_client import Client

from cspctl.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Give a simulator of its own to each test, in which the partner's agents may use what customers grant."""
    simulator = Simulator()
    simulator.account(defaultAccessAssignments=True)
    yield simulator
    simulator.close()


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    """Give a client of the simulator."""
    client = Client(simulator)
    yield client
    client.http.close()
