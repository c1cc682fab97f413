"""What can go wrong with Azure Blob Storage: lost answers, leases that cannot be renewed, rights, and secrets."""

from __future__ import annotations

import logging
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas
from pydantic import SecretStr

from cspctl import storage
from cspctl.config import Held
from cspctl.errors import EXIT_ERROR, Locked, WrongAccount
from cspctl.storage import UNLOCKS, Holder
from cspctl.storage.blob import Container
from cspctl.storage.trouble import SAS_RIGHTS, LockLost, Stale, StorageError
from tests.storage.between import Fault, answered, between, serving
from tests.storage.conftest import NOW, SECRET, Site
from tests.storage.emulator import ACCOUNT, Emulator

ME = Holder("berta", "laptop", 7, NOW)
NAME = "fourth-coffee/inventory.json"


def opened(place: str, secret: str) -> Container:
    """The container as the product opens it, but for the time between attempts."""
    made = storage.at(place, Held(text=SecretStr(secret)))
    assert isinstance(made, Container)
    return replace(made, patience=0)


class Faults:
    """Faults for the requests whose path holds a text, as many as there are."""

    def __init__(self, path: str, *faults: str, method: str = "PUT") -> None:
        self.path, self.faults, self.method, self.seen = path, list(faults), method, 0

    def __call__(self, method: str, path: str) -> str:
        if method != self.method or self.path not in path:
            return ""
        self.seen += 1
        return self.faults.pop(0) if self.faults else ""


@contextmanager
def troubled(emulator: Emulator, container: ContainerClient, fault: Fault) -> Iterator[Container]:
    """The container over a bad network; a SAS does not mind the other address."""
    with between(emulator.address, fault) as address:
        sas = sas_for(emulator, container)
        kept = opened(f"{address}/{ACCOUNT}/{container.container_name}", sas)
        yield kept
        kept.close()


def sas_for(emulator: Emulator, container: ContainerClient, rights: str = SAS_RIGHTS, **more: Any) -> str:
    until = more.pop("expiry", datetime.now(UTC) + timedelta(hours=1))
    return generate_container_sas(
        ACCOUNT,
        container.container_name,
        account_key=emulator.key,
        permission=ContainerSasPermissions.from_string(rights),
        expiry=until,
        protocol="https,http",
        **more,
    )


@pytest.mark.parametrize("fault", ["drop before", "drop after", "503"])
def test_a_line_is_there_once_whatever_happens_to_its_request(
    emulator: Emulator, container: ContainerClient, fault: str
) -> None:
    faults = Faults("comp=appendblock")
    with troubled(emulator, container, faults) as kept:
        kept.append("a/1.jsonl", b"same\n")
        faults.faults = [fault, fault]
        kept.append("a/1.jsonl", b"same\n")
        kept.append("a/1.jsonl", b"last\n")
        stored = kept.read("a/1.jsonl")
    assert faults.seen >= 5
    assert stored is not None
    assert stored.data == b"same\nsame\nlast\n"


@pytest.mark.parametrize("fault", ["drop before", "drop after", "503"])
def test_a_document_whose_answer_is_lost_counts_as_written(
    emulator: Emulator, container: ContainerClient, fault: str
) -> None:
    faults = Faults("inventory.json", fault)
    with troubled(emulator, container, faults) as kept:
        etag = kept.write(NAME, b"one", None)
        faults.faults = [fault]
        etag = kept.write(NAME, b"two", etag)
        assert kept.read(NAME) == (b"two", etag)
        with pytest.raises(Stale):
            kept.write(NAME, b"two", None)


@pytest.mark.parametrize("fault", ["drop before", "drop after", "503"])
def test_a_lock_whose_answer_is_lost_is_held(emulator: Emulator, container: ContainerClient, fault: str) -> None:
    faults = Faults("comp=lease", fault, fault)
    with troubled(emulator, container, faults) as kept:
        with kept.lock("a", ME) as lock:
            lock.check()
            with pytest.raises(Locked, match="berta on laptop"):
                kept.lock("a", ME)
        kept.lock("a", ME).__exit__(None, None, None)


