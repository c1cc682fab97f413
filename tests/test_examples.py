"""The examples are right, and an editor with our schemas says the same of a manifest as cspctl does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from cspctl.errors import BadInput
from cspctl.kinds import registry
from cspctl.manifest import load, required_problems
from cspctl.schema import file_name
from scripts.generate_docs import snake
from tests.world import ROOT, SCENARIO, example, resources

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
FILES = sorted((ROOT / "examples").rglob("*.yaml"))
MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$", re.MULTILINE)


class Yaml12(yaml.SafeLoader):
    """YAML 1.2 core, as editors read it."""


Yaml12.yaml_implicit_resolvers = {}
for name, pattern, first in (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), [*first, ""])


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "schemas").iterdir()}


def objections(schemas: dict[str, dict[str, Any]], document: Any, name: str = "manifest.json") -> list[str]:
    known: Registry[Any] = Registry().with_resources((n, Resource.from_contents(s)) for n, s in schemas.items())
    validator = jsonschema.Draft202012Validator(
        schemas[name], registry=known, format_checker=jsonschema.FormatChecker()
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_schemas_are_schemas(schemas: dict[str, dict[str, Any]]) -> None:
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", sorted(registry()))
def test_every_kind_has_an_example(kind: str) -> None:
    path = ROOT / "examples" / f"{snake(kind)}.yaml"
    assert kind in {resource.key.kind for resource in example(path)}


@pytest.mark.parametrize("path", [*EXAMPLES, SCENARIO], ids=lambda path: path.name)
def test_example_is_valid(path: Path) -> None:
    found = example(path) if path.is_file() else load([path])
    assert found
    assert not list(required_problems(found))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_editors_find_the_schema_and_agree(path: Path, schemas: dict[str, dict[str, Any]]) -> None:
    documents = re.split(r"^---\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for text in documents:  # an editor looks for the line in each document
        document = yaml.load(text, Yaml12)
        named = MODELINE.search(text)
        assert named, text
        assert (path.parent / named[1]).resolve() == ROOT / "schemas" / file_name(registry()[document["kind"]])
        assert objections(schemas, document, Path(named[1]).name) == []
        assert objections(schemas, document) == []


WHOLE = re.split(r"^---\n", (ROOT / "examples" / "virtual_network.yaml").read_text("utf-8"), flags=re.MULTILINE)
"""The documents of one example with several kinds; what is tried with them does not depend on which kinds there are."""


def manifest_of(kind: str) -> str:
    return next(document for document in WHOLE if f"kind: {kind}\n" in document)


ACCEPTED = [
    ("VirtualNetwork", "spec:", "spec:\n  tags: {cost center: 4711, old: null, shared: true}"),
    ("VirtualNetwork", "addressPrefix: 10.1.1.0/24", "absent: true"),
    ("VirtualNetwork", "spec:", "spec:\n  dnsServers: null"),
    ("VirtualNetwork", "metadata:", "metadata:\n  complete: [subnets]"),
    ("VirtualNetwork", "name: sea-vnet", "name: 2026"),
    ("VirtualNetwork", "location: westus", "location: West US"),
    ("Customer", "country: US", "country: NO"),
    ("Customer", "companyName: Fourth Coffee", "companyName: 4711"),
    ("Customer", "metadata:", "metadata:\n  labels: {tier: 1}"),
    ("AzureSubscription", "adopt: default", "adopt: {displayName: Microsoft Azure}"),
    ("AzureSubscription", "  displayName: Production environment\n", ""),
    ("AzurePlan", "kind: AzurePlan", "kind: AzurePlan\nspec: {friendlyName: Our plan}"),
]
REFUSED = [
    ("VirtualNetwork", "addressPrefixes:", "addresPrefixes:"),
    ("VirtualNetwork", "addressPrefix: 10", "adressPrefix: 10"),
    ("VirtualNetwork", "[10.1.0.0/16]", "10.1.0.0/16"),
    ("VirtualNetwork", "  resourceGroup: network\n", ""),
    ("VirtualNetwork", "  location: westus\n", ""),
    ("VirtualNetwork", "name: app, ", ""),
    ("VirtualNetwork", ", addressPrefix: 10.1.1.0/24", ""),
    ("VirtualNetwork", "spec:", "spec:\n  enableDdosProtection: yes"),
    ("VirtualNetwork", "spec:", "spec:\n  flowTimeoutInMinutes: 31"),
    ("VirtualNetwork", "spec:", "spec:\n  tags: [a, b]"),
    ("VirtualNetwork", "  customer: fourth-coffee\n", ""),
    ("VirtualNetwork", "name: sea-vnet", "name: sea vnet"),
    ("VirtualNetwork", "kind: VirtualNetwork", "kind: VirtualNetworks"),
    ("VirtualNetwork", "kind: VirtualNetwork\n", ""),
    ("VirtualNetwork", "cspctl/v1", "cspctl/v2"),
    ("VirtualNetwork", "metadata:", "metadata:\n  lables: {a: b}"),
    ("Customer", "metadata:", "metadata:\n  customer: contoso"),
    ("Customer", "country: US", "country: USA"),
    ("Customer", "    domain: fourthcoffeecsp.onmicrosoft.com\n", "    {}\n"),
    ("Customer", "      city: Redmond\n", ""),
    ("Customer", "dateAgreed: 2026-11-01", "dateAgreed: yesterday"),
    ("AzureSubscription", "adopt: default", "adopt: defualt"),
    ("AzureSubscription", "adopt: default", "adopt: {name: Microsoft Azure}"),
    ("AzureSubscription", "adopt: default", "state: disabled"),
]


def changed(kind: str, old: str, new: str) -> str:
    text = manifest_of(kind)
    assert old in text
    return text.replace(old, new, 1)


def cspctl_says(kind: str, text: str) -> list[str]:
    """What cspctl objects to in one manifest, with all that it refers to around it."""
    others = "---\n".join(document for document in WHOLE if f"kind: {kind}\n" not in document)
    try:
        return [str(problem) for problem in required_problems(resources(f"{text}---\n{others}"))]
    except BadInput as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize(("kind", "old", "new"), ACCEPTED)
def test_schema_and_cspctl_accept(schemas: dict[str, Any], kind: str, old: str, new: str) -> None:
    text = changed(kind, old, new)
    assert objections(schemas, yaml.load(text, Yaml12)) == []
    assert cspctl_says(kind, text) == []


@pytest.mark.parametrize(("kind", "old", "new"), REFUSED)
def test_schema_and_cspctl_refuse(schemas: dict[str, Any], kind: str, old: str, new: str) -> None:
    text = changed(kind, old, new)
    assert objections(schemas, yaml.load(text, Yaml12))
    assert cspctl_says(kind, text)


def test_a_manifest_without_a_kind_is_told_just_that(schemas: dict[str, Any]) -> None:
    document = {"apiVersion": "cspctl/v1", "metadata": {"name": "a"}}
    assert objections(schemas, document) == ["$: 'kind' is a required property"]
