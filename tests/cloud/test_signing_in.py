"""Signing in to the simulator in every way that a profile can say, and what is kept of it from run to run."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cspctl.cloud import Clock, Cloud, connect, device
from cspctl.config import Certificate, FederatedToken, Held, Profile
from cspctl.errors import BadInput, CloudError, Denied, WrongAccount
from cspctl.sink import Sink
from tests.world import World

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/estate:ref:refs/heads/main"
RUNNER = "https://pipelines.actions.example/token?api-version=2.0"


def held(text: str) -> Held:
    return Held.model_validate({"text": text})


def cloud_of(world: World, tokens: Path | None = None, client: httpx.Client | None = None, **fields: Any) -> Cloud:
    known = world.simulator.profile
    profile = Profile.model_validate(
        {
            "partnerTenantId": known["partnerTenantId"],
            "clientId": known["clientId"],
            "clientSecret": held(known["clientSecret"]),
            "refreshToken": held(known["refreshToken"]),
        }
    ).model_copy(update=fields)
    clock = Clock(world.simulator.clock.now, world.simulator.clock.sleep, jumps=True)
    return connect(profile, client or world.client, clock, Sink(world.folder / "secrets"), tokens)


def signed_in(cloud: Cloud, user: bool) -> str:
    return cloud.auth.token(cloud.partner.base, cloud.profile.partner_tenant_id, user)


def sign_ins(world: World) -> list[httpx.Request]:
    return [r for r in world.requests if r.method == "POST" and "login." in r.url.host]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "tokens" / "default.json"


# How the application signs in ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str, str]:
    """A private key, its certificate, and the certificate's SHA-1 thumbprint."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cspctl")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return private, made.public_bytes(serialization.Encoding.PEM).decode(), made.fingerprint(hashes.SHA1()).hex()


def registered(world: World, **details: Any) -> str:
    tenant = world.simulator.profile["partnerTenantId"]
    return str(world.simulator.people("register-application", tenant=tenant, **details)["clientId"])


@pytest.mark.parametrize("by", ["certificate", "thumbprint"])
def test_a_certificate_signs_the_application_in(
    empty: World, tmp_path: Path, certificate: tuple[str, str, str], by: str
) -> None:
    private, public, thumbprint = certificate
    (tmp_path / "public.pem").write_text(public)
    which = {"publicCertificate": tmp_path / "public.pem"} if by == "certificate" else {"thumbprint": thumbprint}
    said = Certificate.model_validate({"privateKey": held(private), **which})
    client = registered(empty, certificate=public)
    cloud = cloud_of(empty, client_id=client, client_secret=None, certificate=said)
    assert jwt.decode(signed_in(cloud, False), options={"verify_signature": False})["appid"] == client


def test_a_certificate_that_is_not_the_applications_is_said_so(empty: World, certificate: tuple[str, str, str]) -> None:
    said = Certificate.model_validate({"privateKey": held(certificate[0]), "thumbprint": certificate[2]})
    cloud = cloud_of(empty, client_id=registered(empty), client_secret=None, certificate=said)
    with pytest.raises(Denied, match="register it, or check privateKey and thumbprint") as caught:
        signed_in(cloud, False)
    assert "PRIVATE KEY" not in str(caught.value)


def test_a_private_key_that_is_none_is_an_error_and_no_traceback(empty: World) -> None:
    said = Certificate.model_validate({"privateKey": held("no key at all"), "thumbprint": "0" * 40})
    with pytest.raises(CloudError) as caught:
        signed_in(cloud_of(empty, client_secret=None, certificate=said), False)
    assert "no key at all" not in str(caught.value)