def test_leases_over_time(emulator: Emulator, container: ContainerClient, blobs: Site) -> None:
    """Several at once, for the shortest lasts 15 seconds: cut off, over a bad network, broken, its holder killed."""
    cut, faults, broken = [False], Faults("comp=lease"), blobs.open()
    killed = blobs.process("hold", "killed", "15")
    assert killed.stdout is not None
    assert killed.stdout.readline() == "held\n"
    with (
        troubled(emulator, container, lambda *_: "drop before" if cut[0] else "") as one,
        troubled(emulator, container, faults) as two,
    ):
        assert isinstance(broken, Container)
        one.lease_seconds = two.lease_seconds = broken.lease_seconds = 15
        with one.lock("cut", ME) as lost, two.lock("bad", ME) as bad, broken.lock("broken", ME) as taken:
            begun = time.monotonic()
            killed.send_signal(signal.SIGKILL)
            broken.unlock("broken", "a test", ME)
            cut[0], faults.faults = True, ["503", "drop before", "drop after"]
            with pytest.raises(LockLost, match="could not be asked"):
                lost.check()
            with pytest.raises(Locked, match="anna on build-7"):
                broken.lock("killed", ME)
            assert not lost.lost()
            assert within(begun, 8, taken.lost) > 0.5
            assert within(begun, 14, lost.lost) > 9  # before somebody else can have it
            assert within(begun, 20, lambda: is_free(broken, "killed")) > 10
            time.sleep(max(0.0, begun + 17 - time.monotonic()))
            assert not bad.lost()
            cut[0] = False
            assert lost.lost()
            with pytest.raises(Locked):
                two.lock("bad", ME)
    assert not faults.faults


def within(begun: float, seconds: float, met: Callable[[], bool]) -> float:
    """The seconds after which a condition is met, which must not be too many."""
    while not met():
        assert time.monotonic() < begun + seconds
        time.sleep(0.1)
    return time.monotonic() - begun


def is_free(kept: Container, customer: str) -> bool:
    try:
        kept.lock(customer, ME).__exit__(None, None, None)
    except Locked:
        return False
    return True


RIGHTS = [("rl", "create a blob"), ("racwl", "replace and remove"), ("rdl", "create a blob"), ("racwd", "list")]


@pytest.mark.parametrize(("rights", "doing"), RIGHTS)
def test_a_sas_that_allows_too_little_is_explained_before_anything_is_done(
    emulator: Emulator, container: ContainerClient, rights: str, doing: str
) -> None:
    kept = opened(f"{emulator.account_url}/{container.container_name}", sas_for(emulator, container, rights))
    with pytest.raises(StorageError, match=f"cannot {doing}") as caught:
        kept.ready(writing=True)
    kept.close()
    error = caught.value
    assert (error.status, error.exit_code) == (403, EXIT_ERROR)
    assert error.code
    assert error.request_id in str(error)
    assert f"The SAS allows only {rights}: make one that allows racwdl" in str(error)


def test_a_sas_to_read_with_is_enough_for_planning(emulator: Emulator, container: ContainerClient) -> None:
    kept = opened(f"{emulator.account_url}/{container.container_name}", sas_for(emulator, container, "rl"))
    kept.ready(writing=False)
    assert kept.read(NAME) is None
    kept.close()


def test_a_sas_that_has_ended_is_explained(emulator: Emulator, container: ContainerClient) -> None:
    ended = datetime.now(UTC) - timedelta(minutes=1)
    kept = opened(f"{emulator.account_url}/{container.container_name}", sas_for(emulator, container, expiry=ended))
    with pytest.raises(StorageError, match=r"The SAS ended at 20\d\d-"):
        kept.ready(writing=False)
    kept.close()


def test_a_wrong_key_and_a_missing_container_are_explained(emulator: Emulator, container: ContainerClient) -> None:
    wrong = secrets.token_urlsafe(48).replace("-", "a").replace("_", "b")
    for place, key, reason in (
        (container.container_name, wrong, "do not fit it|not one for this account"),
        ("nobody-has-made-it", emulator.key, "az storage container create --account-name devstoreaccount1"),
    ):
        kept = opened(f"{emulator.account_url}/{place}", key)
        with pytest.raises(StorageError, match=reason) as caught:
            kept.ready(writing=False)
        assert key not in str(caught.value)
        kept.close()


@pytest.mark.parametrize(("hours", "which"), [(1, "behind"), (-1, "ahead")])
def test_a_clock_that_is_wrong_is_explained(hours: int, which: str) -> None:
    def answer(asked: BaseHTTPRequestHandler, _: bytes) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
        answered(asked, 403, {"Date": date, "x-ms-error-code": "AuthenticationFailed", "x-ms-request-id": "r-1"})

    with serving(answer) as address:
        kept = opened(f"{address}/{ACCOUNT}/container", "a2V5" * 8)
        with pytest.raises(StorageError, match=f"clock is 60 minutes {which} of Azure's") as caught:
            kept.read(NAME)
        kept.close()
    assert "403 AuthenticationFailed; request id r-1" in str(caught.value)


