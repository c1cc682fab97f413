"""Simulates sign-in, Partner Center, Microsoft Graph and Azure Resource Manager: one WSGI application, one file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cspctl.simulator import accounts, admin, details, faults, ledger, people, seed, tenants
from cspctl.simulator.app import Application, StartResponse
from cspctl.simulator.clock import Clock
from cspctl.simulator.store import OutdatedState, Store

__all__ = ["OutdatedState", "Simulator"]


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
        if seed.is_meant(environ):  # outside of a transaction: each step of a seed has its own
            return seed.answered(self, environ, start_response)
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

    def people(self, act: str, **given: Any) -> dict[str, Any]:
        """Let a human being do one of `people.ACTS`, such as accepting the reseller's invitation."""
        now = self.clock.now()
        with self.store.transaction() as tx:
            deed = people.ACTS[act]
            return deed(tx, now, **details.checked(deed, given))

    def arm_fault(self, text: str) -> str:
        """Let requests fail: `PUT .*virtualNetworks.* status=503 times=2`; return it as understood, or ValueError."""
        fault = faults.parse_text(text)
        with self.store.transaction() as tx:
            faults.add(tx, fault)
        return faults.written(asdict(fault))

    def faults(self) -> list[dict[str, Any]]:
        """Return the armed faults, with how many requests each has `seen`."""
        with self.store.transaction() as tx:
            return faults.armed(tx)

    def clear_faults(self) -> int:
        """Disarm all faults, and return how many there were."""
        with self.store.transaction() as tx:
            count = len(faults.armed(tx))
            faults.clear(tx)
        return count

    def account(self, **fields: Any) -> None:
        """Change what kind of Partner Center account this is: see `accounts.change`."""
        with self.store.transaction() as tx:
            accounts.change(tx, **fields)

    def seed(self, document: Any, *, once: bool = False) -> dict[str, Any] | None:
        """Bring into being what a seed describes; return ids and credentials, or raise `seed.SeedError`.

        `once`: do nothing and return None if the same seed has been carried out on this state.
        """
        return seed.load(self, document, once=once)

    def credentials(self) -> dict[str, Any]:
        """Return what clients sign in with: the partner's profile, and the applications that seeds registered."""
        with self.store.transaction() as tx:
            applications = tx.all(seed.APPLICATIONS)
        return {"partner": self.profile, "applications": applications}

    def reset(self) -> None:
        """Forget everything but the credentials and the time."""
        with self.store.transaction() as tx:
            admin.reset(tx)

    def close(self) -> None:
        """Close the file, and remove it if it is private."""
        self.store.close()
        if self._folder is not None:
            self._folder.cleanup()
