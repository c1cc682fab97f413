"""Simulates Microsoft Entra ID's sign-in service in each of Microsoft's clouds; only this package knows its routes."""

from __future__ import annotations

from cspctl.simulator.sign_in import admin_consent, browser_routes, device_codes, discovery, token_routes
from cspctl.simulator.sign_in.service import routes

# Importing a module declares its routes.
__all__ = ["admin_consent", "browser_routes", "device_codes", "discovery", "routes", "token_routes"]
