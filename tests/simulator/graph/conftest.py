"""Gives tests clients of Microsoft Graph: the agent's in a customer's directory, and its administrator's."""

from __future__ import annotations

import pytest
from graph_client import GRAPH, Graph, consent_to_graph
from simulator_client import Client


@pytest.fixture
def customer(client: Client) -> str:
    """Create a customer whose directory lets our application use Microsoft Graph."""
    customer = client.customer()
    consent_to_graph(client, customer)
    return customer


@pytest.fixture
def graph(client: Client, customer: str) -> Graph:
    """Give the agent's client in the customer's directory."""
    return Graph(client, client.token(GRAPH, customer))


@pytest.fixture
def partner(client: Client) -> Graph:
    """Give the agent's client in the partner's own directory."""
    return Graph(client, client.token(GRAPH))
