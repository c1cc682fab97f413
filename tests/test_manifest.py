"""Loading as a whole: all at once, in file order, whatever the files are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import manifest
from cspctl.errors import BadInput
from cspctl.manifest import narrowed, required_problems
from cspctl.resource import Key
from tests.world import resources

CUSTOMER = """apiVersion: cspctl/v1
kind: Customer
metadata: {name: fourth-coffee}
spec: {companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}}
"""
PLAN = "apiVersion: cspctl/v1\nkind: AzurePlan\nmetadata: {name: azure, customer: fourth-coffee}\n"
SUBSCRIPTION = """apiVersion: cspctl/v1
kind: AzureSubscription
metadata: {name: production, customer: fourth-coffee}
spec: {adopt: default, displayName: Production environment}
"""
GROUP = """apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {name: network, customer: fourth-coffee}
spec: {subscription: production, location: westus}
"""
NETWORK = """apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: sea-vnet, customer: fourth-coffee}
spec: {resourceGroup: network, location: westus, addressPrefixes: [10.1.0.0/16]}
"""
ALL = (CUSTOMER, PLAN, SUBSCRIPTION, GROUP, NETWORK)


def written(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return folder


def problems(*texts: str) -> str:
    with pytest.raises(BadInput) as caught:
        resources("---\n".join(texts))
    return str(caught.value)


def test_resources_come_in_the_order_of_files_and_documents(tmp_path: Path) -> None:
    folder = written(tmp_path, NETWORK + "---\n" + CUSTOMER, GROUP, SUBSCRIPTION, PLAN)
    kinds = [type(resource).__name__ for resource in manifest.load([folder])]
    assert kinds == ["VirtualNetwork", "Customer", "ResourceGroup", "AzureSubscription", "AzurePlan"]


@given(st.permutations(ALL))
def test_the_order_of_documents_does_not_matter(texts: list[str]) -> None:
    found = resources("---\n".join(texts))
    assert {str(one.key): one.document() for one in found} == {
        str(one.key): one.document() for one in resources("---\n".join(ALL))
    }


def test_no_files_are_no_resources(tmp_path: Path) -> None:
    assert manifest.load([tmp_path]) == []


def test_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    broken = [text.replace("spec: {", "spec: {wrong: 1, ") for text in (CUSTOMER, SUBSCRIPTION, GROUP, NETWORK)]
    with pytest.raises(BadInput) as caught:
        manifest.load([written(tmp_path, *broken, "not: [closed")])
    assert [Path(p.where).name.partition(":")[0] for p in caught.value.problems] == [
        f"{n}.yaml" for n in (4, 0, 1, 2, 3)
    ], "first what cannot be read at all"


def test_every_problem_names_a_place_and_none_is_said_twice(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        manifest.load([written(tmp_path, CUSTOMER, CUSTOMER, NETWORK, NETWORK)])
    places = [(p.where, p.what) for p in caught.value.problems]
    assert len(set(places)) == len(places) == 2, "where something is described twice, no reference is called wrong"
    assert all(".yaml:" in where for where, _ in places)


def test_what_a_creation_needs_is_said_by_validate_and_not_by_loading() -> None:
    found = resources("---\n".join(ALL))
    assert sorted(p.what for p in required_problems(found)) == ["Customer/fourth-coffee: billingProfile is missing"]


@pytest.mark.parametrize(
    "text",
    [
        CUSTOMER.replace("{name: fourth-coffee}", "{name: fourth-coffee, absent: true}"),
        CUSTOMER.replace("spec: {", "spec: {existing: true, "),
    ],
)
def test_nothing_is_needed_of_what_is_removed_or_exists_already(text: str) -> None:
    assert list(required_problems(resources(text))) == []


def test_a_handle_is_unique_only_within_its_customer_and_kind() -> None:
    other = CUSTOMER.replace("fourth-coffee", "alpine").replace("fourthcoffeecsp", "alpinecsp")
    found = resources("---\n".join([CUSTOMER, PLAN, other, PLAN.replace("fourth-coffee", "alpine")]))
    assert len({one.key for one in found}) == 4


def test_two_names_for_one_thing_are_found_also_when_one_of_them_is_to_be_deleted() -> None:
    """Else apply would delete under the old handle what the new one manages."""
    old = NETWORK.replace("name: sea-vnet,", "name: old, absent: true,").replace("spec: {", "spec: {name: sea-vnet, ")
    assert "fourth-coffee/VirtualNetwork/old" in problems(*ALL, old)


@pytest.mark.parametrize("absent", ["absent: false", "absent: null"])
def test_saying_that_something_is_not_absent_does_not_hide_a_duplicate(absent: str) -> None:
    double = NETWORK.replace("name: sea-vnet,", f"name: double, {absent},").replace(
        "spec: {", "spec: {name: sea-vnet, "
    )
    assert "same virtual network" in problems(*ALL, double)


def test_the_same_name_in_another_group_is_another_thing() -> None:
    group = GROUP.replace("name: network", "name: other")
    network = NETWORK.replace("name: sea-vnet", "name: double").replace(
        "resourceGroup: network", "resourceGroup: other, name: sea-vnet"
    )
    assert len(resources("---\n".join([*ALL, group, network]))) == 7


def test_a_customer_of_no_manifest_is_named_by_its_id() -> None:
    (plan,) = resources(PLAN.replace("fourth-coffee", "7f000000-0000-4000-8000-000000000001"))
    assert plan.key.customer == "7f000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "customer", ["../fourth-coffee", "'Customer:fourth-coffee'", "fourth-coffee/fourth-coffee", "/etc"]
)
def test_a_customer_is_never_named_by_a_path(customer: str) -> None:
    assert "customer" in problems(CUSTOMER, PLAN.replace("customer: fourth-coffee", f"customer: {customer}"))


def test_narrowing_keeps_what_is_needed_in_the_given_order() -> None:
    found = resources("---\n".join(reversed(ALL)))
    group = Key("fourth-coffee", "ResourceGroup", "network")
    kept = [type(one).__name__ for one in narrowed(found, {group})]
    assert kept == ["ResourceGroup", "AzureSubscription", "AzurePlan", "Customer"]
    assert narrowed(found, None) == found


def test_what_is_to_be_deleted_may_refer_to_what_is_to_be_deleted() -> None:
    group, network = (text.replace("metadata: {", "metadata: {absent: true, ") for text in (GROUP, NETWORK))
    assert len(resources("---\n".join([CUSTOMER, PLAN, SUBSCRIPTION, group, network]))) == 5
