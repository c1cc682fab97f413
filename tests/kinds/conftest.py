"""Worlds that the tests of several kinds begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kinds.tenants import GENA
from tests.test_rules import CUSTOMER, ESTATE
from tests.world import World, copied, resources, world


@pytest.fixture(scope="session")
def tenant_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one customer that has a directory, closed again."""
    folder = tmp_path_factory.mktemp("tenant") / "world"
    with world(folder) as made:
        made.done(resources(CUSTOMER))
    return folder


@pytest.fixture
def tenant(tenant_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A world with one customer that has a directory."""
    with copied(tenant_folder, tmp_path / "world") as made:
        yield made


@pytest.fixture(scope="session")
def network_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with one customer, its subscription, and a network in it, closed again."""
    folder = tmp_path_factory.mktemp("network") / "world"
    with world(folder) as made:
        made.done(resources(ESTATE))
    return folder


@pytest.fixture
def network(network_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A world with one customer, its subscription, and a network in it."""
    with copied(network_folder, tmp_path / "world") as made:
        yield made


@pytest.fixture
def gena(tenant: World) -> World:
    """The customer with one user, made by us so long ago that every list has it."""
    tenant.done(resources(CUSTOMER + GENA))
    tenant.simulator.clock.sleep(60)
    tenant.answers.clear()
    return tenant
