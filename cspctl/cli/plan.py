"""``cspctl plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cspctl.cli import _session
from cspctl.errors import EXIT_CHANGES
from cspctl.manifest import selected
from cspctl.render import json, text


@click.command("plan")
@_session.narrowing
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to show the plan.")
@click.option("--explain", metavar="KEY", help="Say where each line about this resource comes from.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--allow-delete-contents", "contents", multiple=True, metavar="KEY", help="Delete it with all it holds.")
@click.pass_obj
def command(
    options: dict[str, Any],
    paths: tuple[Path, ...],
    targets: tuple[str, ...],
    labels: tuple[str, ...],
    customers: tuple[str, ...],
    output: str,
    explain: str | None,
    detailed_exitcode: bool,
    contents: tuple[str, ...],
) -> int:
    """Compare the manifests with what exists, and show what apply would do. Writes nothing.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    resources = _session.load(paths)
    chosen = _session.choose(resources, targets, labels, customers)
    asked = selected(resources, {explain}) if explain else set()
    if explain and not asked:
        raise _session.no_such("--explain", explain, resources)
    with _session.session(options) as cloud:
        look = _session.look(options, cloud, resources, chosen, contents)
    if output == "json":
        click.echo(json.plan_json(look.plan))
    elif asked:
        for resource in (r for r in resources if r.key in asked):
            _session.show(text.explanation(look.plan, resource))
    else:
        click.echo(text.details(look.plan), err=True)
        _session.show(text.plan_text(look.plan))
    _session.complain(look.plan.problems, "This cannot be planned:")
    _session.complain(look.plan.refusals, "This is refused:")
    code = _session.exit_code(look.plan)
    return code or (EXIT_CHANGES if detailed_exitcode and look.plan.writes else 0)
