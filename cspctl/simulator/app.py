"""Answers HTTP: picks the service, opens the transaction, keeps the ledger; the only WSGI code."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request as Incoming
from werkzeug.wrappers import Response as Outgoing

from cspctl.simulator import faults, incoming, ledger, national_clouds, sign_in, tenants, tokens
from cspctl.simulator.admin import routes as admin_routes
from cspctl.simulator.arm import routes as arm_routes
from cspctl.simulator.clock import Clock
from cspctl.simulator.graph import routes as graph_routes
from cspctl.simulator.partner_center import routes as partner_center_routes
from cspctl.simulator.store import Store, Transaction
from cspctl.simulator.wire import Match, Query, Refused, Request, Response, Routes

StartResponse = Callable[..., Any]

HOSTS = {
    **{host: sign_in.routes for cloud in national_clouds.CLOUDS for host in cloud.sign_in},
    **{national_clouds.host_of(cloud.partner_center): partner_center_routes for cloud in national_clouds.CLOUDS},
    **{national_clouds.host_of(cloud.resource_manager): arm_routes for cloud in national_clouds.CLOUDS},
    **{national_clouds.host_of(cloud.graph): graph_routes for cloud in national_clouds.CLOUDS},
}
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
NOT_SIMULATED = {"graph.windows.net": "Azure AD Graph, which Microsoft has retired"}

# On any other host, such as localhost, the first part of the path tells the services apart.
PATHS: tuple[tuple[re.Pattern[str], Routes], ...] = (
    (re.compile(r"^/+_simulator(/|$)"), admin_routes),
    (re.compile(r"^/+v1/", re.IGNORECASE), partner_center_routes),
    (re.compile(r"^/+(v1\.0|beta)/", re.IGNORECASE), graph_routes),
    (re.compile(r"^/[^/]+/(oauth2|discovery|v2\.0|\.well-known|userrealm)/", re.IGNORECASE), sign_in.routes),
    (re.compile(r"^/+(subscriptions|providers|tenants|metadata)(/|$)", re.IGNORECASE), arm_routes),
)


class BrokenConnection(ConnectionError):
    """The connection breaks before the answer ("drop") or in its midst ("truncate"); `serve` does so."""

    def __init__(self, what: str, response: Response) -> None:
        """Carry the answer that does not arrive whole."""
        super().__init__(f"the simulator was told to {what} the answer")
        self.what = what
        self.response = response


@dataclass
class _Outcome:
    response: Response
    fault: faults.Fault | None


class Application:
    """The WSGI callable: one transaction a request, committed before the first byte of the answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Serve the state in the store by the clock."""
        self.store = store
        self.clock = clock

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        arrived = Incoming(environ)
        routes = _service(arrived)
        if reason := incoming.unacceptable(arrived):
            shape = routes.error if routes else _error
            return written(shape(400, "BadRequest", reason))(environ, start_response)
        if routes is None:
            return written(_not_simulated(arrived))(environ, start_response)
        with self.store.transaction() as tx:
            outcome = self._answer(tx, arrived, routes)
        fault = outcome.fault
        if fault is not None and fault.what == "delay":
            self.clock.sleep(fault.delay)
        if fault is not None and fault.what in {"drop", "truncate"}:
            raise BrokenConnection(fault.what, outcome.response)
        if arrived.method == "HEAD":
            outcome.response.body = None
        self._hurry(outcome.response)
        return written(outcome.response)(environ, start_response)

    def _hurry(self, response: Response) -> None:
        """Say in the client's seconds when to ask again: it waits by its own clock, which no speed hurries."""
        seconds = response.headers.get("Retry-After", "")
        if seconds.isdigit() and not self.clock.jumps and self.clock.speed > 1:
            response.headers["Retry-After"] = str(max(1, math.ceil(int(seconds) / self.clock.speed)))

    def _answer(self, tx: Transaction, arrived: Incoming, routes: Routes) -> _Outcome:
        request = self._request(tx, arrived, routes)
        fault = None if routes is admin_routes else faults.take(tx, routes.service, request)
        instead = fault is not None and fault.what in {"status", "throttle"}
        untouched = fault is not None and fault.when == "before" and fault.what != "delay"
        if fault is not None and untouched:
            response = fault.answer(routes)
            _finish(routes, request, None, response)
        else:
            response = self._handle(routes, request)
            if fault is not None and instead:
                response = fault.answer(routes)
                _finish(routes, request, None, response)
        if ledger.is_write(routes.service, request):
            ledger.write(request, routes.service, response)
        return _Outcome(response, fault)

    def _request(self, tx: Transaction, arrived: Incoming, routes: Routes) -> Request:
        headers = arrived.headers
        body = incoming.body(arrived, form=routes is sign_in.routes, any_type=routes is admin_routes)
        asked = headers.get("MS-RequestId") or headers.get("x-ms-client-request-id")
        correlation = headers.get("MS-CorrelationId") or headers.get("x-ms-correlation-request-id")
        correlation = correlation or headers.get("client-request-id")
        return Request(
            method=arrived.method,
            base_url=arrived.host_url.rstrip("/"),
            path=_path(arrived, routes),
            query=Query(incoming.query(arrived)),
            headers=headers,
            body=body.value,
            unreadable=body.refusal,
            tx=tx,
            now=self.clock.for_clients(tx) if routes is sign_in.routes else self.clock.read(tx),
            request_id=asked or str(uuid.uuid4()),
            correlation_id=correlation or str(uuid.uuid4()),
            raw=arrived.get_data(),
        )

    def _handle(self, routes: Routes, request: Request) -> Response:
        match = routes.match(request.method, request.path)
        if match is None:
            code = "NotImplementedBySimulator"
            text = f"The simulator has no route {request.method} {request.path} in the service {routes.service}."
            response = routes.error(501, code, text)
        else:
            response = self._served(routes, request, match)
        _finish(routes, request, match, response)
        return response

    def _served(self, routes: Routes, request: Request, match: Match) -> Response:
        try:
            if routes.audiences and not match.requirements.get("anonymous"):
                request.caller = self._caller(routes, request)
            if request.unreadable:
                return routes.error(*request.unreadable)
            early = routes.before(request, match) if routes.before else None
            if early is not None:
                return early
            with request.tx.undone_on_error():
                return match.function(request, **match.params)
        except tokens.InvalidToken as invalid:
            response = routes.error(401, invalid.code, invalid.message)
            if routes.challenge:
                response.headers["WWW-Authenticate"] = routes.challenge(request, match, invalid.code, invalid.message)
            return response
        except Refused as refused:
            return refused.response

    def _caller(self, routes: Routes, request: Request) -> dict[str, Any]:
        """Return what the token says, and whether the person is one of the partner's agents, which no token says."""
        authorization = request.headers.get("Authorization", "")
        cloud = tokens.cloud_of(request.tx, authorization, national_clouds.clouds_of(request.base_url))
        audiences = national_clouds.audiences(cloud, routes.audiences)
        if not national_clouds.is_microsofts(request.base_url):
            audiences |= {request.base_url}
        claims = tokens.verify(request.tx, self.clock.for_clients(request.tx), authorization, audiences, cloud)
        is_agent = claims.get("idtyp") == "user" and tenants.is_agent(request.tx, str(claims["oid"]))
        return {**claims, "agent": is_agent}


