"""The same question asked of other tools: how long to find out that there is nothing to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measured

OCTODNS = "octodns==1.22.0"
RECORD = "host-{n:05}:\n  - {{ttl: 300, type: A, value: 10.{high}.{low}.1}}\n"


def octodns(cache: Path, folder: Path, records: int) -> Measured | None:
    """octoDNS from one folder of YAML to an equal one: a zone of A records. None where it cannot be installed."""
    command = _installed(cache / "octodns")
    if command is None:
        return None
    text = "---\n" + "".join(RECORD.format(n=n, high=n // 256, low=n % 256) for n in range(records))
    # Checking the order of keys would make it slower.
    provider = "{{class: octodns.provider.yaml.YamlProvider, directory: {}, enforce_order: false}}"
    lines = ["providers:"]
    for side in ("source", "target"):
        (folder / side).mkdir(parents=True)
        (folder / side / "fourthcoffee.com.yaml").write_text(text, encoding="utf-8")
        lines.append(f"  {side}: {provider.format(folder / side)}")
    lines += ["zones:", "  fourthcoffee.com.: {sources: [source], targets: [target]}"]
    (folder / "config.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return measured([str(command), "--config-file", str(folder / "config.yaml")], says="No changes were planned")


def _installed(folder: Path) -> Path | None:
    """octodns-sync in an environment of its own, which is kept for the next time."""
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (scripts / "octodns-sync").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OCTODNS]
        if subprocess.run(pip, stdout=subprocess.DEVNULL).returncode:  # noqa: S603 # our own words
            return None
    return scripts / "octodns-sync"


def terraform(folder: Path, form: Form, resources: int) -> Measured | None:
    """terraform plan over builtin terraform_data, all of it in the state already; None without terraform."""
    command = shutil.which("terraform")
    if command is None:
        return None
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(form.text(resources), encoding="utf-8")
    # Applying that many takes minutes; what it would leave behind is simple enough to write.
    stated = {"version": 4, "serial": 1, "lineage": "benchmark", "outputs": {}, "resources": form.state(resources)}
    (folder / "terraform.tfstate").write_text(json.dumps(stated), encoding="utf-8")
    init = [command, "init", "-input=false", "-no-color"]
    measured(init, cwd=folder)
    return measured([command, "plan", "-input=false", "-no-color"], cwd=folder, says="No changes.")


@dataclass(frozen=True)
class Form:
    """A way of writing many resources in terraform: the text, and the state in which all of them exist."""

    text: Callable[[int], str]
    state: Callable[[int], list[dict[str, Any]]]


def _blocks(count: int) -> str:
    block = 'resource "terraform_data" "host_{n}" {{\n  input = "host-{n}"\n}}\n'
    return "".join(block.format(n=n) for n in range(count))


def _stated(name: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
    provider = 'provider["terraform.io/builtin/terraform"]'
    return {"mode": "managed", "type": "terraform_data", "name": name, "provider": provider, "instances": instances}


def _instance(n: int) -> dict[str, Any]:
    value = {"value": f"host-{n}", "type": "string"}
    attributes = {"id": f"00000000-0000-0000-0000-{n:012}", "input": value, "output": value, "triggers_replace": None}
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}


COUNTED = Form(
    lambda count: f'resource "terraform_data" "host" {{\n  count = {count}\n  input = "host-${{count.index}}"\n}}\n',
    lambda count: [_stated("host", [{"index_key": n, **_instance(n)} for n in range(count)])],
)
"""One block with a count: the form in which the 24 seconds were measured that the target speaks of."""
SINGLE = Form(_blocks, lambda count: [_stated(f"host_{n}", [_instance(n)]) for n in range(count)])
"""A block for each."""
