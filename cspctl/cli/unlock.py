"""``cspctl unlock``."""

from __future__ import annotations

from typing import Any

import click

from cspctl.cli import _profiles, _session
from cspctl.resource import PARTNER
from cspctl.storage import Holder, folder_of


@click.command("unlock")
@_session.profiled
@click.argument("customer")
@click.option("--reason", required=True, help="Why that run is over; it is kept.")
@click.option("--force", is_flag=True, help="Also if its process is known to be alive.")
@click.pass_obj
def command(options: dict[str, Any], customer: str, reason: str, force: bool) -> None:
    """Take the lock of CUSTOMER from the run that holds it, and write down who did so, when and why.

    Only for a run that is certainly over: two runs that write at the same time is what the lock is there against.
    """
    group = PARTNER if customer == folder_of(PARTNER) else customer
    holders = []
    for name in _profiles.names(options):
        with _profiles.opened(options, name) as account:
            by = Holder.here(account.cloud.clock.now())
            holders.append(account.journal.kept.unlock(group, reason, by, force))
    taken = [holder for holder in holders if holder is not None]
    for holder in taken:
        click.echo(f"{customer}: taken from {holder}.")
    if not taken:
        click.echo(f"{customer}: nobody holds it.")
