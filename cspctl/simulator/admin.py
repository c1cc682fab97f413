"""Lets tests and demonstrations steer the simulator: the only routes that no real service has."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cspctl.simulator import accounts, clock, details, faults, ledger, people, tenants
from cspctl.simulator.store import Transaction
from cspctl.simulator.wire import Refused, Request, Response, Routes

# What a reset leaves: the credentials that clients hold, and the time, which never goes back.
KEPT = frozenset({"profile", "keys", "clock"})


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, {"error": {"code": code, "message": message}})


routes = Routes("simulator", error=_error)


def _fields(request: Request) -> dict[str, Any]:
    if not isinstance(request.body, dict | None):
        raise ValueError("an object of JSON is needed")
    return request.body or {}


def reset(tx: Transaction) -> None:
    """Forget everything but the credentials and the time."""
    tx.clear(KEPT)
    tenants.set_up(tx)


@routes.route("GET", "/_simulator/profile")
def profile(request: Request) -> Response:
    """Answer what a client needs in order to sign in."""
    return Response(200, request.tx.get("profile", "partner"))


@routes.route("GET", "/_simulator/ledger")
def ledger_rows(request: Request) -> Response:
    """Answer every write since the last reset."""
    return Response(200, {"value": [asdict(row) for row in ledger.read(request.tx)]})


@routes.route("POST", "/_simulator/faults")
def add_fault(request: Request) -> Response:
    """Arm a fault; the body has the fields of `Fault`, or its written form as `text`."""
    try:
        body = _fields(request)
        fault = faults.parse_text(str(body["text"])) if set(body) == {"text"} else faults.parse(body)
        faults.add(request.tx, fault)
    except (TypeError, ValueError) as error:
        raise Refused(_error(400, "InvalidFault", str(error))) from None
    return Response(201, request.body)


@routes.route("GET", "/_simulator/faults")
def list_faults(request: Request) -> Response:
    """Answer the faults that are armed, also those that have struck as often as they should."""
    return Response(200, {"value": faults.armed(request.tx)})


@routes.route("DELETE", "/_simulator/faults")
def clear_faults(request: Request) -> Response:
    """Disarm all faults."""
    faults.clear(request.tx)
    return Response(204)


@routes.route("GET", "/_simulator/clock")
def time(request: Request) -> Response:
    """Answer the virtual time."""
    return Response(200, {"now": request.now.isoformat()})


@routes.route("POST", "/_simulator/clock")
def advance_clock(request: Request) -> Response:
    """Move the time forward by `advanceSeconds`."""
    seconds = request.body.get("advanceSeconds") if isinstance(request.body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Refused(_error(400, "InvalidClock", 'Write {"advanceSeconds": N}; the time only goes forward.'))
    try:
        clock.advance(request.tx, seconds)
    except ValueError as error:
        raise Refused(_error(400, "InvalidClock", str(error))) from None
    return Response(200, {"advanceSeconds": seconds})


@routes.route("POST", "/_simulator/reset")
def reset_all(request: Request) -> Response:
    """Forget everything but the credentials and the time."""
    reset(request.tx)
    return Response(204)


@routes.route("POST", "/_simulator/account")
def set_account(request: Request) -> Response:
    """Change what kind of Partner Center account this is: see `accounts.change`."""
    try:
        return Response(200, accounts.change(request.tx, **_fields(request)))
    except ValueError as error:
        raise Refused(_error(400, "InvalidAccount", str(error))) from None


@routes.route("POST", "/_simulator/people/<act>")
def act(request: Request, act: str) -> Response:
    """Let a human being do something; see `people.ACTS`."""
    deed = people.ACTS.get(act)
    if deed is None:
        raise Refused(_error(404, "UnknownAct", f"People do not '{act}' here. They: {', '.join(people.ACTS)}."))
    try:
        given = details.checked(deed, {} if request.body is None else request.body)
        return Response(200, deed(request.tx, request.now, **given))
    except (LookupError, ValueError) as error:
        raise Refused(_error(400, "InvalidAct", str(error))) from None