@pytest.fixture
def pipeline(empty: World) -> Iterator[Any]:
    """A pipeline whose issuer the application trusts: makes tokens of any claims."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    client = empty.simulator.profile["clientId"]
    empty.simulator.people(
        "register-federation", clientId=client, issuer=ISSUER, subject=SUBJECT, jwks={"keys": [{**public, "kid": "k"}]}
    )

    def token(**claims: Any) -> str:
        now = int(empty.simulator.clock.now().timestamp())
        usual = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "iat": now, "nbf": now}
        return jwt.encode({**usual, "exp": now + 600, **claims}, key, "RS256", headers={"kid": "k"})

    return token


def test_a_pipelines_token_signs_the_application_in(
    empty: World, pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(pipeline())
    monkeypatch.setenv("CSPCTL_TEST_TOKEN", pipeline())
    for reference in ({"file": tmp_path / "token"}, {"env": "CSPCTL_TEST_TOKEN"}):
        said = FederatedToken.model_validate(reference)
        assert signed_in(cloud_of(empty, client_secret=None, federated_token=said), False)


def test_a_pipelines_token_of_another_subject_is_refused_with_what_to_compare(empty: World, pipeline: Any) -> None:
    for claims, words in (({"sub": "repo:other/one"}, "subject"), ({"iss": "https://other.example"}, "issuer")):
        os.environ["CSPCTL_TEST_TOKEN"] = pipeline(**claims)
        said = FederatedToken(env="CSPCTL_TEST_TOKEN")
        with pytest.raises(Denied, match=words) as caught:
            signed_in(cloud_of(empty, client_secret=None, federated_token=said), False)
        assert os.environ.pop("CSPCTL_TEST_TOKEN") not in str(caught.value)


def test_github_actions_is_asked_for_a_token_of_the_right_audience(
    empty: World, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", RUNNER)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-runner")
    asked: list[httpx.Request] = []
    inner = httpx.WSGITransport(app=empty.simulator)

    def route(request: httpx.Request) -> httpx.Response:
        if request.url.host != "pipelines.actions.example":
            return inner.handle_request(request)
        asked.append(request)
        return httpx.Response(200, json={"value": pipeline()})

    with httpx.Client(transport=httpx.MockTransport(route)) as client:
        said = FederatedToken(github_actions=True)
        assert signed_in(cloud_of(empty, client=client, client_secret=None, federated_token=said), False)
    assert asked[0].url.params["audience"] == "api://AzureADTokenExchange"
    assert asked[0].headers["Authorization"] == "Bearer of-the-runner"


def test_github_actions_without_the_permission_is_said_so(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    said = FederatedToken(github_actions=True)
    with pytest.raises(BadInput, match="id-token: write"):
        signed_in(cloud_of(empty, client_secret=None, federated_token=said), False)


# What is kept --------------------------------------------------------------------------------------------


def test_the_next_run_signs_in_to_nothing_that_it_has_a_token_for(empty: World, kept: Path) -> None:
    first = cloud_of(empty, kept)
    tokens = [signed_in(first, user) for user in (False, True)]
    before = len(sign_ins(empty))
    second = cloud_of(empty, kept)
    assert [signed_in(second, user) for user in (False, True)] == tokens
    assert len(sign_ins(empty)) == before
    assert set(tokens) <= second.http.secrets
    empty.simulator.clock.sleep(3400)
    assert signed_in(cloud_of(empty, kept), False) not in tokens


def test_what_is_kept_can_be_read_by_nobody_else(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), True)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_rights_that_are_too_wide_are_mended_and_said(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), True)
    kept.chmod(0o644)
    cloud = cloud_of(empty, kept)
    signed_in(cloud, True)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "could be read by others (mode 644)" in cloud.auth.cache.notices[0]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', '{"version": 1, "account": "of another"}'])
def test_a_file_that_is_of_no_use_is_written_anew(empty: World, kept: Path, content: str) -> None:
    kept.parent.mkdir()
    kept.write_text(content)
    token = signed_in(cloud_of(empty, kept), True)
    assert signed_in(cloud_of(empty, kept), True) == token


def test_where_nothing_can_be_kept_the_run_goes_on_and_says_so(empty: World, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("in the way")
    cloud = cloud_of(empty, tmp_path / "tokens" / "default.json")
    assert signed_in(cloud, True)
    assert "tokens are kept for this run only" in cloud.auth.cache.notices[0]


def test_a_kept_token_that_a_service_does_not_accept_is_asked_for_anew_once(empty: World, kept: Path) -> None:
    good = signed_in(cloud_of(empty, kept), False)
    kept.write_text(kept.read_text().replace(good, good[:-8] + "AAAAAAAA"))
    cloud = cloud_of(empty, kept)
    assert cloud.partner.all("/v1/customers") == []
    assert good[:-8] + "AAAAAAAA" not in kept.read_text()


def test_a_new_token_that_is_not_accepted_is_not_asked_for_again_and_again(empty: World, kept: Path) -> None:
    token = empty.simulator.people("sign-in-agent", mfa=False)["refreshToken"]
    cloud = cloud_of(empty, kept, refresh_token=held(token))
    with pytest.raises(Denied, match="900421"):
        cloud.partner.get("/v1/customers/relationshiprequests", user=True)
    assert len(sign_ins(empty)) == 1


def test_whether_sign_in_gives_a_token_now_no_kept_one_can_tell(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), False)
    before, cloud = len(sign_ins(empty)), cloud_of(empty, kept)
    for _ in range(2):
        cloud.auth.token(cloud.partner.base, cloud.profile.partner_tenant_id, False, fresh=True)
    assert len(sign_ins(empty)) == before + 1


def test_nothing_of_another_account_is_used(empty: World, kept: Path) -> None:
    token = signed_in(cloud_of(empty, kept), False)
    assert token not in signed_in(cloud_of(empty, kept, simulator="https://localhost:8443"), False)


# The person's session ------------------------------------------------------------------------------------


def redeemed(world: World) -> list[str]:
    forms = [dict(httpx.QueryParams(r.content.decode())) for r in sign_ins(world)]
    return [form["refresh_token"] for form in forms if "refresh_token" in form]


def test_the_newest_refresh_token_is_kept_before_it_is_needed_and_used_next(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), True)
    newest = json.loads(kept.read_text())["session"]["refresh_token"]
    cloud = cloud_of(empty, kept)
    cloud.auth.token(cloud.arm.base, cloud.profile.partner_tenant_id, True)
    assert redeemed(empty) == [empty.simulator.profile["refreshToken"], newest]


def test_another_configured_refresh_token_takes_the_place_of_what_is_kept(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), True)
    other = empty.simulator.people("sign-in-agent")["refreshToken"]
    cloud = cloud_of(empty, kept, refresh_token=held(other))
    cloud.auth.token(cloud.arm.base, cloud.profile.partner_tenant_id, True)
    assert redeemed(empty)[-1] == other


def test_a_kept_session_that_is_refused_gives_way_to_the_configured_one(empty: World, kept: Path) -> None:
    signed_in(cloud_of(empty, kept), True)
    text = json.loads(kept.read_text())
    text["session"]["refresh_token"] = "spoilt"
    kept.write_text(json.dumps({**text, "tokens": {}}))
    assert signed_in(cloud_of(empty, kept), True)
    assert redeemed(empty)[-2:] == ["spoilt", empty.simulator.profile["refreshToken"]]


def test_a_session_of_a_customers_tenant_does_not_replace_the_partners(empty: World, kept: Path) -> None:
    cloud = cloud_of(empty, kept)
    tenant = empty.simulator.people("existing-tenant", domain="new.onmicrosoft.com")["id"]
    with pytest.raises(CloudError):
        cloud.auth.token(cloud.arm.base, tenant, True)
    assert cloud.auth.cache.session is None


REFUSALS = [
    ("revoke-session", {}, "50173", "cspctl login"),
    ("disable-agent", {}, "50057", "enable it"),
]


@pytest.mark.parametrize(("act", "details", "code", "remedy"), REFUSALS)
def test_a_refused_person_is_told_what_to_do(
    empty: World, act: str, details: dict[str, Any], code: str, remedy: str
) -> None:
    signed_in(cloud_of(empty), True)
    empty.simulator.people(act, **details)
    with pytest.raises(Denied, match=f"AADSTS{code}") as caught:
        signed_in(cloud_of(empty), True)
    assert remedy in str(caught.value)
    assert empty.simulator.profile["refreshToken"] not in str(caught.value)


@pytest.mark.parametrize(("days", "code"), [(40, "50078"), (91, "700082")])
def test_a_session_that_has_grown_old_is_said_so(empty: World, days: int, code: str) -> None:
    signed_in(cloud_of(empty), True)
    empty.simulator.people("limit-mfa", days=30)
    empty.simulator.clock.sleep(days * 86400)
    with pytest.raises(Denied, match=f"AADSTS{code}.*cspctl login"):
        signed_in(cloud_of(empty), True)


@pytest.mark.parametrize(
    ("fields", "code", "remedy"),
    [
        ({"client_secret": held("wrong")}, "7000215", "the secret's value, not its id"),
        ({"client_id": "7f000000-0000-4000-8000-0000000000ff"}, "700016", "check clientId"),
        ({"partner_tenant_id": "7f000000-0000-4000-8000-0000000000ff"}, "90002", "check partnerTenantId"),
    ],
)
def test_a_refused_application_is_told_what_to_do(empty: World, fields: dict[str, Any], code: str, remedy: str) -> None:
    for user in (False, True):
        with pytest.raises(CloudError, match=f"AADSTS{code}") as caught:
            signed_in(cloud_of(empty, **fields), user)
        assert remedy in str(caught.value) or code == "90002"  # discovery says it before sign-in does


def test_a_secret_that_has_expired_is_said_so(empty: World) -> None:
    tenant = empty.simulator.profile["partnerTenantId"]
    made = empty.simulator.people("register-application", tenant=tenant, days=1)
    empty.simulator.clock.sleep(2 * 86400)
    cloud = cloud_of(empty, client_id=made["clientId"], client_secret=held(made["clientSecret"]))
    with pytest.raises(Denied, match=r"AADSTS7000222.*make a new one"):
        signed_in(cloud, False)


# The device code -----------------------------------------------------------------------------------------


def entered(world: World, cloud: Cloud, **details: Any) -> device.Person:
    flow = device.begin(cloud.auth)
    world.simulator.people("enter-device-code", code=flow["user_code"], **details)
    return device.finish(cloud.auth, flow)


def test_a_person_signs_in_by_a_code_and_stays_signed_in(empty: World, kept: Path) -> None:
    person = entered(empty, cloud_of(empty, kept, refresh_token=None))
    assert person.mfa
    assert "@" in person.name
    assert "user_impersonation" in person.scopes
    again = cloud_of(empty, kept, refresh_token=None)
    assert again.partner.get("/v1/customers/relationshiprequests", user=True)["url"]


def test_a_login_goes_before_the_configured_refresh_token(empty: World, kept: Path) -> None:
    entered(empty, cloud_of(empty, kept))
    signed_in(cloud_of(empty, kept), True)
    assert empty.simulator.profile["refreshToken"] not in redeemed(empty)


def test_a_login_survives_that_the_configured_refresh_token_is_removed(empty: World, kept: Path) -> None:
    entered(empty, cloud_of(empty, kept))
    assert signed_in(cloud_of(empty, kept, refresh_token=None), True)


def test_a_session_from_the_configuration_ends_with_it(empty: World, kept: Path) -> None:
    cloud = cloud_of(empty, kept)
    signed_in(cloud, True)
    cloud.auth.forget(cloud.profile.partner_tenant_id)
    with pytest.raises(Denied, match="cspctl login"):
        signed_in(cloud_of(empty, kept, refresh_token=None), True)


def test_a_person_without_mfa_is_told_from_one_with_it(empty: World, kept: Path) -> None:
    assert not entered(empty, cloud_of(empty, kept, refresh_token=None), mfa=False).mfa


def test_who_declines_or_never_comes_is_not_signed_in(empty: World, kept: Path) -> None:
    cloud = cloud_of(empty, kept, refresh_token=None)
    with pytest.raises(Denied, match="declined"):
        entered(empty, cloud, decline=True)
    with pytest.raises(Denied, match="in time"):
        device.finish(cloud.auth, device.begin(cloud.auth))
    assert cloud.auth.cache.session is None


def test_a_person_of_another_tenant_is_refused_and_not_kept(empty: World, kept: Path) -> None:
    empty.simulator.people("existing-tenant", domain="other.onmicrosoft.com")
    cloud = cloud_of(empty, kept, refresh_token=None)
    with pytest.raises((WrongAccount, Denied)):
        entered(empty, cloud, tenant="other.onmicrosoft.com")
    assert cloud.auth.cache.session is None


def test_logging_out_forgets_all(empty: World, kept: Path) -> None:
    cloud = cloud_of(empty, kept, refresh_token=None)
    entered(empty, cloud)
    assert cloud.auth.cache.clear()
    assert not cloud.auth.cache.clear()
    with pytest.raises(Denied, match="cspctl login"):
        signed_in(cloud_of(empty, kept, refresh_token=None), True)
