"""Answers for objects of any type by their ids; the only routes that do not ask which type it is.

https://learn.microsoft.com/graph/api/directoryobject-getbyids
"""

from __future__ import annotations

from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.errors import bad_request, object_body
from cspctl.simulator.graph.service import not_simulated, route
from cspctl.simulator.wire import Refused, Request, Response

READ = (*rights.READ_DIRECTORY, "User.Read.All", "Group.Read.All", "Group.ReadWrite.All", "User.ReadWrite.All")
AT_ONCE = 1000


@route("GET", "/directoryObjects/<id>", *READ)
def get(request: Request, id: str) -> Response:
    """Answer one object with its type."""
    kind, found = objects.find(request, rights.tenant(request), id)
    shape = objects.whole if request.query.get("$select") else objects.shown
    return query.one(request, shape(request, kind, found), "directoryObjects", kind[:1].lower() + kind[1:])


@route("POST", "/directoryObjects/getByIds", *READ)
def get_by_ids(request: Request) -> Response:
    """Answer those of the objects that are there, of the asked types if any are."""
    body = object_body(request.body)
    ids, asked = body.get("ids"), body.get("types") or []
    if not isinstance(ids, list) or len(ids) > AT_ONCE:
        raise bad_request(f"The property 'ids' must be a list of no more than {AT_ONCE} ids.", target="ids")
    if not isinstance(asked, list):
        raise bad_request("The property 'types' must be a list of names of types.", target="types")
    types = {str(each).lower() for each in asked}
    found = []
    for id in ids:
        try:
            kind, document = objects.find(request, rights.tenant(request), str(id))
        except Refused:
            continue
        if not types or types & {kind.lower(), "directoryobject"}:
            found.append(objects.shown(request, kind, document))
    return Response(200, {"@odata.context": query.metadata(request, "directoryObjects"), "value": found})


@route("GET", "/users/delta", *READ)
@route("GET", "/groups/delta", *READ)
@route("GET", "/servicePrincipals/delta", *READ)
@route("GET", "/applications/delta", *READ)
@route("GET", "/directoryRoles/delta", *READ)
@route("GET", "/directoryObjects/delta", *READ)
def delta(request: Request) -> Response:
    """Own up to having no memory of changes, lest "delta" be taken for the id of an object."""
    raise not_simulated(request)


@route("POST", "/directoryObjects/validateProperties", *READ)
def validate_properties(request: Request) -> Response:  # noqa: ARG001
    """Accept any name: no naming policy is simulated."""
    return Response(204)
