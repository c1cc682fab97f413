"""``cspctl plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cspctl.cli import _complete, _profiles, _session
from cspctl.errors import EXIT_CHANGES, BadInput, CspctlError, Problem
from cspctl.manifest import selected
from cspctl.render import json, markdown, text


@click.command("plan")
@_session.narrowing
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "markdown"]), default="text", help="How to show the plan."
)
@click.option(
    "--explain",
    metavar="KEY",
    help="Say where each line about this resource comes from.",
    shell_complete=_complete.keys,
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@_session.wishing
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
    rotate: tuple[str, ...],
    prune: bool,
    parallelism: int,
) -> int:
    """Compare the manifests with what exists, and show what apply would do. Writes nothing.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    try:
        parts = _profiles.load(options, paths)
        resources = _profiles.everything(parts)
        chosen = _session.choose(resources, targets, labels, customers)
        _session.check_prune(prune, (*targets, *labels))
        asked = selected(resources, {explain}) if explain else set()
        if explain and not asked:
            raise _session.no_such("--explain", explain, resources)
        with _profiles.accounts(options, parts) as ready:
            look = _profiles.look(ready, _profiles.Wishes(chosen, contents, rotate, parallelism, prune))
    except CspctlError as error:
        if output == "markdown":  # else the comment would go on showing an older plan
            click.echo(markdown.failure_markdown(_problems(error), _named(options)), nl=False)
        raise
    if output == "json":
        click.echo(json.plan_json(look.plan))
    elif output == "markdown":
        words = _applying(options, click.get_current_context().params)
        click.echo(markdown.plan_markdown(look.plan, _named(options), words, list(parts)), nl=False)
    elif asked:
        for resource in (r for r in resources if r.key in asked):
            _session.show(text.explanation(look.plan, resource))
    else:
        _session.say(text.details(look.plan))
        _session.show(text.plan_text(look.plan))
    _session.complain(look.plan.problems, "This cannot be planned:")
    _session.complain(look.plan.refusals, "This is refused:")
    code = _session.exit_code(look.plan)
    return code or (EXIT_CHANGES if detailed_exitcode and look.plan.writes else 0)


NARROWING = {
    "targets": "--target",
    "labels": "-l",
    "customers": "--customer",
    "contents": "--allow-delete-contents",
    "rotate": "--rotate",
}


def _applying(options: dict[str, Any], params: dict[str, Any]) -> list[str]:
    """The command that applies what this one has planned."""
    simulate = ["--simulate"] if options["simulate"] else []
    profile = [word for name in options["profiles"] for word in ("--profile", name)]
    chosen = [word for name, option in NARROWING.items() for value in params[name] for word in (option, value)]
    return ["cspctl", *simulate, *profile, "apply", *chosen, *map(str, params["paths"])]


def _named(options: dict[str, Any]) -> str:
    """What tells the comments of several pipelines over one repository apart."""
    return ",".join(options["profiles"]) or "default"


def _problems(error: CspctlError) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, BadInput) else (Problem("plan", str(error)),)
