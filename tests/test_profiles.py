"""Which profile a manifest belongs to, and what its account is not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cspctl import limits, manifest, source
from cspctl.changes import Plan
from cspctl.config import Profile
from cspctl.errors import BadInput, Problem
from cspctl.markets import EUROPE, range_of, sells_to
from cspctl.profiles import bound, claimed_twice, joined
from cspctl.resource import Resource
from tests.world import World, scenario

TENANT = "7f000000-0000-4000-8000-00000000000"


def profile(**fields: Any) -> Profile:
    return Profile.model_validate({"partnerTenantId": TENANT + "1", "clientId": TENANT + "2", **fields})


def customer(name: str, domain: str = "", country: str = "US", labels: Mapping[str, str] | None = None) -> str:
    return f"""apiVersion: cspctl/v1
kind: Customer
metadata: {{name: {name}, labels: {dict(labels or {})}}}
spec:
  companyProfile: {{domain: {domain or name}.onmicrosoft.com}}
  billingProfile: {{defaultAddress: {{country: {country}}}}}
"""


def group(name: str, of: str, labels: Mapping[str, str] | None = None, subscription: str = TENANT + "9") -> str:
    return f"""---
apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {{name: {name}, customer: {of}, labels: {dict(labels or {})}}}
spec: {{location: westus, subscription: {subscription}}}
"""


def resources(**files: str) -> list[Resource]:
    """The resources of files named by keyword: `us__customer` is us/customer.yaml."""
    problems: list[Problem] = []
    documents = [d for name, text in files.items() for d in source.parse(text, name.replace("__", "/") + ".yaml")]
    found = manifest.resources_of(documents, problems)
    assert not problems, problems
    return found


def names(parts: Mapping[str, list[Resource]]) -> dict[str, list[str]]:
    return {name: [r.key.name for r in mine] for name, mine in parts.items()}


BY_FOLDER = {"us": profile(folder="us"), "eu": profile(folder="eu")}
BY_LABEL = {"us": profile(labels={"account": "us"}), "eu": profile(labels={"account": "eu"})}


def said(found: list[Resource], profiles: Mapping[str, Profile], *asked: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        bound(found, profiles, asked)
    return [f"{p.where} {p.what}" for p in caught.value.problems]


def test_to_a_single_profile_belongs_everything() -> None:
    found = resources(anywhere=customer("a") + group("net", "a"))
    assert names(bound(found, {"only": profile(folder="elsewhere")})) == {"only": ["a", "net"]}


def test_the_folder_of_a_manifest_says_whose_it_is() -> None:
    found = resources(us__a=customer("a") + group("net", "a"), eu__deep__b=customer("b"), eu2=customer("c"))
    assert names(bound(found[:3], BY_FOLDER)) == {"us": ["a", "net"], "eu": ["b"]}
    assert said(found, BY_FOLDER) == ["eu2.yaml:1 Customer/c belongs to no profile (us, eu)"]


@pytest.mark.parametrize("where", ["us/a.yaml", "./us/a.yaml", "eu/../us/a.yaml", "/estate/us/a.yaml"])
def test_a_path_may_be_written_in_any_way(where: str) -> None:
    problems: list[Problem] = []
    found = manifest.resources_of(source.parse(customer("a"), where), problems)
    assert list(bound(found, BY_FOLDER, root="/estate")) == ["us"]


@pytest.mark.parametrize("how", ["relative", "absolute", "link to the folder", "link to the file", "link above all"])
def test_the_account_does_not_depend_on_how_the_path_is_spelt(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = tmp_path / "estate"
    for name in ("us", "eu"):
        (estate / name).mkdir(parents=True)
    (estate / "us" / "a.yaml").write_text(customer("a"), encoding="utf-8")
    (estate / "link").symlink_to("us")
    (estate / "one.yaml").symlink_to("us/a.yaml")
    (tmp_path / "above").symlink_to("estate")
    path = {
        "relative": Path("us"),
        "absolute": estate / "us",
        "link to the folder": Path("link/a.yaml"),
        "link to the file": Path("one.yaml"),
        "link above all": tmp_path / "above" / "us",
    }[how]
    monkeypatch.chdir(estate)
    assert list(bound(manifest.load([path]), {**BY_FOLDER, "default": profile()})) == ["us"]


def test_a_file_in_one_folder_that_is_a_link_into_another_belongs_to_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("us", "eu"):
        (tmp_path / name).mkdir()
    (tmp_path / "us" / "a.yaml").write_text(customer("a"), encoding="utf-8")
    (tmp_path / "eu" / "a.yaml").symlink_to("../us/a.yaml")
    monkeypatch.chdir(tmp_path)
    assert "several profiles" in said(manifest.load([Path("eu")]), BY_FOLDER)[0]


def test_the_labels_of_a_customer_say_whose_it_is_and_its_resources_follow() -> None:
    found = resources(x=customer("a", labels={"account": "us", "more": "x"}) + group("net", "a"))
    assert names(bound(found, BY_LABEL)) == {"us": ["a", "net"]}


def test_with_folder_and_labels_both_must_hold() -> None:
    both = {"us": profile(folder="us", labels={"account": "us"}), "rest": profile(folder="eu")}
    assert said(resources(us__a=customer("a")), both) == ["us/a.yaml:1 Customer/a belongs to no profile (us, rest)"]


def test_what_fits_several_profiles_is_an_error() -> None:
    profiles = {"us": profile(folder="us"), "all": profile(labels={"account": "us"})}
    assert said(resources(us__a=customer("a", labels={"account": "us"})), profiles) == [
        "us/a.yaml:1 Customer/a belongs to several profiles: all, us"
    ]


def test_a_resource_in_the_folder_of_another_profile_is_an_error() -> None:
    text = said(resources(us__a=customer("a"), eu__net=group("net", "a")), BY_FOLDER)
    assert text == ["eu/net.yaml:2 a/ResourceGroup/net follows its customer to profile us, but has the folder of eu"]
    labelled = resources(x=customer("a", labels={"account": "us"}) + group("net", "a", {"account": "eu"}))
    assert "has the labels of eu" in said(labelled, BY_LABEL)[0]


def test_a_customer_that_nobody_describes_goes_where_its_resources_lie() -> None:
    raw = TENANT + "c"
    assert names(bound(resources(us__net=group("net", raw)), BY_FOLDER)) == {"us": ["net"]}
    both = resources(us__net=group("net", raw), eu__more=group("more", raw))
    assert "belongs to several profiles: eu, us" in said(both, BY_FOLDER)[0]


def test_a_reference_to_another_account_is_an_error_with_its_line() -> None:
    sub = (
        "apiVersion: cspctl/v1\nkind: AzureSubscription\nmetadata: {name: prod, customer: b}\nspec: {adopt: default}\n"
    )
    found = resources(
        us__a=customer("a") + group("net", "a", subscription="b/prod"), eu__b=customer("b") + "---\n" + sub
    )
    (text,) = said(found, BY_FOLDER)
    assert text == (
        "us/a.yaml:11 a/ResourceGroup/net of profile us: subscription refers to b/AzureSubscription/prod of profile eu"
    )


def test_all_that_is_undecided_is_said_at_once() -> None:
    found = resources(x=customer("a"), us__b=customer("b"), y=customer("c"), eu__net=group("net", "b"))
    assert len(said(found, BY_FOLDER)) == 3


def test_asking_for_a_profile_narrows() -> None:
    found = resources(us__a=customer("a"), eu__b=customer("b"))
    assert names(bound(found, BY_FOLDER, ["eu"])) == {"eu": ["b"]}
    assert names(bound(found, BY_FOLDER, ["eu", "us"])) == {"us": ["a"], "eu": ["b"]}
    assert bound(found[:1], BY_FOLDER, ["eu"]) == {}


def test_a_profile_without_a_claim_takes_what_is_left_when_it_is_asked_for_alone() -> None:
    profiles = {"us": profile(folder="us"), "sandbox": profile(sandbox=True)}
    found = resources(us__a=customer("a"), x=customer("b") + group("net", "b"))
    assert names(bound(found, profiles, ["sandbox"])) == {"sandbox": ["b", "net"]}
    assert "belongs to no profile" in said(found, profiles)[0]
    assert "belongs to no profile" in said(found, profiles, "us", "sandbox")[0]


def test_the_profile_called_default_takes_what_is_left() -> None:
    profiles = {"us": profile(folder="us"), "default": profile()}
    found = resources(us__a=customer("a"), x=customer("b"))
    assert names(bound(found, profiles)) == {"us": ["a"], "default": ["b"]}
    assert names(bound(found, profiles, ["us"])) == {"us": ["a"]}
    claiming = {**BY_FOLDER, "default": profile(folder="elsewhere")}
    assert "x.yaml:1 Customer/b belongs to no profile (us, eu, default)" in said(found, claiming)


def test_a_domain_that_two_profiles_claim_is_an_error_that_says_so() -> None:
    found = resources(us__a=customer("a", "same"), eu__b=customer("b", "SAME"))
    (problem,) = claimed_twice(found, BY_FOLDER)
    assert problem.where == "eu/b.yaml:5"
    assert "profile eu claims the domain same.onmicrosoft.com, and so does us (us/a.yaml:1)" in problem.what
    assert not list(claimed_twice(found, {"only": profile()}))


def test_the_plans_of_several_accounts_are_one(empty: World, tmp_path: Path) -> None:
    whole = empty.plan(scenario())
    part = Plan(whole.at, whole.changes[:1], problems=(Problem("x", "y", group="z"),), resources=1, calls=2)
    rest = Plan(whole.at, whole.changes[1:], resources=whole.resources - 1, calls=3)
    both = joined([part, rest])
    assert both.digest == whole.digest
    assert (both.resources, both.calls, len(both.problems)) == (whole.resources, 5, 1)
    assert joined([whole]) is whole


# Limits --------------------------------------------------------------------------------------------------


def beyond(found: list[Resource], **fields: Any) -> list[str]:
    return [f"{p.where} {p.what}" for p in limits.beyond(found, profile(**fields), "mine")]


def test_an_ordinary_account_may_do_all_of_the_scenario() -> None:
    assert not beyond(scenario(), market="US")
    assert not beyond(scenario())


def test_an_indirect_reseller_has_no_api() -> None:
    (text,) = beyond(resources(a=customer("a")), tier="reseller")
    assert text == "a.yaml:1 Customer/a: Partner Center has no API for indirect resellers, which profile mine is"


@pytest.mark.parametrize(
    ("cloud", "refused"),
    [
        ("china", {"AzurePlan", "AzureSubscription", "Customer"}),
        ("usgov", {"Customer"}),
        ("global", set()),
    ],
)
def test_what_a_cloud_cannot_do_is_refused_with_its_line(cloud: str, refused: set[str]) -> None:
    found = scenario()
    problems = list(limits.beyond(found, profile(cloud=cloud), "mine"))
    by_where = {r.where.rpartition(":")[0] for r in found}
    assert {p.what.partition(":")[0].split("/")[-2] for p in problems} == refused
    assert all(p.where.rpartition(":")[0] in by_where and p.remedy and p.group == "fourth-coffee" for p in problems)


def test_what_is_to_be_removed_is_no_longer_asked_of_the_account() -> None:
    text = "apiVersion: cspctl/v1\nkind: AzurePlan\nmetadata: {name: azure, customer: a, absent: true}\nspec: {}\n"
    assert not beyond(resources(a=text), cloud="china")


def test_a_customer_outside_the_market_is_refused_where_its_country_stands() -> None:
    (text,) = beyond(resources(a=customer("a", country="CA")), market="US")
    assert text == "a.yaml:6 Customer/a: a customer in CA is outside the market of profile mine (US)"
    assert not beyond(resources(a=customer("a", country="FR")), market="DE")


@pytest.mark.parametrize(
    ("market", "country", "expected"),
    [
        ("US", "US", True),
        ("US", "UM", True),
        ("US", "MX", False),
        ("BR", "PT", False),
        ("DE", "GB", True),
        ("DE", "NO", True),
        ("DE", "US", False),
        ("DE", "MC", None),
        ("ZA", "NG", None),
        ("ZA", "ZA", True),
        ("ZA", "FR", False),
        ("MX", "US", False),
    ],
)
def test_who_sells_where(market: str, country: str, expected: bool | None) -> None:
    assert sells_to(market, country) is expected


def test_a_market_can_be_said_in_words() -> None:
    assert range_of("US") == "US, UM"
    assert "EFTA" in range_of("CH")
    assert range_of("ZA") == "ZA"
    assert len(EUROPE) == 27 + 4 + 1
