"""Profiles: which account, how to sign in; every mistake said with its line, and never a secret in what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from cspctl import config
from cspctl.config import Held, Secret
from cspctl.errors import BadInput

GOOD = """profiles:
  default:
    partnerTenantId: 7f000000-0000-4000-8000-000000000001
    clientId: 7f000000-0000-4000-8000-000000000002
    clientSecret: {env: CSPCTL_TEST_SECRET}
    refreshToken: {file: token.txt}
  sandbox:
    partnerTenantId: 7f000000-0000-4000-8000-000000000003
    clientId: 7f000000-0000-4000-8000-000000000004
    clientSecret: {env: CSPCTL_TEST_SECRET}
    sandbox: true
    cloud: usgov
"""


def written(folder: Path, text: str) -> Path:
    (folder / "cspctl.yaml").write_text(text)
    return folder


def said(folder: Path, text: str, name: str = "default") -> list[str]:
    with pytest.raises(BadInput) as caught:
        config.load(written(folder, text), name)
    return [f"{Path(p.where).name} {p.what}" for p in caught.value.problems]


def test_the_named_profile_is_read(tmp_path: Path) -> None:
    profile = config.load(written(tmp_path, GOOD), "sandbox")
    assert (profile.partner_tenant_id[-1], profile.cloud, profile.sandbox) == ("3", "usgov", True)
    assert config.load(tmp_path).cloud == "global"


def test_a_profile_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r'no profile "production"\n    Known are: default, sandbox\.'):
        config.load(written(tmp_path, GOOD), "production")


def test_no_file_leads_to_the_simulator(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--simulate"):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("clientId: 7f000000-0000-4000-8000-000000000002", "clientID: x", ["cspctl.yaml:2", "clientId"]),
        (
            "    clientSecret: {env: CSPCTL_TEST_SECRET}\n    refresh",
            "    clientSecret: hunter2\n    refresh",
            ["cspctl.yaml:5"],
        ),
        ("cloud: usgov", "cloud: germany", ["cspctl.yaml:12", "cloud"]),
        ("sandbox: true", "sandbox: perhaps", ["cspctl.yaml:11", "sandbox"]),
        ("sandbox: true", "sandbox: yes", ["cspctl.yaml:11", "sandbox"]),
        ("{file: token.txt}", "{fiel: token.txt}", ["cspctl.yaml:6", "fiel"]),
        ("{file: token.txt}", "{}", ["cspctl.yaml:6", "env"]),
        ("{file: token.txt}", "{env: A, file: b}", ["cspctl.yaml:6", "env"]),
    ],
)
def test_a_mistake_is_said_with_its_line_and_its_field(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in GOOD
    text = "\n".join(said(tmp_path, GOOD.replace(old, new)))
    assert all(word in text for word in expected), text
    assert "hunter2" not in text


ACCOUNT = """profiles:
  default:
    partnerTenantId: 7f000000-0000-4000-8000-000000000001
    clientId: 7f000000-0000-4000-8000-000000000002
