"""``cspctl operations``."""

from __future__ import annotations

import json
from typing import Any

import click

from cspctl.cli import _profiles, _session
from cspctl.record import Record


@click.command("operations")
@_session.profiled
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to show them.")
@click.pass_obj
def command(options: dict[str, Any], output: str) -> None:
    """List what is under way: what runs have announced and not finished. The next apply continues each of them."""
    found: list[Record] = []
    for name in _profiles.names(options):
        with _profiles.opened(options, name) as account:
            found += [record for _, record in sorted(account.journal.records().items()) if record.open]
    if output == "json":
        click.echo(json.dumps([_document(record) for record in found], indent=2))
        return
    for record in found:
        operation = record.operation
        doing = f", {operation.step or 'runs'}: {operation.url}" if operation else ""
        made = f", made {record.made}" if record.made else ""
        click.echo(f"{record.since:%Y-%m-%d %H:%M:%S}  {record.key}  {record.action}{made}{doing}")
        click.echo(f"                     request id {record.request_id}")
    click.echo(f"{len(found)} under way. Run apply to continue." if found else "Nothing is under way.")


def _document(record: Record) -> dict[str, Any]:
    return {
        "key": str(record.key),
        "action": record.action,
        "since": record.since.isoformat() if record.since else None,
        "requestId": record.request_id,
        "id": record.made or record.id,
        "operation": record.operation.as_json() if record.operation else None,
    }
