"""The client of Microsoft Graph: whose token it sends, its pages, its ids, and what it does not follow."""

from __future__ import annotations

import httpx
import jwt
import pytest

from cspctl.errors import CloudError, Denied
from cspctl.resource import PARTNER as NOBODY
from cspctl.resource import Key
from tests.cloud.services import CUSTOMER, PARTNER, REQUEST, answer, in_turn, services
from tests.cloud.test_signing_in import cloud_of
from tests.world import World

GRAPH = "https://graph.microsoft.com"


def test_the_groups_of_our_own_directory_are_read_from_the_simulator(empty: World) -> None:
    cloud = cloud_of(empty)
    found = cloud.graph.all("/groups?$top=1", cloud.profile.partner_tenant_id)
    assert {group["displayName"] for group in found} >= {"AdminAgents", "HelpdeskAgents", "SalesAgents"}
    one = cloud.graph.get(f"/groups/{found[0]['id']}", cloud.profile.partner_tenant_id)
    assert one["id"] == found[0]["id"]


def test_an_application_that_may_not_is_told_so_in_graphs_words(empty: World) -> None:
    cloud = cloud_of(empty)
    with pytest.raises(Denied, match="Authorization_RequestDenied"):
        cloud.graph.all("/groups", cloud.profile.partner_tenant_id, user=False)


def test_pages_are_followed_with_the_token_of_the_tenant() -> None:
    pages = in_turn(
        answer(200, {"value": [{"id": "1"}], "@odata.nextLink": f"{GRAPH}/v1.0/groups?$skiptoken=x"}),
        answer(200, {"value": [{"id": "2"}]}),
    )
    with services(pages) as made:
        assert [g["id"] for g in made.cloud.graph.all("/groups", CUSTOMER)] == ["1", "2"]
        token = made.requests[1].headers["Authorization"].removeprefix("Bearer ")
        assert jwt.decode(token, options={"verify_signature": False})["tid"] == CUSTOMER
        assert str(made.requests[0].url) == f"{GRAPH}/v1.0/groups"


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/groups", f"{GRAPH}/v1.0/groups?$skiptoken=x"])
def test_a_link_to_elsewhere_or_back_is_not_followed(link: str) -> None:
    with services(in_turn(answer(200, {"value": [], "@odata.nextLink": link}))) as made:
        with pytest.raises(CloudError, match=r"another host|leads back"):
            made.cloud.graph.all("/groups", PARTNER)
        assert {request.url.host for request in made.requests} == {"graph.microsoft.com"}


def test_a_write_carries_the_same_id_when_it_is_repeated_and_another_one_for_another_call() -> None:
    with services(in_turn(answer(503), answer(201, {"id": "g"}))) as made:
        graph = made.cloud.under(REQUEST, Key(NOBODY, "Group", "g")).graph
        graph.send("POST", "/groups", CUSTOMER, {"displayName": "g"})
        graph.send("PATCH", "/groups/g", CUSTOMER, {"displayName": "h"})
        ids = [request.headers["client-request-id"] for request in made.requests]
        assert ids[0] == ids[1] != ids[2]


def test_an_error_carries_graphs_code_and_request_id() -> None:
    body = {"error": {"code": "Request_ResourceNotFound", "message": "no such group"}}
    with services(in_turn(answer(404, body, request_id="r-1"))) as made:
        with pytest.raises(CloudError, match=r"no such group \(404 Request_ResourceNotFound.*request id r-1"):
            made.cloud.graph.get("/groups/x", CUSTOMER)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]"])
def test_an_answer_that_is_no_object_is_an_error(content: bytes) -> None:
    with services(lambda _: httpx.Response(200, content=content)) as made, pytest.raises(CloudError, match="JSON"):
        made.cloud.graph.get("/beta/groups/x", CUSTOMER)
