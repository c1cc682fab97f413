"""``cspctl doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from cspctl import config
from cspctl.cli import _profiles, _session
from cspctl.doctor import Finding, examine_account, examine_customers, examine_files
from cspctl.errors import BadInput, CspctlError
from cspctl.manifest import load
from cspctl.profiles import DEFAULT
from cspctl.resource import Resource
from cspctl.source import files

UNUSABLE = {"network", "application", "tier"}
"""What an account cannot be used without: when it fails, nothing of its customers can be seen."""
SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "bold red")}


@click.command("doctor")
@_session.profiled
@click.option("--customer", "customers", multiple=True, metavar="NAME", help="Only this customer. Repeatable.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to show the findings.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.pass_obj
def command(options: dict[str, Any], customers: tuple[str, ...], output: str, paths: tuple[Path, ...]) -> int:
    """Check accounts, tokens, rights and customers, and say how to mend what is wrong. Writes nothing.

    Looks at the customers that the manifests at PATHS (by default in the current folder) describe, or at all.
    """
    found: list[tuple[str, Finding]] = []
    for profile, finding in _examined(options, customers, paths):
        found.append((profile, finding))
        if output == "text":
            _show(profile, finding)
    if output == "json":
        click.echo(json.dumps([{"profile": profile, **asdict(finding)} for profile, finding in found], indent=2))
    return 1 if any(finding.level == "error" for _, finding in found) else 0


def _examined(options: dict[str, Any], customers: tuple[str, ...], paths: tuple[Path, ...]) -> Any:
    try:
        names = _profiles.names(options)
    except BadInput as error:
        yield from (("-", Finding("error", problem.where, problem.what, problem.remedy)) for problem in error.problems)
        return
    if Path(config.FILE).is_file():
        yield "-", Finding("ok", config.FILE, f"is valid; examined: {', '.join(names)}")
    parts: dict[str, list[Resource]] = {}
    try:
        if list(files(paths or (Path(),))):
            load(paths or (Path(),))
            parts = _profiles.load(options, paths)
    except BadInput as error:
        for problem in error.problems:
            yield "-", Finding("error", problem.where, problem.what, problem.remedy)
    for name in names:
        mine = parts.get(name, [])
        if customers and parts and not {r.key.group for r in mine} & set(customers) and len(names) > 1:
            continue
        yield from ((name, finding) for finding in _account(options, name, mine, customers))


def _account(options: dict[str, Any], name: str, resources: list[Resource], customers: tuple[str, ...]) -> Any:
    try:
        with _profiles.opened(options, name) as account:
            cloud = account.cloud
            files = list(examine_files(account.profile, account.folder))
            yield from files
            said = {finding.text for finding in files}
            failed: set[str] = set()
            for finding in examine_account(cloud, Path(config.FILE).is_file()):
                failed |= {finding.about} if finding.level == "error" else set()
                if finding.level != "error" or finding.text not in said:  # one cause is one line
                    yield finding
            for notice in cloud.auth.cache.notices:
                yield Finding("warning", "tokens", notice)
            if not failed & UNUSABLE:
                yield from examine_customers(cloud, resources, customers, "person" not in failed)
    except CspctlError as error:
        yield Finding("error", name, str(error))


def _show(profile: str, finding: Finding) -> None:
    sign, style = SIGNS[finding.level]
    about = finding.about if profile in ("-", DEFAULT) else f"{profile}: {finding.about}"
    line = Text().append(f"{sign} ", style).append(f"{about}: ", "bold").append(finding.text)
    if finding.fix and finding.level != "ok":
        line.append(f"\n    {finding.fix}", "dim")
    _session.show(line.append("\n"))
