"""``cspctl simulator``: the simulator as a thing of its own."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable
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
    """Forget all that was simulated here: the services' state, and the journal and secrets that go with it."""
    shutil.rmtree(_session.SIMULATED, ignore_errors=True)
    click.echo(f"{_session.SIMULATED} is gone; the next --simulate starts anew.")


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
    from cspctl.simulator.people import ACTS

    if act is None:
        for name, deed in ACTS.items():
            click.echo(f"{name} {_written(_details(deed))}\n    {(deed.__doc__ or '').partition('.')[0]}.")
        return
    if act not in ACTS:
        raise click.UsageError(f"people do not '{act}' here. They: {', '.join(ACTS)}.")
    given, known = {detail.partition("=")[0] for detail in details}, _details(ACTS[act])
    needed = {p.name for p in known if p.default is p.empty}
    if given - {p.name for p in known} or needed - given:
        raise click.UsageError(f"{act} is written so: cspctl simulator people {act} {_written(known)}")
    with _served.opened(state) as simulator:
        try:
            result = simulator.people(
                act, **{name: _value(text) for name, _, text in (d.partition("=") for d in details)}
            )
        except (TypeError, ValueError, LookupError) as error:
            problem = Problem(act, str(error), "cspctl simulator people lists what each of them needs.")
            raise BadInput([problem]) from None
    click.echo(json.dumps(result, indent=2))


def _details(deed: Callable[..., Any]) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(deed).parameters.values() if p.kind is p.KEYWORD_ONLY]


def _written(details: list[inspect.Parameter]) -> str:
    return " ".join(f"{p.name}=…" if p.default is p.empty else f"[{p.name}=…]" for p in details)


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
