"""``cspctl schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cspctl.cli import _complete
from cspctl.schema import all_schemas, kind_schema


@click.command("schema")
@click.argument("kind", required=False, shell_complete=_complete.kinds)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Write all schemas into this folder.")
def command(kind: str | None, folder: Path | None) -> None:
    """Print the JSON Schema of a KIND, or write those of all kinds into a folder."""
    from cspctl.kinds import registry

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in all_schemas().items():
            (folder / name).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        click.echo(f"{len(all_schemas())} schemas written to {folder}.")
    elif kind is None:
        click.echo("\n".join(registry()))
    elif kind not in registry():
        raise click.UsageError(f"unknown kind {kind}. Kinds are: {', '.join(registry())}.")
    else:
        click.echo(json.dumps(kind_schema(registry()[kind]), indent=2, ensure_ascii=False))
