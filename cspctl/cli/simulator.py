"""``cspctl simulator``: the simulator as a thing of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from cspctl.cli import _complete, _profiles, _served, _session
from cspctl.cloud import Cloud
from cspctl.errors import BadInput, CspctlError, Problem

GENERIC = "2021-04-01"
"""The api-version under which /subscriptions/{id}/resources is listed."""


@click.group("simulator")
def command() -> None:
    """Serve, reset and play with the simulator of Microsoft's services."""


for _command in (_served.serve, _served.seed, _served.fault, _served.credentials):
    command.add_command(_command)


@command.command("reset")
def reset() -> None:
    """Forget what was simulated here: the services' state, and the journal and secrets that go with it.

    With several profiles, each of which has a world of its own, --profile says whose; without it all are forgotten.
    """
    options = click.get_current_context().find_root().obj | {"simulate": True}
    known = _profiles.configured(options) if options["profiles"] else {}
    asked = _profiles.names(options) if known else []
    for folder in [_profiles.simulated_folder(known, name) for name in asked] or [_session.SIMULATED]:
        _forget(folder)


def _forget(folder: Path) -> None:
    worlds = sorted(path.parent for path in folder.rglob(_served.STATE))
    if not folder.exists():
        click.echo(f"There is nothing simulated in {folder}.")
        return
    shutil.rmtree(folder)
    for world in worlds or [folder]:
        click.echo(f"{world} is gone, with its state, journal and secrets; the next --simulate starts anew.")


@command.command("edit")
@click.argument("suffix")
@click.argument("assignments", nargs=-1, required=True, metavar="PATH=JSON...")
def edit(suffix: str, assignments: tuple[str, ...]) -> None:
    """Change an Azure resource behind cspctl's back, as somebody in the portal would.

    SUFFIX is the end of the resource's id, such as virtualNetworks/sea-vnet; PATH leads to the property, such as
    tags.owner. Without a JSON value (PATH=) the property is removed.
    """
    with _profiles.simulated() as cloud:
        tenant, id = _only(cloud, suffix)
        payload = cloud.arm.get(id, _version(id), tenant)
        for assignment in assignments:
            _assign(payload, assignment)
        response = cloud.arm.send("PUT", id, _version(id), tenant, payload)
        operation = cloud.arm.begun(response, tenant)
        while operation:
            cloud.clock.sleep(operation.after)
            operation = cloud.arm.poll(operation)
    click.echo(f"changed {', '.join(a.partition('=')[0] for a in assignments)} of {id}")


@command.command("people")
@click.argument("act", required=False, shell_complete=_complete.acts)
@click.argument("details", nargs=-1, metavar="NAME=VALUE...")
@_served.state_option
def people(act: str | None, details: tuple[str, ...], state: Path | None) -> None:
    """Let a person do what no API can, such as accept-invitation tenant=DOMAIN. Without ACT: list what people do."""
    from cspctl.simulator.details import of, written
    from cspctl.simulator.people import ACTS

    if act is None:
        for name, deed in ACTS.items():
            click.echo(f"{name} {written(deed)}\n    {(deed.__doc__ or '').partition('.')[0]}.")
        return
    if act not in ACTS:
        raise click.UsageError(f"people do not '{act}' here. They: {', '.join(ACTS)}.")
    known = {each.name: each for each in of(ACTS[act])}
    texts = {name: text for name, _, text in (each.partition("=") for each in details)}
    if set(texts) - set(known) or {each.name for each in known.values() if each.needed} - set(texts):
        raise click.UsageError(f"{act} is written so: cspctl simulator people {act} {written(ACTS[act])}")
    with _served.opened(state) as simulator:
        try:
            result = simulator.people(act, **{name: known[name].read(text) for name, text in texts.items()})
        except (ValueError, LookupError) as error:
            remedy = "cspctl simulator people lists what each of them needs."
            raise BadInput([Problem(act, str(error), remedy)]) from None
    click.echo(json.dumps(result, indent=2))


@command.command("ledger")
@_served.state_option
def ledger(state: Path | None) -> None:
    """List every write that the simulated services have received, with what it brought about."""
    with _served.opened(state) as simulator:
        for row in simulator.ledger():
            effects = f"  {'; '.join(row.effects)}" if row.effects else ""
            click.echo(f"{row.seq:4d}  {row.status}  {row.method:6s} {row.path}{effects}")


def _only(cloud: Cloud, suffix: str) -> tuple[str, str]:
    found = []
    for customer in cloud.partner.all("/v1/customers?size=500"):
        for subscription in cloud.arm.all("/subscriptions", GENERIC, customer["id"]):
            for collection in ("resources", "resourcegroups"):
                items = cloud.arm.all(f"{subscription['id']}/{collection}", GENERIC, customer["id"])
                found += [(customer["id"], i["id"]) for i in items if i["id"].casefold().endswith(suffix.casefold())]
    if len(found) != 1:
        ids = ", ".join(id for _, id in found)
        several = f"{len(found)} simulated resources have an id that ends in {suffix}: {ids}"
        raise CspctlError(several if found else f"no simulated resource has an id that ends in {suffix}")
    return found[0]


def _version(id: str) -> str:
    from cspctl.kinds import registry

    kinds = [kind for kind in registry().values() if getattr(kind, "arm_type", "")]
    names = {getattr(kind, "arm_type").rpartition("/")[2].casefold(): getattr(kind, "arm_version") for kind in kinds}  # noqa: B009
    return str(names.get(id.split("/")[-2].casefold(), GENERIC))


def _assign(payload: dict[str, Any], assignment: str) -> None:
    path, _, text = assignment.partition("=")
    if "=" not in assignment:
        raise click.UsageError(f"{assignment}: write PATH=JSON, or PATH= to remove")
    *steps, last = path.split(".")
    for step in steps:
        payload = payload.setdefault(step, {})
    if not text:
        payload.pop(last, None)
        return
    payload[last] = _value(text)


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