CODES = [
    (403, "AuthorizationFailure", "firewall"),
    (403, "AuthorizationPermissionMismatch", "Storage Blob Data Contributor"),
    (403, "KeyBasedAuthenticationNotPermitted", "forbids keys"),
    (403, "Unheard", "Storage Blob Data Contributor"),
    (401, "InvalidAuthenticationInfo", "look at its tenant"),
    (409, "ContainerBeingDeleted", "half a minute"),
    (409, "BlobImmutableDueToPolicy", "policy"),
    (409, "InvalidBlobType", "Another program"),
    (418, "", "in some minutes"),
]


@pytest.mark.parametrize(("status", "code", "remedy"), CODES)
def test_each_answer_comes_with_what_to_do(status: int, code: str, remedy: str) -> None:
    def answer(asked: BaseHTTPRequestHandler, _: bytes) -> None:
        answered(asked, status, {"x-ms-error-code": code} if code else {})

    with serving(answer) as address:
        kept = opened(f"{address}/{ACCOUNT}/container", "a2V5" * 8)
        for act in (
            lambda: kept.append("a/b", b"\n"),
            lambda: kept.write("a/b", b"", None),
            lambda: kept.lock("a", ME),
        ):
            with pytest.raises(StorageError, match=remedy) as caught:
                act()
            assert (caught.value.status, caught.value.code) == (status, code)
        kept.close()


@pytest.mark.parametrize("nobody", ["http://127.0.0.1:9", "https://nobody-has-this.invalid"])
def test_a_service_that_is_not_there_is_explained_without_the_sas(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    signature = secrets.token_hex(16)
    kept = opened(
        f"{nobody}/{ACCOUNT}/container".replace(f"invalid/{ACCOUNT}", "invalid"), f"sv=1&sp=r&sig={signature}"
    )
    with pytest.raises(StorageError, match=r"no such host|no answer") as caught:
        kept.read(NAME)
    kept.close()
    assert signature not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert "network" in str(caught.value)


def test_no_secret_is_in_any_message_or_log(
    emulator: Emulator, container: ContainerClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sas = sas_for(emulator, container, "rl")
    signature = sas.partition("sig=")[2]
    kept = opened(f"{emulator.account_url}/{container.container_name}", sas)
    said = [repr(kept), kept.where]
    for act in (lambda: kept.ready(True), lambda: kept.append("a/b", b"\n"), lambda: kept.lock("a", ME)):
        with pytest.raises(StorageError) as caught:
            act()
        said.append(str(caught.value))
    kept.close()
    assert "GET" in caplog.text
    assert not [text for text in (*said, caplog.text) if signature in text or emulator.key in text]


def test_an_address_and_a_connection_string_open_it_too(emulator: Emulator, container: ContainerClient) -> None:
    place = f"{emulator.account_url}/{container.container_name}"
    for secret in (
        f"{place}?{sas_for(emulator, container)}",
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={emulator.key};",
        f"BlobEndpoint={emulator.account_url};SharedAccessSignature={sas_for(emulator, container)}",
    ):
        kept = opened(place, secret)
        kept.ready(writing=True)
        kept.close()


class Tokens:
    """What gives tokens for the storage: the application's own sign-in."""

    def __init__(self, token: str = "", error: Exception | None = None) -> None:
        self.token, self.error, self.asked = token, error, set[str]()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked |= set(scopes)
        if self.error:
            raise self.error
        return AccessToken(self.token, int(time.time()) + 3600)


def test_the_applications_own_sign_in_opens_it() -> None:
    tokens = Tokens(token := secrets.token_urlsafe(16))
    kept = replace(storage.at("https://127.0.0.1:9/account/container", credential=tokens), patience=0)  # type: ignore
    with pytest.raises(StorageError, match="no answer") as caught:  # nobody listens there
        kept.read(NAME)
    kept.close()
    assert tokens.asked == {"https://storage.azure.com/.default"}
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (WrongAccount("another tenant"), WrongAccount),
        (ClientAuthenticationError("no way"), StorageError),
    ],
)
def test_a_sign_in_that_fails_says_so_itself(error: Exception, shown: type[Exception]) -> None:
    at = storage.at("https://127.0.0.1:9/account/container", credential=Tokens(error=error))
    kept = replace(at, patience=0)  # type: ignore
    with pytest.raises(shown, match=str(error)):
        kept.read(NAME)
    kept.close()


def test_a_container_may_be_shared_under_prefixes(blobs: Site) -> None:
    kept = blobs.open()
    other = opened(f"{blobs.place.rpartition('/')[0]}/other", blobs.environment[SECRET])
    kept.append(UNLOCKS, b"one\n")
    with kept.lock("a", ME), other.lock("a", ME):
        assert other.names() == []
    other.close()
