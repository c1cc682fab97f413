"""Azure Resource Manager: paging, versions, tenants, and operations that take their time."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from cspctl.errors import CloudError, NotFound
from cspctl.resource import Key, Operation
from tests.cloud.services import ARM, CUSTOMER, PARTNER, REQUEST, answer, in_turn, services

PATH, VERSION = "/subscriptions/s/providers/Microsoft.Network/virtualNetworks", "2024-01-01"
POLL = f"{ARM}/subscriptions/s/operations/1?api-version=2024-01-01"
RUNNING = Operation(POLL, CUSTOMER, "poll", "/x", 5)
KEY = Key("fourth-coffee", "VirtualNetwork", "sea-vnet")


@pytest.mark.parametrize("following", ["", None])
def test_pages_are_read_to_the_last_and_the_links_taken_as_they_are(following: str | None) -> None:
    link = f"{ARM}{PATH}?api-version=2024-01-01&%24skiptoken=abc%3D"
    pages = in_turn(
        answer(200, {"value": [{"id": "1"}], "nextLink": link}),
        answer(200, {"value": [{"id": "2"}], "nextLink": following}),
    )
    with services(pages) as made:
        assert made.cloud.arm.all(PATH, VERSION, CUSTOMER) == [{"id": "1"}, {"id": "2"}]
    assert [str(request.url) for request in made.requests] == [f"{ARM}{PATH}?api-version=2024-01-01", link]


@pytest.mark.parametrize(
    "link",
    [
        "https://attacker.example/subscriptions",
        "http://management.azure.com/subscriptions",
        "https://management.azure.com.attacker.example/subscriptions",
        "https://management.azure.com@attacker.example/subscriptions",
        "https://management.azure.com",
        "http://attacker.example/",
        "ftp://attacker.example/",
    ],
)
def test_a_link_to_another_host_is_refused_before_anything_is_sent_there(link: str) -> None:
    with services(in_turn(answer(200, {"value": [], "nextLink": link}))) as made:
        with pytest.raises(CloudError, match="link to another host"):
            made.cloud.arm.all(PATH, VERSION, CUSTOMER)
        assert len(made.requests) == 1
        with pytest.raises(CloudError, match="link to another host"):
            made.cloud.arm.poll(Operation(link, CUSTOMER))
        assert len(made.requests) == 1


@pytest.mark.parametrize("host", ["https://management.azure.com:443", "https://MANAGEMENT.azure.com"])
def test_the_same_host_in_another_spelling_is_followed(host: str) -> None:
    """Azure itself writes the port into some of its next links."""
    link = f"{host}{PATH}?api-version=2024-01-01&skiptoken=1"
    with services(in_turn(answer(200, {"value": [{}], "nextLink": link}), answer(200, {"value": [{}]}))) as made:
        assert len(made.cloud.arm.all(PATH, VERSION, CUSTOMER)) == 2
        assert {request.url.host for request in made.requests} == {"management.azure.com"}


def test_a_next_link_that_leads_back_is_not_followed_for_ever() -> None:
    calls: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        assert len(calls) < 20, "still asking"
        return httpx.Response(200, json={"value": [], "nextLink": f"{ARM}{PATH}?api-version=2024-01-01&skiptoken=1"})

    with services(handle) as made, pytest.raises(CloudError):
        made.cloud.arm.all(PATH, VERSION, CUSTOMER)


def test_the_version_is_added_to_what_is_asked_already() -> None:
    with services(in_turn(answer(200, {}))) as made:
        made.cloud.arm.get(f"{PATH}?$expand=subnets", VERSION, CUSTOMER)
    assert made.requests[0].url.params["api-version"] == VERSION
    assert made.requests[0].url.params["$expand"] == "subnets"


@pytest.mark.parametrize("tenant", [PARTNER, CUSTOMER])
def test_a_call_is_signed_in_to_the_tenant_that_it_names(tenant: str) -> None:
    with services(in_turn(answer(200, {}))) as made:
        made.cloud.arm.get(PATH, VERSION, tenant)
    token = made.requests[0].headers["authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, options={"verify_signature": False})["tid"] == tenant


@pytest.mark.parametrize("body", [b"null", b"[]", b"", b"<html/>", b"\xff"])
def test_an_answer_that_is_no_object_is_an_error_with_its_call(body: bytes) -> None:
    with (
        services(lambda request: httpx.Response(200, content=body)) as made,
        pytest.raises(CloudError, match=f"not a JSON object .*GET {ARM}{PATH}"),
    ):
        made.cloud.arm.get(PATH, VERSION, CUSTOMER)


def test_the_letter_case_of_an_id_does_not_make_another_read_of_it() -> None:
    with services(in_turn(answer(200, {}))) as made, made.cloud.http.remembering():
        made.cloud.arm.get(PATH, VERSION, CUSTOMER)
        made.cloud.arm.get(PATH.upper(), VERSION, CUSTOMER)
        made.cloud.arm.get(PATH, VERSION, PARTNER)
        assert len(made.requests) == 2


def test_the_writes_of_one_change_carry_ids_that_support_can_find() -> None:
    with services(in_turn(answer(200, {}))) as made:
        for _ in range(2):
            made.cloud.under(REQUEST, KEY).arm.send("PUT", PATH, VERSION, CUSTOMER, {})
        made.cloud.arm.send("GET", PATH, VERSION, CUSTOMER)
    one, two, read = (request.headers for request in made.requests)
    assert one["x-ms-client-request-id"] == two["x-ms-client-request-id"] != read["x-ms-client-request-id"]
    assert one["x-ms-correlation-request-id"] == REQUEST


@pytest.mark.parametrize(
    ("status", "headers", "url"),
    [
        (200, {}, None),
        (201, {}, None),
        (201, {"Azure-AsyncOperation": POLL}, POLL),
        (200, {"Azure-AsyncOperation": POLL}, POLL),
        (202, {"Location": POLL}, POLL),
        (202, {"Azure-AsyncOperation": POLL, "Location": f"{ARM}/other"}, POLL),
        (201, {"Location": f"{ARM}/the/resource"}, None),
        (204, {}, None),
    ],
)
def test_a_write_has_begun_an_operation_exactly_when_its_headers_say_so(
    status: int, headers: dict[str, str], url: str | None
) -> None:
    with services(in_turn(answer(200, {}))) as made:
        begun = made.cloud.arm.begun(httpx.Response(status, headers=headers, json={}), CUSTOMER, "/x")
    assert (begun.url if begun else None) == url
    if begun:
        assert (begun.customer, begun.result, begun.after) == (CUSTOMER, "/x", 5.0)


@pytest.mark.parametrize(
    ("header", "seconds"), [("17", 17.0), ("0", 1.0), ("", 5.0), ("soon", 5.0), ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0)]
)
def test_an_operation_is_looked_at_when_the_service_says(header: str, seconds: float) -> None:
    reply = httpx.Response(202, headers={"Retry-After": header} if header else {}, json={"status": "InProgress"})
    with services(lambda request: reply) as made:
        again = made.cloud.arm.poll(RUNNING)
    assert again is not None
    assert (again.after, again.url, again.result) == (seconds, POLL, "/x")


@pytest.mark.parametrize(
    ("status", "body", "done"),
    [
        (200, {"status": "Succeeded"}, True),
        (200, {"status": "succeeded"}, True),
        (200, {"status": "InProgress"}, False),
        (200, {"status": "Accepted"}, False),
        (200, {"status": "SomethingNew"}, False),
        (202, {}, False),
        (204, None, True),
        (200, {"id": "/x", "properties": {"provisioningState": "Succeeded"}}, True),
        (200, {"id": "/x", "properties": {"provisioningState": "Updating"}}, True),
    ],
)
def test_an_operation_runs_until_it_says_that_it_has_ended(status: int, body: Any, done: bool) -> None:
    reply = httpx.Response(status) if body is None else httpx.Response(status, json=body)
    with services(lambda request: reply) as made:
        assert (made.cloud.arm.poll(RUNNING) is None) == done


@pytest.mark.parametrize("word", ["Failed", "Canceled", "Cancelled", "failed"])
def test_an_operation_that_failed_says_why(word: str) -> None:
    body = {"status": word, "error": {"code": "SubnetInUse", "message": "Subnet app is in use."}}
    reply = httpx.Response(200, json=body, headers={"x-ms-request-id": "r-1"})
    with services(lambda request: reply) as made, pytest.raises(CloudError) as caught:
        made.cloud.arm.poll(RUNNING)
    assert (caught.value.code, caught.value.request_id) == ("SubnetInUse", "r-1")
    assert "Subnet app is in use." in str(caught.value)


def test_an_operation_that_failed_without_words_names_its_status() -> None:
    with (
        services(lambda request: httpx.Response(200, json={"status": "Canceled"})) as made,
        pytest.raises(CloudError, match="canceled"),
    ):
        made.cloud.arm.poll(RUNNING)


def test_what_an_operation_says_in_anger_is_redacted_too() -> None:
    body = {"status": "Failed", "error": {"code": "x", "message": "password hunter2! is too short"}}
    with services(lambda request: httpx.Response(200, json=body)) as made:
        made.cloud.http.secrets.add("hunter2!")
        with pytest.raises(CloudError) as caught:
            made.cloud.arm.poll(RUNNING)
    assert "hunter2!" not in str(caught.value)


def test_an_operation_that_nobody_knows_any_more_is_not_found() -> None:
    with (
        services(in_turn(answer(404, {"error": {"code": "NotFound", "message": "gone"}}))) as made,
        pytest.raises(NotFound),
    ):
        made.cloud.arm.poll(RUNNING)


def test_a_poll_that_meets_trouble_is_tried_again_like_any_read() -> None:
    with services(in_turn(answer(503), answer(200, {"status": "Succeeded"}))) as made:
        assert made.cloud.arm.poll(RUNNING) is None
    assert len(made.requests) == 2
