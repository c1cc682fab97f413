"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.world import World, copied, scenario, world

settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("suite")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A world with a partner and no customer."""
    with world(tmp_path / "world") as made:
        yield made


@pytest.fixture(scope="session")
def fourth_coffee_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which the Fourth Coffee scenario has been applied, closed again."""
    folder = tmp_path_factory.mktemp("fourth-coffee") / "world"
    with world(folder) as made:
        made.done(scenario())
    return folder


@pytest.fixture
def fourth_coffee(fourth_coffee_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A world in which the Fourth Coffee scenario has been applied."""
    with copied(fourth_coffee_folder, tmp_path / "world") as made:
        yield made
