"""Simulates sign-in, Partner Center and Azure Resource Manager: one WSGI application over one SQLite file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cspctl.simulator import admin, faults, ledger, people, tenants
from cspctl.simulator.app import Application, StartResponse
from cspctl.simulator.clock import Clock
from cspctl.simulator.store import Store

__all__ = ["Simulator"]


class Simulator:
    """Microsoft's services in one object, callable as a WSGI application.

    In process a client reaches it at the true https addresses through `httpx.WSGITransport(app=simulator)`.
    """

    def __init__(self, path: Path | None = None, *, speed: float = 1.0, jumps: bool = True) -> None:
        """Go on with the state in the file `path`, or with a private one that `close` removes.

        `jumps`: waiting moves the clock instead of taking time (in process). Served, `speed` virtual seconds
        pass in a real one.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-") if path is None else None
        self.path = path or Path(self._folder.name if self._folder else "", "state.sqlite")
        self.store = Store(self.path)
        self.clock = Clock(self.store, speed=speed, jumps=jumps)
        self._application = Application(self.store, self.clock)
        with self.store.transaction() as tx:
            if tx.get("profile", "partner") is None:
                tenants.set_up(tx)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        return self._application(environ, start_response)

    @property
    def profile(self) -> dict[str, str]:
        """What a client needs in order to sign in: partnerTenantId, clientId, clientSecret, refreshToken."""
        with self.store.transaction() as tx:
            document = tx.get("profile", "partner") or {}
        return {key: document[key] for key in ("partnerTenantId", "clientId", "clientSecret", "refreshToken")}

    def ledger(self) -> list[ledger.Row]:
        """Return every write request since the last reset, oldest first."""
        with self.store.transaction() as tx:
            return ledger.read(tx)

    def fault(self, method: str = "*", path: str = "", **what: Any) -> None:
        """Let requests fail: see `faults.Fault` for the fields."""
        with self.store.transaction() as tx:
            faults.add(tx, faults.Fault(method=method, path=path, **what))

    def people(self, act: str, **details: Any) -> dict[str, Any]:
        """Let a human being do one of `people.ACTS`, such as accepting the reseller's invitation."""
        now = self.clock.now()
        with self.store.transaction() as tx:
            return people.ACTS[act](tx, now, **details)

    def account(self, **fields: Any) -> None:
        """Change what kind of Partner Center account this is: `sandbox=True`."""
        with self.store.transaction() as tx:
            tx.put("account", "partner", {**(tx.get("account", "partner") or {}), **fields})

    def reset(self) -> None:
        """Forget everything but the credentials and the time."""
        with self.store.transaction() as tx:
            admin.reset(tx)

    def close(self) -> None:
        """Close the file, and remove it if it is private."""
        self.store.close()
        if self._folder is not None:
            self._folder.cleanup()
