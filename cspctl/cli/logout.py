"""``cspctl logout``."""

from __future__ import annotations

from typing import Any

import click

from cspctl.cli import _profiles, _session


@click.command("logout")
@_session.profiled
@click.pass_obj
def command(options: dict[str, Any]) -> None:
    """Forget who is signed in, and all tokens. What the profile itself names, such as refreshToken, stays in use.

    Microsoft goes on to accept a session that somebody has copied, until an administrator revokes it.
    """
    for name in _profiles.names(options):
        with _profiles.opened(options, name) as account:
            gone = account.cloud.auth.cache.clear()
        click.echo(f"{name}: {'forgotten' if gone else 'there was nothing to forget'}.")
