"""Simulates the rules of Microsoft.Network for the types that virtual networks are made of."""

from cspctl.simulator.arm.network import declarations, lookups

__all__ = ["declarations", "lookups"]
