"""Partner Center as it really answers: paging in all its ways, byte order marks, PascalCase, ids for repetition."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cspctl.errors import CloudError
from cspctl.resource import Key
from tests.cloud.services import CUSTOMER, PC, REQUEST, Services, answer, in_turn, services

KEY = Key("-", "Customer", "fourth-coffee")


def paged(link: Any, second: Any = None) -> tuple[list[dict[str, Any]], Services]:
    """What `all` gives when the first page has this link."""
    pages = in_turn(
        answer(200, {"items": [{"id": "1"}], "links": {"next": link}}), answer(200, second or {"items": [{"id": "2"}]})
    )
    with services(pages) as made:
        return made.cloud.partner.all("/v1/customers?size=1"), made


@pytest.mark.parametrize(
    "uri",
    [
        "/v1/customers?size=1&seekOperation=Next",
        "/customers?size=1&seekOperation=Next",
        "customers?size=1&seekOperation=Next",
        "//v1/customers?size=1&seekOperation=Next",
        "/V1/customers?size=1&seekOperation=Next",
        f"{PC}/v1/customers?size=1&seekOperation=Next",
        f"{PC}//v1/customers?size=1&seekOperation=Next",
        f"{PC}/customers?size=1&seekOperation=Next",
    ],
)
def test_a_next_link_is_followed_however_it_is_written(uri: str) -> None:
    items, made = paged({"uri": uri, "method": "GET", "headers": []})
    assert items == [{"id": "1"}, {"id": "2"}]
    assert str(made.requests[1].url).casefold() == f"{PC}/v1/customers?size=1&seekOperation=Next".casefold()


@pytest.mark.parametrize("link", [None, {}, {"uri": ""}, {"uri": None}])
def test_no_next_link_is_the_end(link: Any) -> None:
    assert paged(link)[0] == [{"id": "1"}]


def test_the_headers_of_a_next_link_are_sent_with_it_and_only_with_it() -> None:
    link = {"uri": "/customers?size=1", "headers": [{"key": "MS-ContinuationToken", "value": "token-1"}]}
    _, made = paged(link)
    assert [request.headers.get("ms-continuationtoken") for request in made.requests] == [None, "token-1"]


@pytest.mark.parametrize(
    "host", ["https://attacker.example", "http://attacker.example", "https://attacker.example:443"]
)
def test_a_next_link_to_another_host_is_refused(host: str) -> None:
    with pytest.raises(CloudError, match="another host"):
        paged({"uri": f"{host}/v1/customers"})


def test_a_next_link_that_leads_back_to_the_same_page_is_not_followed_for_ever() -> None:
    link = {"uri": "/v1/customers?size=1", "headers": [{"key": "MS-ContinuationToken", "value": "same"}]}
    calls: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        assert len(calls) < 20, "still asking"
        return httpx.Response(200, json={"items": [{"id": "1"}], "links": {"next": link}})

    with services(handle) as made, pytest.raises(CloudError):
        made.cloud.partner.all("/v1/customers?size=1")


@pytest.mark.parametrize(
    ("page", "items"),
    [
        ({"totalCount": 0, "items": []}, []),
        ({"totalCount": 0}, []),
        ({"items": None}, []),
        (
            {"Items": [{"Id": "1", "CompanyProfile": {"CompanyName": "x"}}]},
            [{"id": "1", "companyProfile": {"companyName": "x"}}],
        ),
        ([{"id": "1"}], [{"id": "1"}]),
    ],
)
def test_a_collection_is_read_whatever_its_shape(page: Any, items: list[Any]) -> None:
    with services(in_turn(answer(200, page))) as made:
        assert made.cloud.partner.all("/v1/agreements") == items


@pytest.mark.parametrize("body", [b"null", b'"text"', b"7", b"<html/>", b"{", b"\xff\xfe"])
def test_an_answer_that_is_no_collection_is_an_error_with_its_call(body: bytes) -> None:
    with (
        services(lambda request: httpx.Response(200, content=body, headers={"MS-RequestId": "r-1"})) as made,
        pytest.raises(CloudError, match=r"GET https://api\.partnercenter\.microsoft\.com/v1/customers"),
    ):
        made.cloud.partner.all("/v1/customers?size=500")


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    with services(lambda request: httpx.Response(200, content=b'\xef\xbb\xbf{"id": "1"}')) as made:
        assert made.cloud.partner.get("/v1/customers/1") == {"id": "1"}


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n"])
def test_an_empty_answer_holds_nothing(content: bytes) -> None:
    with services(lambda request: httpx.Response(200, content=content)) as made:
        assert made.cloud.partner.get("/v1/customers/1") == {}


def test_head_says_whether_something_exists_and_raises_when_it_does_not_say() -> None:
    with services(in_turn(answer(200), answer(404), answer(403))) as made:
        assert made.cloud.partner.exists("/v1/domains/a")
        assert not made.cloud.partner.exists("/v1/domains/b")
        with pytest.raises(CloudError):
            made.cloud.partner.exists("/v1/domains/c")
        assert {request.method for request in made.requests} == {"HEAD"}


def test_every_call_says_who_it_is_in_which_language_and_under_which_ids() -> None:
    with services(in_turn(answer(200, {}))) as made:
        made.cloud.partner.get("/v1/a")
        made.cloud.partner.get("/v1/a")
    one, two = (request.headers for request in made.requests)
    assert one["authorization"].startswith("Bearer ")
    assert (one["accept"], one["x-locale"]) == ("application/json", "en-US")
    assert one["ms-requestid"] != two["ms-requestid"]


def test_the_writes_of_one_change_carry_ids_that_another_run_repeats() -> None:
    with services(in_turn(answer(201, {}))) as made:
        for _ in range(2):
            made.cloud.under(REQUEST, KEY).partner.send("POST", "/v1/customers", {"a": 1})
        made.cloud.under(REQUEST, KEY).partner.send("POST", f"/v1/customers/{CUSTOMER}/carts", {"a": 1})
    ids = [request.headers["ms-requestid"] for request in made.requests]
    assert ids[0] == ids[1] != ids[2]
    assert {request.headers["ms-correlationid"] for request in made.requests} == {REQUEST}


def test_a_repeated_write_after_trouble_is_the_same_request() -> None:
    with services(in_turn(answer(503), httpx.ReadTimeout("no"), answer(201, {}))) as made:
        made.cloud.under(REQUEST, KEY).partner.send("POST", "/v1/customers", {"a": 1})
    assert len(made.requests) == 3
    assert len({(request.headers["ms-requestid"], request.content) for request in made.requests}) == 1


def test_equal_reads_are_asked_once_while_looking_at_the_world() -> None:
    with services(in_turn(answer(200, {"items": []}))) as made, made.cloud.http.remembering():
        made.cloud.partner.all("/v1/customers")
        made.cloud.partner.all("/v1/customers")
        assert len(made.requests) == 1
