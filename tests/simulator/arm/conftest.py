"""Gives tests a customer with an Azure subscription; every answer is held against Microsoft's definitions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from arm_definitions import SPECS, Definitions  # noqa: E402
from azure_client import Azure  # noqa: E402


@pytest.fixture(scope="session")
def definitions() -> Definitions | None:
    """Give Microsoft's definitions, or None where they are not beside the checkout."""
    return Definitions() if SPECS.exists() else None


@pytest.fixture
def azure(client, definitions: Definitions | None) -> Iterator[Azure]:
    """Give a customer's first subscription, reached as the partner's agent."""
    azure = Azure.of_new_customer(client)
    yield azure
    if definitions is not None:
        assert azure.departures(definitions) == []
