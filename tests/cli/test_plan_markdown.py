"""``plan -o markdown``: what goes into a pull request, and what its last lines are good for."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.world import SCENARIO


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def command(comment: str) -> list[str]:
    """The command that the comment ends with."""
    found = re.search(r"^```sh\ncspctl (.*)\n```$", comment, re.MULTILINE)
    assert found
    return shlex.split(found[1])


def test_the_command_in_the_comment_applies_what_was_reviewed(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "192.168.0.4", "192.168.0.5")
    planned = run("--simulate", "plan", "-o", "markdown", "--target", "VirtualNetwork/sea-vnet", str(applied))
    assert planned.code == 0
    assert '~   dnsServers: ["192.168.0.4"] -> ["192.168.0.5"]' in planned.out
    words = command(planned.out)
    assert words[:4] == ["--simulate", "apply", "--target", "VirtualNetwork/sea-vnet"]
    assert run(*words).code == 0
    assert run("--simulate", "plan", str(applied)).out.endswith("No changes.\n")


def test_the_digest_of_the_comment_refuses_what_moved(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "192.168.0.4", "192.168.0.5")
    words = command(run("--simulate", "plan", "-o", "markdown", str(applied)).out)
    edit(applied / "network.yaml", "192.168.0.5", "192.168.0.6")
    assert run(*words).code == 6


def test_a_customers_digest_applies_that_customer(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "192.168.0.4", "192.168.0.5")
    comment = run("--simulate", "plan", "-o", "markdown", str(applied)).out
    (digest,) = re.findall(r"<summary><code>fourth-coffee</code>: .*<code>([0-9a-f]{16})</code></summary>", comment)
    assert run("--simulate", "apply", "--expect", digest, str(applied)).code == 0


def test_purchases_of_a_new_customer_come_first(run: Run) -> None:
    comment = run("--simulate", "plan", "-o", "markdown", str(SCENARIO)).out
    assert re.search(r"#### Purchases \(\d\)\n\n- `fourth-coffee/AzurePlan/azure`: a new", comment)
    assert comment.index("#### Purchases") < comment.index("#### Customers")


def test_nothing_to_do_is_said_and_exits_with_0(run: Run, applied: Path) -> None:
    said = run("--simulate", "plan", "-o", "markdown", "--detailed-exitcode", str(applied))
    assert said.code == 0
    assert "There is nothing to apply." in said.out


@pytest.mark.parametrize(
    ("right", "wrong"), [("addressPrefixes", "adressPrefixes"), ("resourceGroup: network", "resourceGroup: netwrk")]
)
def test_without_a_plan_the_comment_says_why(run: Run, applied: Path, right: str, wrong: str) -> None:
    edit(applied / "network.yaml", right, wrong)
    what = wrong.rpartition(" ")[2]
    said = run("--simulate", "plan", "-o", "markdown", str(applied))
    assert said.code == 1
    assert said.out.startswith(
        "<!-- cspctl-plan: default -->\n### cspctl plan\n\n#### Errors: nothing could be planned"
    )
    assert re.search(rf"- `manifests/network.yaml:\d+`: .*{what}", said.out)
    assert what in said.err


def test_without_credentials_the_comment_says_so(run: Run, applied: Path) -> None:
    said = run("plan", "-o", "markdown", str(applied))
    assert said.code == 1
    assert "#### Errors: nothing could be planned\n\n- `cspctl.yaml" in said.out
