"""``cspctl validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cspctl.cli import _profiles, _session
from cspctl.errors import BadInput
from cspctl.manifest import required_problems


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_session.profiled
@click.pass_obj
def command(options: dict[str, Any], paths: tuple[Path, ...]) -> None:
    """Check manifests offline: fields, types, references, duplicates, and what creating everything would need.

    PATHS are manifests and folders of them; without any, the current folder.
    """
    parts = _profiles.load(options, paths, offline=True)
    resources = _profiles.everything(parts)
    if problems := [*required_problems(resources), *_profiles.beyond(options, parts)]:
        raise BadInput(problems)
    click.echo("1 resource is valid." if len(resources) == 1 else f"{len(resources)} resources are valid.")
