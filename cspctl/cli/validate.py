"""``cspctl validate``."""

from __future__ import annotations

from pathlib import Path

import click

from cspctl.cli import _session
from cspctl.errors import BadInput
from cspctl.manifest import required_problems


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Check manifests offline: fields, types, references, duplicates, and what creating everything would need.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    resources = _session.load(paths)
    if problems := list(required_problems(resources)):
        raise BadInput(problems)
    click.echo("1 resource is valid." if len(resources) == 1 else f"{len(resources)} resources are valid.")
