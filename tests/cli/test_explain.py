"""The reference at the terminal: kinds, fields, fields inside fields, and what was probably meant."""

from __future__ import annotations

import re

import pytest

from cspctl import describe
from cspctl.kinds import registry
from tests.cli.conftest import Run


def test_without_a_kind_all_kinds_are_listed_with_a_line_each(run: Run) -> None:
    said = run("explain")
    assert said.code == 0
    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert lines.keys() == registry().keys()
    assert lines["VirtualNetwork"] == "A virtual network with its subnets"


@pytest.mark.parametrize("name", sorted(registry()))
def test_a_kind_is_explained_with_all_its_fields(run: Run, name: str) -> None:
    said = run("explain", name)
    assert said.code == 0
    listed = re.findall(r"^  (\w+)  ", said.out.partition("Fields of spec\n")[2], re.MULTILINE)
    assert listed == list(registry()[name].shape().fields)
    assert "`" not in said.out
    assert max(map(len, said.out.splitlines())) <= 140
    assert describe.source(registry()[name]) in said.out


def test_a_field_says_its_type_when_it_is_needed_and_what_it_means(run: Run) -> None:
    out = run("explain", "VirtualNetwork").out
    assert "  addressPrefixes  list of text; needed to create\n      The address ranges, such as" in out
    assert "  resourceGroup  reference to ResourceGroup; always needed\n" in out
    assert "Cannot change: Azure cannot move it." in out
    assert "in order; none means Azure's own" in out
    assert "Default: []." in out
    assert "Behaviour\n  - Belongs to a customer: metadata.customer names it.\n" in out


@pytest.mark.parametrize(
    "path",
    ["VirtualNetwork.subnets", "virtualnetwork.Subnets", "VirtualNetwork.spec.subnets", "VirtualNetwork.subnets[app]"],
)
def test_a_field_is_followed_by_those_inside_it(run: Run, path: str) -> None:
    out = run("explain", path).out
    title, _, rest = out.partition("\n\n")
    assert title == "VirtualNetwork.subnets"
    own, _, inside = rest.partition("Fields inside it\n")
    assert "  subnets  list by name\n" in own
    assert "  addressPrefix  text; needed to create\n" in inside


def test_a_field_inside_another_is_explained_alone(run: Run) -> None:
    out = run("explain", "Customer.billingProfile.defaultAddress.country").out
    assert out.startswith("Customer.billingProfile.defaultAddress.country\n\n  country  text; needed to create\n")
    assert "Great Britain is GB" in out
    assert "inside" not in out


def test_metadata_is_explained_for_every_kind(run: Run) -> None:
    whole, one = run("explain", "Customer.metadata").out, run("explain", "Customer.metadata.protect").out
    assert "  formerly  map\n" in whole
    assert one.startswith("Customer.metadata.protect\n\n  protect  true or false\n")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("VirtalNetwork", "unknown kind VirtalNetwork. Did you mean VirtualNetwork?"),
        ("Nothing", "unknown kind Nothing. Known are: "),
        ("VirtualNetwork.subnet", 'unknown field "subnet" in VirtualNetwork spec. Did you mean subnets?'),
        ("VirtualNetwork.subnets.prefix", 'unknown field "prefix" in VirtualNetwork.subnets. '),
        ("VirtualNetwork.dnsServers.x", 'unknown field "x" in VirtualNetwork.dnsServers. It has none.'),
        ("Customer.metadata.lables", 'unknown field "lables" in Customer metadata. Did you mean labels?'),
    ],
)
def test_for_an_unknown_name_the_nearest_is_suggested(run: Run, path: str, said: str) -> None:
    ran = run("explain", path)
    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_field_can_be_asked_for(run: Run, name: str) -> None:
    for field in describe.fields(registry()[name]):
        path = field.path.replace("[]", "")
        said = run("explain", f"{name}.{path}")
        assert said.out.startswith(f"{name}.{path}\n\n  {path.rpartition('.')[2]}  ")
