"""Brings into being what shall exist at the start, through the routes that clients use; the only place that does.

What a seed may say is checked before anything is done. Whatever a service refuses ends the seeding, with the
place in the seed and the service's own words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cspctl.simulator import ledger
from cspctl.simulator.app import StartResponse, written
from cspctl.simulator.incoming import json_of
from cspctl.simulator.seed_caller import Caller, Failed
from cspctl.simulator.seed_customer import Customer
from cspctl.simulator.seed_shape import Place, SeedError, checked, spelt
from cspctl.simulator.wire import Response

if TYPE_CHECKING:
    from cspctl.simulator import Simulator

__all__ = ["APPLICATIONS", "SeedError", "answered", "is_meant", "load", "spelt"]

PATH = "/_simulator/seed"
APPLICATIONS = "seededApplications"
DONE = "seeds"
ASSIGNED = "defaultAccessAssignments"
DAY = 86400.0


def load(simulator: Simulator, seed: Any, *, once: bool = False) -> dict[str, Any] | None:
    """Carry the seed out on a simulator, and return what came of it: ids and the credentials of applications.

    `once`: the same seed is not carried out again on the same state; the answer is then None.

    The simulator's time moves forward over every wait. One that has not been used yet begins a day ago instead,
    so that its time is the clients' when the seeding is over. The ledger keeps none of it. Raises `SeedError`.
    """
    document = checked(seed)
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    if once and _is_done(simulator, digest):
        return None
    simulator.clock.begin(DAY)
    before = len(simulator.ledger())
    try:
        made = _made(Caller(simulator), document)
    finally:
        simulator.clock.catch_up()
        with simulator.store.transaction() as tx:
            for row in ledger.read(tx)[before:]:
                tx.delete("ledger", f"{row.seq:012d}")
    with simulator.store.transaction() as tx:
        for application in (each for customer in made["customers"] for each in customer["applications"]):
            tx.put(APPLICATIONS, f"{tx.next(APPLICATIONS):06d}", application)
        tx.put(DONE, digest, {"digest": digest})
    return made


def _is_done(simulator: Simulator, digest: str) -> bool:
    with simulator.store.transaction() as tx:
        return tx.get(DONE, digest) is not None


def _made(caller: Caller, document: dict[str, Any]) -> dict[str, Any]:
    if account := document.get("account"):
        _at(("account",), caller.admin, "POST", "account", account)
    for number, tenant in enumerate(document.get("tenants", [])):
        _at(("tenants", number), caller.people, "existing-tenant", **tenant)
    # What a seed describes has been used for a while: the partner's agents have the roles that customers delegate.
    before = caller.admin("POST", "account", {}).get(ASSIGNED, False)
    caller.admin("POST", "account", {ASSIGNED: True})
    try:
        customers = [
            Customer(caller, wanted).made(("customers", number), _at)
            for number, wanted in enumerate(document.get("customers", []))
        ]
    finally:
        caller.admin("POST", "account", {ASSIGNED: before})
    for number, act in enumerate(document.get("people", [])):
        details = {key: value for key, value in act.items() if key != "act"}
        _at(("people", number), caller.people, act["act"], **details)
    return {"customers": customers}


def _at(place: Place, step: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Do a step; if it fails, say for which place of the seed."""
    try:
        return step(*arguments, **named)
    except Failed as failed:
        raise SeedError([(place, str(failed))]) from None


def is_meant(environ: dict[str, Any]) -> bool:
    """Tell whether a request is the one that brings a seed."""
    return (environ["REQUEST_METHOD"], str(environ["PATH_INFO"]).rstrip("/")) == ("POST", PATH)


def answered(simulator: Simulator, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer the request that brings a seed as JSON (WSGI)."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    try:
        response = Response(201, load(simulator, json_of(environ["wsgi.input"].read(length))))
    except SeedError as error:
        details = [{"target": spelt(place), "message": reason} for place, reason in error.problems]
        body = {"code": "InvalidSeed", "message": str(error), "details": details}
        response = Response(400, {"error": body})
    except ValueError as error:
        response = Response(400, {"error": {"code": "InvalidSeed", "message": f"The seed is no JSON: {error}"}})
    return written(response)(environ, start_response)
