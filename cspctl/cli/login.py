"""``cspctl login``."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import click

from cspctl.cli import _profiles, _session
from cspctl.errors import CspctlError


@click.command("login")
@_session.profiled
@click.option("--status", is_flag=True, help="Say who is signed in, and sign nobody in.")
@click.pass_obj
def command(options: dict[str, Any], status: bool) -> int:
    """Sign a person in by a code that they enter in any browser, for what an application alone may not do.

    The session is kept in a private file (.cspctl/tokens) until it has not been used for 90 days, or logout.
    """
    failed = False
    for name in _profiles.names(options):
        try:
            with _profiles.opened(options, name) as account:
                signed_in = _show(account) if status else _sign_in(account)
        except CspctlError as error:
            click.echo(f"{name}: {error}", err=True)
            signed_in = False
        failed = failed or not signed_in
    return 1 if failed else 0


def _sign_in(account: _profiles.Account) -> bool:
    from cspctl.cloud import device

    auth = account.cloud.auth
    auth.http.clock = replace(auth.http.clock, sleep=time.sleep)  # a person takes real time, also at the simulator
    flow = device.begin(auth)
    minutes = int(flow["expires_in"]) // 60
    text = f"{account.name}: open {flow['verification_uri']} and enter {flow['user_code']}"
    _session.say(f"{text} (within {minutes} minutes), as an admin agent with multi-factor authentication.")
    person = device.finish(auth, flow)
    _session.notices(auth.cache.notices)
    click.echo(f"{account.name}: {person.name or 'a person'} is signed in to {auth.profile.partner_tenant_id}.")
    if not person.mfa:
        remedy = "Register for it at https://aka.ms/mfasetup, then login again"
        _session.notices([f"without multi-factor authentication Partner Center refuses this person. {remedy}."])
    return True


def _show(account: _profiles.Account) -> bool:
    auth = account.cloud.auth
    session, reference = auth.cache.session, account.profile.refresh_token
    if session and session.by_login:
        click.echo(f"{account.name}: {session.name or 'a person'} is signed in since {session.since[:16]}Z.")
    elif reference:
        click.echo(f"{account.name}: the refresh token of cspctl.yaml is used.")
    else:
        click.echo(f"{account.name}: nobody is signed in. Sign in with: cspctl login")
        return False
    auth.token(auth.cloud.partner_center, auth.profile.partner_tenant_id, user=True, fresh=True)
    click.echo(f"{account.name}: sign-in accepts the session.")
    return True
