"""Joins the tables of built-in roles."""

from __future__ import annotations

from cspctl.simulator.arm.authorization import (
    built_in_compute,
    built_in_data,
    built_in_general,
    built_in_monitoring,
    built_in_recovery,
)
from cspctl.simulator.arm.authorization.built_in_shape import BuiltIn

__all__ = ["ROLES", "BuiltIn"]

ROLES = (
    *built_in_general.ROLES,
    *built_in_compute.ROLES,
    *built_in_data.ROLES,
    *built_in_recovery.ROLES,
    *built_in_monitoring.ROLES,
)
