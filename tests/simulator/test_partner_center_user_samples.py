"""Microsoft's samples about users, roles and licences, replayed and compared field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from simulator_client import Client
from test_partner_center_samples import ABOUT_USERS, complaints, of_page, pytestmark  # noqa: F401
from test_pc_licenses import EMS, MINECRAFT, POWER_BI, assign
from test_pc_users import DOMAIN, created


class Directory:
    """One customer with two users, two products, and a way to send samples to it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.customer = client.customer(DOMAIN)
        self.users = f"/v1/customers/{self.customer}/users"
        self.user = created(client, self.users, "daniel", displayName="Daniel Tsai")["id"]
        self.other = created(client, self.users, "other")["id"]
        client.people("buy-licences", tenant=DOMAIN, sku="EMS", seats=5)
        client.people("buy-licences", tenant=DOMAIN, sku=POWER_BI)

    def send(self, sample: dict[str, Any], body: Any = None, user: str = "") -> httpx.Response:
        """Send a sample's request with our ids, its body or another one; the request id is not repeated."""
        parts = urlsplit(sample["url"].replace("<", "{").replace(">", "}"))
        path = re.sub(r"/customers/[^/]+", f"/customers/{self.customer}", parts.path)
        path = re.sub(r"/users/[^/]+", f"/users/{user or self.user}", path)
        path = f"{path}?{parts.query}" if parts.query else path
        headers = {
            name: sample["headers"][name] for name in ("Accept", "MS-CorrelationId") if name in sample["headers"]
        }
        return self.client.pc(sample["method"], path, sample.get("body") if body is None else body, headers=headers)


@pytest.fixture
def directory(client: Client) -> Directory:
    return Directory(client)


def give(directory: Directory, *skus: str) -> None:
    for sku in skus:  # one group of products at a time
        assert assign(directory.client, f"{directory.users}/{directory.user}", sku).status_code == 201


def with_minecraft(directory: Directory) -> None:
    directory.client.people("buy-licences", tenant=DOMAIN, sku=MINECRAFT)
    give(directory, EMS, MINECRAFT)


def delete_user(directory: Directory) -> None:
    assert directory.client.pc("DELETE", f"{directory.users}/{directory.user}").status_code == 204


# page -> what is needed before, and the body where the sample's has placeholders or is no JSON.
PAGES: dict[str, tuple[Callable[[Directory], Any], Callable[[Directory], Any]]] = {
    "check-which-licenses-are-assigned-to-a-user": (lambda each: give(each, EMS), lambda each: None),
    "delete-user-accounts-for-a-customer": (lambda each: None, lambda each: None),
    "get-a-list-of-available-licenses": (lambda each: give(each, POWER_BI), lambda each: None),
    "get-a-list-of-available-licenses-by-license-group": (lambda each: None, lambda each: None),
    "get-a-user-account-by-id": (lambda each: None, lambda each: None),
    "get-licenses-assigned-to-a-user-by-license-group": (with_minecraft, lambda each: None),
    "reset-user-password-for-a-customer": (
        lambda each: None,
        lambda each: {"passwordProfile": {"password": "Renew456*", "forceChangePassword": True}},
    ),
    "restore-a-user-for-a-customer": (delete_user, lambda each: None),
    "set-user-roles-for-a-customer": (
        lambda each: None,
        lambda each: of_page("set-user-roles-for-a-customer", "request")[0]["body"] | {"Id": each.user},
    ),
    "update-user-accounts-for-a-customer": (lambda each: None, lambda each: {"usageLocation": "DE"}),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_documented_request(directory: Directory, page: str) -> None:
    prepare, body = PAGES[page]
    prepare(directory)
    (request,) = of_page(page, "request")
    answer = directory.send(request, body(directory))
    documented = [each for each in of_page(page, "response") if "unparsed" not in each]
    assert documented
    for each in documented:
        assert complaints(page, each, answer) == []


def test_assign_licenses_to_a_user(directory: Directory) -> None:
    page = "assign-licenses-to-a-user"
    (request,), (assigned, exhausted) = of_page(page, "request"), of_page(page, "response")
    assert complaints(page, assigned, directory.send(request)) == []
    answer = directory.send(request, user=directory.other)
    assert complaints(page, exhausted, answer) == []
    assert (answer.json()["code"], answer.json()["description"]) == (60012, exhausted["body"]["description"])


def test_every_page_is_tried() -> None:
    assert {*PAGES, "assign-licenses-to-a-user"} == ABOUT_USERS


def test_a_corrupted_sample_fails(directory: Directory) -> None:
    page = "get-a-user-account-by-id"
    (request,), (documented,) = of_page(page, "request"), of_page(page, "response")
    answer = directory.send(request)
    wrong = documented | {"body": documented["body"] | {"shoeSize": 43}}
    assert len(complaints(page, wrong, answer)) == 1
