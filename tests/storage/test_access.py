"""Addresses of containers, and the secrets that open them."""

from __future__ import annotations

import pytest

from cspctl import storage
from cspctl.errors import BadInput
from cspctl.storage.access import Access, Place, access_of, place_of
from cspctl.storage.local import Folder

AT = "https://contoso.blob.core.windows.net/cspctl"
PLACE = Place("https://contoso.blob.core.windows.net", "contoso", "cspctl", "")
KEY = "a2V5" * 8


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (AT, PLACE),
        (f"{AT}/", PLACE),
        (f"{AT}/estates/eu", Place(PLACE.account_url, "contoso", "cspctl", "estates/eu/")),
        (
            "https://contoso.blob.core.chinacloudapi.cn/cspctl",
            Place("https://contoso.blob.core.chinacloudapi.cn", "contoso", "cspctl", ""),
        ),
        (
            "http://127.0.0.1:10000/devstoreaccount1/cspctl",
            Place("http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1", "cspctl", ""),
        ),
        ("http://[::1]:1/dev/cspctl", Place("http://[::1]:1/dev", "dev", "cspctl", "")),
    ],
)
def test_an_address_names_account_container_and_prefix(text: str, place: Place) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://contoso.blob.core.windows.net/cspctl", "https"),
        ("ftp://contoso/cspctl", "https"),
        ("https://contoso.blob.core.windows.net", "no container"),
        ("https://contoso.blob.core.windows.net/No_Container", "no container"),
        (f"{AT}/../other", "no container"),
        ("https://contoso:99999999/cspctl", "no address"),
        (f"{AT}?sv=1&sig=hidden", "holds a secret"),
        ("https://who:hidden@contoso.blob.core.windows.net/cspctl", "holds a secret"),
    ],
)
def test_another_address_is_refused_without_telling_its_secret(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        place_of(text)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "access"),
    [
        ("sv=1&sp=r&sig=abc", Access(sas="sv=1&sp=r&sig=abc")),
        ("?sv=1&sig=abc", Access(sas="sv=1&sig=abc")),
        (f"{AT}?sv=1&sig=abc", Access(sas="sv=1&sig=abc")),
        (KEY, Access(key=KEY)),
        (f"AccountName=contoso;AccountKey={KEY};EndpointSuffix=core.windows.net", Access(key=KEY)),
        ("BlobEndpoint=https://x;SharedAccessSignature=sv=1&sig=abc", Access(sas="sv=1&sig=abc")),
    ],
)
def test_a_secret_is_known_by_its_form(secret: str, access: Access) -> None:
    assert access_of(secret, PLACE) == access
    assert secret not in repr(access)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("sv=1&sp=r", "no whole SAS"),
        ("sv=1&sig=a b", "no whole SAS"),
        ("https://tailspin.blob.core.windows.net/cspctl?sv=1&sig=hidden", "another storage account"),
        (f"AccountName=tailspin;AccountKey={KEY}", "another account"),
        ("hunter2", "neither"),
    ],
)
def test_another_secret_is_refused_without_being_told(secret: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        access_of(secret, PLACE)
    assert secret not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_what_is_no_address_is_a_folder() -> None:
    assert isinstance(storage.at(".cspctl/journal"), Folder)
