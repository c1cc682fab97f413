"""Signing in: whose token, for whom, how long; and what is said when it is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from cspctl.cloud import ConsentMissing
from cspctl.errors import CloudError, Denied, Unreachable, WrongAccount
from tests.cloud.services import (
    APPLICATION,
    ARM,
    CUSTOMER,
    PARTNER,
    PC,
    REFRESH,
    SECRET,
    Handler,
    answer,
    in_turn,
    services,
    signed_in,
    token_for,
)

NOTHING = in_turn(answer(200, {"items": []}))


def granting(**token: Any) -> Handler:
    """Sign-in that answers a request for a token with this."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return signed_in(request)
        return httpx.Response(200, json={"token_type": "Bearer", "expires_in": 3600, **token})

    return handle


def refusing(status: int = 400, **body: Any) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        return signed_in(request) if request.method == "GET" else httpx.Response(status, json=body)

    return handle


@pytest.mark.parametrize("tenant", [CUSTOMER, "", "common"])
def test_a_token_of_another_tenant_is_refused_before_anything_is_read(tenant: str) -> None:
    with services(NOTHING, sign_in=granting(access_token=token_for(tenant))) as made:
        with pytest.raises(WrongAccount, match=f"not to {PARTNER}: this is not the pinned account"):
            made.cloud.partner.all("/v1/customers")
        assert made.requests == []


def test_a_token_that_is_no_token_is_refused_with_a_sentence() -> None:
    with services(NOTHING, sign_in=granting(access_token="opaque")) as made:
        with pytest.raises(Denied):
            made.cloud.partner.all("/v1/customers")
        assert made.requests == []


def test_a_token_is_asked_for_once_per_audience_tenant_and_person() -> None:
    with services(NOTHING) as made:
        token = made.cloud.auth.token
        for _ in range(2):
            token(PC, PARTNER, False)
            token(PC, PARTNER, True)
            token(ARM, PARTNER, True)
            token(ARM, CUSTOMER, True)
        assert sum(request.method == "POST" for request in made.sign_ins) == 4


def test_a_token_is_used_until_five_minutes_before_its_end() -> None:
    with services(NOTHING) as made:
        made.cloud.auth.token(PC, PARTNER, False)
        made.time.at += timedelta(minutes=54)
        made.cloud.auth.token(PC, PARTNER, False)
        assert sum(request.method == "POST" for request in made.sign_ins) == 1
        made.time.at += timedelta(minutes=2)
        made.cloud.auth.token(PC, PARTNER, False)
        assert sum(request.method == "POST" for request in made.sign_ins) == 2


def test_the_tokens_of_a_tenant_can_be_forgotten() -> None:
    with services(NOTHING) as made:
        made.cloud.auth.token(ARM, CUSTOMER, True)
        made.cloud.auth.token(ARM, PARTNER, True)
        made.cloud.auth.forget(CUSTOMER)
        made.cloud.auth.token(ARM, CUSTOMER, True)
        made.cloud.auth.token(ARM, PARTNER, True)
        assert sum(request.method == "POST" for request in made.sign_ins) == 3


def test_the_application_and_the_user_ask_for_what_microsoft_documents() -> None:
    with services(NOTHING) as made:
        made.cloud.auth.token(PC, PARTNER, False)
        made.cloud.auth.token(ARM, CUSTOMER, True)
        alone, user = (
            {n: v[0] for n, v in parse_qs(r.content.decode()).items()} for r in made.sign_ins if r.method == "POST"
        )
    assert alone["grant_type"] == "client_credentials"
    assert alone["scope"] == f"{PC}/.default"
    assert (alone["client_id"], alone["client_secret"]) == (APPLICATION, SECRET)
    assert user["grant_type"] == "refresh_token"
    assert user["refresh_token"] == REFRESH
    assert user["scope"].startswith(f"{ARM}/.default")


def test_a_call_that_needs_a_person_says_so_when_the_profile_has_none() -> None:
    with services(NOTHING, user=False) as made:
        with pytest.raises(Denied, match="needs a signed-in user, and the profile has no refreshToken"):
            made.cloud.arm.all("/subscriptions", "2022-12-01", CUSTOMER)
        assert made.requests == made.sign_ins == []


def test_missing_consent_is_told_from_every_other_refusal() -> None:
    words = f"AADSTS65001: The user or administrator has not consented to use '{APPLICATION}'. Trace ID: t"
    with (
        services(NOTHING, sign_in=refusing(error="invalid_grant", error_description=words)) as made,
        pytest.raises(ConsentMissing, match="'consent: true' of its Customer gives it"),
    ):
        made.cloud.auth.token(ARM, CUSTOMER, True)
    words = "AADSTS70000: The refresh token has expired.\r\nTrace ID: t\r\nTimestamp: now"
    with (
        services(
            NOTHING, sign_in=refusing(error="invalid_grant", error_description=words, correlation_id="c-1")
        ) as made,
        pytest.raises(Denied) as caught,
    ):
        made.cloud.auth.token(ARM, CUSTOMER, True)
    assert not isinstance(caught.value, ConsentMissing)
    assert "AADSTS70000: The refresh token has expired." in str(caught.value)
    assert "Trace ID" not in str(caught.value)
    assert (caught.value.code, caught.value.correlation_id) == ("invalid_grant", "c-1")
    assert CUSTOMER in str(caught.value)


def test_a_refusal_that_repeats_our_secrets_does_not_show_them() -> None:
    words = f"AADSTS7000215: Invalid client secret provided: {SECRET}, token {REFRESH}"
    with (
        services(NOTHING, sign_in=refusing(401, error="invalid_client", error_description=words)) as made,
        pytest.raises(Denied) as caught,
    ):
        made.cloud.auth.token(ARM, CUSTOMER, True)
    assert SECRET not in str(caught.value)
    assert REFRESH not in str(caught.value)


def test_a_passing_trouble_of_sign_in_is_tried_again() -> None:
    troubles = iter([httpx.Response(503), httpx.Response(429, headers={"Retry-After": "3"})])

    def handle(request: httpx.Request) -> httpx.Response:
        return next(troubles, None) or signed_in(request)

    with services(NOTHING, sign_in=handle) as made:
        assert made.cloud.auth.token(PC, PARTNER, False)
        assert made.time.slept == [1.0, 3.0]


@pytest.mark.parametrize("only_tokens", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_lasting_trouble_of_sign_in_ends_in_an_error_and_no_traceback(status: int, only_tokens: bool) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return signed_in(request) if only_tokens and request.method == "GET" else httpx.Response(status)

    with services(NOTHING, sign_in=handle) as made, pytest.raises(CloudError):
        made.cloud.auth.token(PC, PARTNER, False)


def test_sign_in_that_cannot_be_reached_is_an_error_and_no_traceback() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host")

    with services(NOTHING, sign_in=handle) as made, pytest.raises(Unreachable, match="no route to host"):
        made.cloud.auth.token(PC, PARTNER, False)


def test_a_tenant_that_does_not_exist_is_said_so() -> None:
    words = "AADSTS90002: Tenant 'x' not found."
    with (
        services(
            NOTHING, sign_in=in_turn(answer(400, {"error": "invalid_tenant", "error_description": words}))
        ) as made,
        pytest.raises(CloudError, match="AADSTS90002"),
    ):
        made.cloud.auth.token(PC, PARTNER, False)
