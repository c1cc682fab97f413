"""The one way out: retry, waiting, request ids, errors in all their shapes, and nothing secret in what is said."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from cspctl.cloud import Aside, Clock
from cspctl.cloud.buckets import drawn
from cspctl.cloud.http import ATTEMPTS, Http, derived_id
from cspctl.errors import CloudError, Conflict, Denied, Interrupted, NotFound, Throttled, Unreachable
from tests.cloud.services import REQUEST, Handler, Time, answer, in_turn

URL = "https://api.partnercenter.microsoft.com/v1/customers?size=1&sig=s3cr3t"


class Wire(Http):
    """Our HTTP over a handler, which remembers what was sent."""

    time: Time
    sent: list[httpx.Request]


@contextmanager
def wire(*answers: httpx.Response | Exception, handler: Handler | None = None) -> Iterator[Wire]:
    handle = handler or in_turn(*answers)

    def route(request: httpx.Request) -> httpx.Response:
        made.sent.append(request)
        return handle(request)

    time = Time()
    with httpx.Client(transport=httpx.MockTransport(route)) as client:
        made = Wire(client, time.clock)
        made.time, made.sent = time, []
        yield made


def error_of(*answers: httpx.Response | Exception) -> CloudError:
    with wire(*answers) as http, pytest.raises(CloudError) as caught:
        http.send("GET", URL)
    return caught.value


# ---- retrying


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_trouble_is_tried_again_until_it_passes(status: int) -> None:
    with wire(answer(status), answer(status), answer(200, {"a": 1})) as http:
        assert http.send("GET", URL).json() == {"a": 1}
        assert len(http.sent) == http.counts["GET"] == 3
        assert http.time.slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_lasting_trouble_ends_in_an_error_that_names_the_request_id(status: int) -> None:
    with wire(answer(status, None, MS_RequestId="abc")) as http, pytest.raises(CloudError) as caught:
        http.send("POST", URL, body={})
    assert len(http.sent) == ATTEMPTS
    assert "request id abc" in str(caught.value)
    assert str(status) in str(caught.value)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 410, 412, 422, 501])
def test_a_definite_no_is_not_asked_again(status: int) -> None:
    with wire(answer(status)) as http, pytest.raises(CloudError):
        http.send("GET", URL)
    assert len(http.sent) == 1
    assert http.time.slept == []


def test_every_attempt_carries_the_same_ids_and_the_same_body() -> None:
    with wire(answer(503), httpx.ReadTimeout("no"), answer(201)) as http:
        http.send(
            "POST", URL, headers={"MS-RequestId": REQUEST, "MS-CorrelationId": "c"}, body={"name": "Fourth Coffee"}
        )
    assert {request.headers["ms-requestid"] for request in http.sent} == {REQUEST}
    assert {request.headers["ms-correlationid"] for request in http.sent} == {"c"}
    assert {request.content for request in http.sent} == {http.sent[0].content}
    assert len(http.sent) == 3


def test_every_attempt_asks_anew_for_a_token_because_it_may_have_ended_meanwhile() -> None:
    tokens = iter(["one", "two"])
    with wire(answer(503), answer(200)) as http:
        http.send("GET", URL, lambda: next(tokens))
    assert [request.headers["authorization"] for request in http.sent] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("trouble", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError])
def test_no_answer_at_all_is_tried_again_and_then_said(trouble: type[httpx.TransportError]) -> None:
    with wire(trouble("the wire is cut"), answer(200)) as http:
        assert http.send("GET", URL).status_code == 200
    with wire(trouble("the wire is cut")) as http, pytest.raises(Unreachable) as caught:
        http.send("PUT", URL, headers={"x-ms-client-request-id": REQUEST})
    assert len(http.sent) == ATTEMPTS
    assert "no answer after 6 attempts: the wire is cut" in str(caught.value)
    assert f"request id {REQUEST}" in str(caught.value)


def test_statuses_that_the_caller_expects_are_answers_and_no_errors() -> None:
    with wire(answer(404)) as http:
        assert http.send("DELETE", URL, ok=frozenset({404})).status_code == 404


# ---- waiting


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30.0),
        ("Fri, 20 Nov 2026 13:00:30 +0100", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("²", 1.0),
        ("", 1.0),
    ],
)
def test_retry_after_is_waited_for_in_seconds_and_as_a_date(header: str, seconds: float) -> None:
    with wire(httpx.Response(429, headers=[(b"retry-after", header.encode("latin-1"))]), answer(200)) as http:
        http.send("GET", URL)
    assert http.time.slept == [seconds]


def test_nothing_is_sent_again_before_the_moment_that_the_service_named() -> None:
    """A throttled principal that asks too early is throttled longer."""
    with wire(answer(429, None, Retry_After="600"), answer(200)) as http:
        with suppress(CloudError):  # giving up at once is as good as waiting
            http.send("GET", URL)
        assert len(http.sent) == 1 or sum(http.time.slept) >= 600


def test_waiting_grows_but_never_without_bound() -> None:
    with wire(answer(500)) as http, pytest.raises(CloudError):
        http.send("GET", URL)
    assert http.time.slept == [1.0, 2.0, 4.0, 8.0, 16.0]


# ---- turns

ARM = "https://management.azure.com/subscriptions/7f000000-0000-4000-8000-00000000000e"
OTHER = "https://management.azure.com/subscriptions/7f000000-0000-4000-8000-00000000000f"
NETWORK = f"{ARM}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"


def throttled(seconds: int, code: str = "SubscriptionRequestsThrottled") -> httpx.Response:
    return answer(429, {"error": {"code": code, "message": "too many"}}, Retry_After=str(seconds))


def test_more_than_is_allowed_is_never_sent_and_the_user_learns_why_it_waits() -> None:
    with wire(answer(200)) as http:
        lines: list[str] = []
        http.turns.tell = lines.append
        for _ in range(600):
            http.send("GET", URL)
        assert sum(http.time.slept) == pytest.approx(60)
        assert lines == ["waiting 60 s: Partner Center allows 500 requests a minute"]


def test_what_is_waited_for_is_told_at_most_every_ten_seconds() -> None:
    with wire(answer(503, None, Retry_After="0"), answer(200)) as http:
        lines: list[str] = []
        http.turns.tell = lines.append
        draws = drawn("PUT", ARM)
        for _ in range(290):  # the bucket holds 200, and gets 10 more a second
            http.turns.take(draws, None, False)
        assert lines == []  # a tenth of a second each is not worth a line
        http.turns.hold(draws, "", 4)
        http.turns.take(draws, None, False)
        http.turns.hold(draws, "", 4)
        http.turns.take(draws, None, False)
        assert lines == ["waiting 4 s: Azure Resource Manager asks for it"]


def test_a_429_holds_all_calls_of_its_bucket_and_no_other_one() -> None:
    with wire(throttled(7), answer(200)) as http:
        http.send("GET", f"{ARM}/resourceGroups")
        assert http.time.slept == [7.0]
    with wire(throttled(400), answer(200)) as http:
        with pytest.raises(CloudError, match="400 s"):
            http.send("GET", f"{ARM}/resourceGroups")
        assert http.send("GET", f"{OTHER}/resourceGroups").is_success
        assert http.send("PUT", f"{ARM}/resourceGroups/g").is_success
        with pytest.raises(CloudError, match="asks to be left alone for 400 s"):
            http.send("GET", f"{ARM}/resourceGroups")  # not even asked
        assert len(http.sent) == 3
        assert http.time.slept == []


def test_what_resource_manager_says_is_left_slows_us_before_it_refuses() -> None:
    with wire(answer(200, None, x_ms_ratelimit_remaining_subscription_writes="0"), answer(200)) as http:
        for _ in range(2):
            http.send("PUT", f"{ARM}/resourceGroups/g")
        assert http.time.slept == [pytest.approx(0.1)]


def test_a_write_that_is_throttled_is_put_aside_and_keeps_no_thread() -> None:
    with wire(throttled(40), answer(201)) as http:
        kept = Aside()
        with pytest.raises(Throttled, match="too many") as caught, http.turns.aside(kept):
            http.send("PUT", NETWORK)
        assert caught.value.after == 40
        assert http.time.slept == []
        with pytest.raises(Throttled) as caught, http.turns.aside(kept):  # too early: it is not even sent
            http.send("PUT", NETWORK)
        assert caught.value.after == 40
        http.time.sleep(40)
        with http.turns.aside(kept):
            assert http.send("PUT", NETWORK).status_code == 201
        assert len(http.sent) == 2


def test_who_is_put_aside_keeps_its_place_in_the_queue() -> None:
    with wire(answer(200)) as http:
        for _ in range(500):
            http.send("GET", URL)
        first, second = Aside(), Aside()
        for kept in (first, second):
            with pytest.raises(Throttled, match="500 requests a minute") as caught, http.turns.aside(kept):
                http.send("POST", URL)
            assert caught.value.after == 60
        http.time.sleep(60)
        for _ in range(498):  # everybody else may have what is left, and not the two places
            http.send("GET", URL)
        before = list(http.time.slept)
        for kept in (second, first):
            with http.turns.aside(kept):
                http.send("POST", URL)
        assert http.time.slept == before


def test_pauses_grow_where_a_service_names_none() -> None:
    with wire(answer(429)) as http:
        kept, pauses = Aside(), []
        for _ in range(9):
            with pytest.raises(Throttled) as caught, http.turns.aside(kept):
                http.send("PUT", NETWORK)
            pauses.append(caught.value.after)
            http.time.sleep(caught.value.after)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 64, 64]


def test_once_something_was_written_the_thread_waits_itself() -> None:
    """To make the whole call again would write the first thing twice."""
    with wire(answer(201), throttled(3), answer(200)) as http, http.turns.aside(Aside()):
        http.send("PUT", f"{ARM}/resourceGroups/g")
        assert http.send("POST", f"{ARM}/resourceGroups/g/tag").is_success
        assert http.time.slept == [3.0]


def test_a_call_that_is_in_doubt_is_never_put_aside() -> None:
    """Who makes it again would not know that an earlier attempt may have had its effect."""
    with wire(httpx.ReadTimeout("no"), throttled(3), answer(409)) as http, http.turns.aside(Aside()):
        with pytest.raises(Unreachable, match="an earlier attempt may have had its effect"):
            http.send("PUT", NETWORK)
        assert http.time.slept == [1.0, 3.0]


BUSY = [
    (409, {"error": {"code": "AnotherOperationInProgress", "message": "use uri: https://x/operations/1"}}, 10),
    (
        429,
        {
            "error": {
                "code": "RetryableError",
                "message": "A retryable error occurred.",
                "details": [
                    {
                        "code": "RetryableErrorDueToAnotherOperation",
                        "message": "Operation 1 is updating resource 2. The call can be retried in 14 seconds.",
                    }
                ],
            }
        },
        14,
    ),
]


@pytest.mark.parametrize(("status", "body", "seconds"), BUSY, ids=["409", "429"])
def test_what_is_busy_with_something_else_is_tried_again_and_holds_no_bucket(
    status: int, body: Any, seconds: float
) -> None:
    with wire(answer(status, body), answer(200)) as http:
        with pytest.raises(Throttled, match=body["error"]["message"]) as caught, http.turns.aside(Aside()):
            http.send("PUT", NETWORK)
        assert caught.value.after == seconds
        assert http.send("PUT", NETWORK.replace("/v", "/w")).is_success
        assert http.time.slept == []
    with wire(answer(status, body), answer(200)) as http:  # where nobody could put it aside, the thread waits
        assert http.send("PUT", NETWORK).is_success
        assert http.time.slept == [seconds]


# ---- interrupts


def real(http: Http) -> Clock:
    """A clock that really waits."""
    http.clock = http.turns.clock = Clock()
    return http.clock


@pytest.mark.parametrize("told", ["before", "during"])
def test_an_interruption_ends_a_wait_at_once(told: str) -> None:
    with wire(throttled(100), answer(200)) as http:
        clock = real(http)
        timer = threading.Timer(0 if told == "before" else 0.2, clock.interrupt.set)
        timer.start()
        if told == "before":
            timer.join()
        began = time.monotonic()
        with pytest.raises(Interrupted) as caught:
            http.send("PUT", NETWORK)
        timer.join()
        assert time.monotonic() - began < 5
        assert len(http.sent) == 1  # a request that runs is never cut off
        assert not caught.value.in_doubt


def test_an_interruption_after_a_lost_answer_leaves_it_in_doubt() -> None:
    with wire(httpx.ReadTimeout("no")) as http:
        real(http).interrupt.set()
        with pytest.raises(Interrupted) as caught:
            http.send("PUT", NETWORK)
        assert caught.value.in_doubt


def test_who_need_not_wait_is_not_interrupted() -> None:
    with wire(answer(200)) as http:
        real(http).interrupt.set()
        assert http.send("PUT", NETWORK).is_success


def test_threads_that_wait_at_the_same_time_share_a_jumping_clock() -> None:
    shared, barrier, asked = Time(), threading.Barrier(2), itertools.count()

    def together() -> datetime:
        at = shared.at
        if next(asked) < 2:
            barrier.wait(10)
        return at

    clock = Clock(together, shared.sleep, jumps=True)
    threads = [threading.Thread(target=clock.wait, args=(30,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(shared.slept) == 30


# ---- errors

SHAPES = [
    ({"error": {"code": "AuthorizationFailed", "message": "no rights"}}, "AuthorizationFailed", "no rights"),
    ({"code": 600061, "description": "confirmed already", "data": [], "source": "x"}, "600061", "confirmed already"),
    (
        {"code": "800009", "message": "cart", "description": "longer", "errorName": "n", "isRetryable": False},
        "800009",
        "cart",
    ),
    ({"Code": "2000", "Message": "in PascalCase"}, "2000", "in PascalCase"),
    ({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 3 seconds."}, "", "Rate limit is exceeded"),
    (
        {"error": "invalid_grant", "error_description": "AADSTS70000: expired\r\nTrace ID: x"},
        "invalid_grant",
        "AADSTS70000",
    ),
    ({"Message": "The request is invalid."}, "", "The request is invalid."),
    ({}, "", "error without explanation"),
    ({"error": {}}, "", "error without explanation"),
    ({"error": None, "message": "m"}, "", "m"),
    ({"error": {"code": "X", "message": "\n\nlate"}}, "X", "late"),
]


@pytest.mark.parametrize(("body", "code", "message"), SHAPES, ids=str)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_each_shape_of_error_gives_its_code_and_its_message(body: Any, code: str, message: str, mark: bytes) -> None:
    response = httpx.Response(400, json=body)
    error = error_of(httpx.Response(400, content=mark + response.content))
    assert error.code == code
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "", "Bad Request"),
        (b"plain words", "text/plain", "plain words"),
        (b"<html><body>IIS</body></html>", "text/html; charset=utf-8", "Bad Request"),
        (b"\xff\xfe\x00", "application/json", ""),
        (b"x" * 5000, "text/plain", "x" * 300),
    ],
)
def test_an_error_without_json_is_said_in_words(content: bytes, kind: str, message: str) -> None:
    error = error_of(httpx.Response(400, content=content, headers={"content-type": kind} if kind else {}))
    assert error.message.startswith(message)
    assert len(error.message) <= 300
    assert error.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CloudError),
        (401, Denied),
        (403, Denied),
        (404, NotFound),
        (409, Conflict),
        (412, Conflict),
        (503, Unreachable),
    ],
)
def test_the_status_decides_what_kind_of_error_it_is(status: int, kind: type[CloudError]) -> None:
    assert type(error_of(answer(status))) is kind


def test_an_error_carries_what_support_asks_for_and_no_query() -> None:
    body = {"error": {"code": "Oops", "message": "it broke"}}
    said = str(error_of(answer(400, body, MS_RequestId="r-1", MS_CorrelationId="c-1")))
    assert said == (
        "it broke (400 Oops; GET https://api.partnercenter.microsoft.com/v1/customers; "
        "request id r-1, correlation id c-1)"
    )
    assert "s3cr3t" not in said


def test_the_request_id_that_we_sent_is_named_when_the_answer_has_none() -> None:
    with wire(answer(400)) as http, pytest.raises(CloudError) as caught:
        http.send("GET", URL, headers={"MS-RequestId": REQUEST})
    assert caught.value.request_id == REQUEST


# ---- secrets


@pytest.mark.parametrize(
    "shape", [{"error": {"code": "x", "message": "{}"}}, {"code": "{}", "description": "no"}, "{}"]
)
def test_a_secret_that_a_service_repeats_is_not_repeated_by_us(shape: Any) -> None:
    text = httpx.Response(400, json=shape).text.replace("{}", "you sent hunter2! again")
    with wire(httpx.Response(400, content=text.encode())) as http:
        http.secrets.add("hunter2!")
        with pytest.raises(CloudError) as caught:
            http.send("GET", URL)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in caught.value.code


@pytest.mark.parametrize("before", [290, 296, 990, 996])
def test_a_secret_is_not_half_shown_where_a_long_message_is_cut(before: int) -> None:
    for content in ("-" * before + "hunter2hunter2", '{"error": {"message": "' + "-" * before + 'hunter2hunter2"}}'):
        with wire(httpx.Response(400, content=content.encode())) as http:
            http.secrets.add("hunter2hunter2")
            with pytest.raises(CloudError) as caught:
                http.send("GET", URL)
        assert "hunter" not in str(caught.value)


def test_a_secret_in_the_words_of_the_transport_is_not_shown() -> None:
    with wire(httpx.ConnectError("cannot reach https://hunter2!@proxy")) as http:
        http.secrets.add("hunter2!")
        with pytest.raises(CloudError) as caught:
            http.send("GET", URL)
    assert "hunter2" not in str(caught.value)


def test_of_two_secrets_the_longer_one_is_taken_out_whole() -> None:
    with wire(answer(200)) as http:
        http.secrets |= {"abcdefgh", "abcdefghij"}
        assert http.redacted("it was abcdefghij") == "it was (secret)"


def test_a_short_secret_is_not_told_by_the_gaps_it_would_leave() -> None:
    with wire(answer(200)) as http:
        http.secrets |= {"x", "complex"}
        assert http.redacted("password complexity requirements") == "password complexity requirements"


def test_an_empty_secret_does_not_garble_everything() -> None:
    with wire(answer(200)) as http:
        http.secrets.add("")
        assert http.redacted("as it was") == "as it was"


def test_a_log_shows_no_token_and_no_secret_that_we_hold(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "cspctl")
    with wire(httpx.ConnectError("s3cr3t-s3cr3t"), answer(200)) as http:
        http.secrets.add("s3cr3t-s3cr3t")
        http.send("GET", URL, lambda: "bearer-token")
    assert "/v1/customers" in caplog.text
    assert "s3cr3t" not in caplog.text
    assert "bearer-token" not in caplog.text


# ---- remembering


def test_equal_reads_are_asked_once_while_remembering_and_again_afterwards() -> None:
    with wire(answer(200)) as http:
        asked: list[int] = []

        def ask() -> int:
            asked.append(1)
            return len(asked)

        with http.remembering():
            assert [http.once("a", ask), http.once("a", ask), http.once("b", ask)] == [1, 1, 2]
        assert http.once("a", ask) == 3


def test_a_read_that_failed_is_asked_again() -> None:
    with wire(answer(200)) as http, http.remembering():
        with pytest.raises(ZeroDivisionError):
            http.once("a", lambda: 1 // 0)
        assert http.once("a", lambda: 1) == 1


def test_the_same_call_of_the_same_change_always_gets_the_same_request_id() -> None:
    assert derived_id(REQUEST, "POST", "/v1/carts") == derived_id(REQUEST, "POST", "/v1/carts")
    ids = {derived_id(REQUEST, "POST", "/a"), derived_id(REQUEST, "PUT", "/a"), derived_id(REQUEST, "POST", "/b")}
    assert len(ids) == 3


def unescaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize("written", [str, json.dumps, unescaped, quote, quote_plus])
def test_a_secret_is_taken_out_however_the_service_writes_it(written: Callable[[str], str]) -> None:
    """Some repeat what they were sent, with its quotes escaped."""
    secret = 'Pä+/&"%\\ 12345678'
    with wire(httpx.Response(400, json={"code": "Bad", "message": f"not {written(secret)}"})) as http:
        http.secrets.add(secret)
        with pytest.raises(CloudError) as raised:
            http.send("GET", URL)
    assert "(secret)" in str(raised.value)
    assert "12345678" not in str(raised.value)