"""


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ("", 2, "one of clientSecret, certificate, federatedToken is missing"),
        ("clientSecret: {env: A}\n    federatedToken: {env: B}", 6, "clientSecret and federatedToken are given"),
        ("certificate: {privateKey: {env: A}}", 5, "write publicCertificate or thumbprint"),
        ("certificate: {privateKey: {env: A}, thumbprint: abc}", 5, "40 hexadecimal digits"),
        ("certificate: {thumbprint: abc}", 5, "privateKey is missing"),
        ("federatedToken: {}", 5, "githubActions: true"),
        ("federatedToken: {env: A, githubActions: true}", 5, "one of them"),
        ("federatedToken: {githubActions: yes}", 5, "write true or false"),
        ("clientSecret: {env: A}\n    market: USA", 6, "two letters"),
        ("clientSecret: {env: A}\n    market: uk", 6, "Great Britain is GB"),
        ("clientSecret: {env: A}\n    tier: indirect", 6, "'direct', 'provider' or 'reseller'"),
        ("clientSecret: {env: A}\n    folder: ../other", 6, "below the one in which cspctl.yaml lies"),
        ("clientSecret: {env: A}\n    folder: /other", 6, "below the one in which cspctl.yaml lies"),
        ("clientSecret: {env: A}\n    labels: {}", 6, "labels"),
        ("clientSecret: {env: A}\n    simulator: localhost", 6, "https://localhost:8443"),
        ("clientSecret: {env: A}\n    simulator: http://localhost:80", 6, "served with --tls"),
        ("clientSecret: {env: A}\n    simulator: https://sim.example", 6, "not on this machine"),
        ("clientSecret: {env: A}\n    simulator: https://localhost.sim.example:8443", 6, "not on this machine"),
        ("clientSecret: {env: A}\n    simulator: https://10.0.0.7:8443", 6, "https://10.0.0.7:8443"),
        ("clientSecret: {env: A}\n    caFile: a.pem", 6, "there is no simulator"),
        ("clientSecret: {env: A}\n    marked: US", 6, "unknown field"),
        ("clientSecret: hunter2", 5, "a secret does not belong into this file"),
    ],
)
def test_what_a_profile_may_not_say(tmp_path: Path, lines: str, line: int, words: str) -> None:
    text = "\n".join(said(tmp_path, f"{ACCOUNT}    {lines}\n"))
    assert f"cspctl.yaml:{line} " in text
    assert words in text


def test_the_partners_tenant_is_an_id(tmp_path: Path) -> None:
    assert "a GUID" in said(tmp_path, GOOD.replace("7f000000-0000-4000-8000-000000000001", "contoso.com"))[0]


def test_a_profile_in_full(tmp_path: Path) -> None:
    more = """certificate: {privateKey: {file: key.pem}, publicCertificate: public.pem}
    market: de
    tier: provider
    folder: europe
    labels: {account: eu}
    simulator: https://localhost:8443/
    caFile: simulator.pem
"""
    found = config.load(written(tmp_path, f"{ACCOUNT}    {more}"))
    assert (found.market, found.tier, found.simulator) == ("DE", "provider", "https://localhost:8443")
    assert (found.folder, found.labels) == (Path("europe"), {"account": "eu"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8443", "127.9.9.9", "[::1]:8443"])
def test_a_simulator_on_this_machine_is_taken_as_it_is(tmp_path: Path, host: str) -> None:
    text = f"{ACCOUNT}    clientSecret: {{env: A}}\n    simulator: https://{host}\n"
    assert config.load(written(tmp_path, text)).simulator == f"https://{host}"


def test_a_simulator_elsewhere_is_taken_when_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSPCTL_ALLOW_REMOTE_SIMULATOR", "1")
    text = f"{ACCOUNT}    clientSecret: {{env: A}}\n    simulator: https://sim.example\n"
    assert config.load(written(tmp_path, text)).simulator == "https://sim.example"


def test_an_indirect_reseller_needs_no_credential(tmp_path: Path) -> None:
    assert config.load(written(tmp_path, f"{ACCOUNT}    tier: reseller\n")).client_secret is None


def test_the_profiles_that_are_asked_for(tmp_path: Path) -> None:
    known = config.load_all(written(tmp_path, GOOD))
    assert list(config.chosen(known, ())) == ["default", "sandbox"]
    assert list(config.chosen(known, ("sandbox",))) == ["sandbox"]
    with pytest.raises(BadInput, match='no profile "x"'):
        config.chosen(known, ("sandbox", "x"))


@pytest.mark.parametrize(
    "text", ["", "just text\n", "- profiles\n", "profiles: {}\n---\nprofiles: {}\n", "profiles: []\n"]
)
def test_a_file_that_is_no_configuration_is_said_so(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, text)[0].partition(" ")[2]
    assert not said(tmp_path, text)[0].partition(" ")[2].startswith(":")


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    assert len(said(tmp_path, "profiles:\n  default: {}\nextra: 1\n")) == 4


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPCTL_TEST_SECRET", "one")
    (tmp_path / "secret").write_text("two\n")
    assert Secret(env="CSPCTL_TEST_SECRET").value() == "one"
    assert Secret(file=tmp_path / "secret").value() == "two"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_that_is_missing_empty_or_no_text_is_said_by_its_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(BadInput, match="secret"):
        Secret(file=tmp_path / "secret").value()


def test_an_empty_variable_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPCTL_TEST_SECRET", "")
    with pytest.raises(BadInput, match="environment variable CSPCTL_TEST_SECRET"):
        Secret(env="CSPCTL_TEST_SECRET").value()


def test_a_held_secret_does_not_show_itself() -> None:
    held = Held.model_validate({"text": "hunter2"})
    assert held.value() == "hunter2"
    assert "hunter2" not in f"{held!r} {held} {held.model_dump()}"
