"""Holds the routes of the sign-in service and the headers that all its answers have; the only place for both."""

from __future__ import annotations

from cspctl.simulator.sign_in.refusals import error
from cspctl.simulator.wire import Match, Request, Response, Routes


def after(request: Request, match: Match | None, response: Response) -> None:  # noqa: ARG001
    """Add the ids by which support finds the request, and keep answers out of caches."""
    trace = response.body.get("trace_id") if isinstance(response.body, dict) else None
    response.headers.setdefault("x-ms-request-id", str(trace or request.request_id))
    if request.headers.get("return-client-request-id", "").lower() == "true":
        response.headers.setdefault("client-request-id", request.correlation_id)
    if response.status >= 400:
        response.headers.setdefault("Cache-Control", "no-store, no-cache")


routes = Routes("sign-in", error=error, after=after, ignore_case=True)