def _service(arrived: Incoming) -> Routes | None:
    host = arrived.host.partition(":")[0].lower()
    if host in HOSTS:
        return HOSTS[host]
    if host in NOT_SIMULATED:
        return None
    for pattern, routes in PATHS:
        if pattern.search(arrived.path):
            return routes
    return None


def _path(arrived: Incoming, routes: Routes) -> str:
    """Return the path as the routes spell it: slashes once, and Partner Center's version once.

    Partner Center's links begin with a slash, some also with the version, and clients put "/v1/" before both.
    """
    path = re.sub("/{2,}", "/", f"/{arrived.path}")
    return re.sub(r"^(/v1)+(?=/)", "/v1", path, flags=re.IGNORECASE) if routes is partner_center_routes else path


def _not_simulated(arrived: Incoming) -> Response:
    service = NOT_SIMULATED.get(arrived.host.lower(), "no known service")
    text = f"The simulator has no route {arrived.method} {arrived.host}{arrived.path} ({service})."
    return _error(501, "NotImplementedBySimulator", text)


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, {"error": {"code": code, "message": message}})


def _finish(routes: Routes, request: Request, match: Match | None, response: Response) -> None:
    if routes.after:
        routes.after(request, match, response)


def written(response: Response) -> Outgoing:
    """Return the answer as werkzeug writes it."""
    body = response.body
    if body is None:
        outgoing = Outgoing(b"", response.status)
        del outgoing.headers["Content-Type"]
    elif isinstance(body, bytes):
        outgoing = Outgoing(body, response.status)
    else:
        data = json.dumps(body, ensure_ascii=False).encode()
        outgoing = Outgoing(data, response.status, content_type="application/json; charset=utf-8")
    for name, value in response.headers.items():
        # Headers carry addresses, which hold what clients named: only what is printable ASCII passes as it is.
        outgoing.headers[name] = quote(str(value), safe=PRINTABLE)
    return outgoing
