"""``cspctl simulator serve`` and what steers it while it runs: seeds, faults, credentials."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from cspctl.cli import _profiles, _session
from cspctl.errors import BadInput, CspctlError, Problem

if TYPE_CHECKING:
    from cspctl.simulator import Simulator
    from cspctl.simulator.serve import Server

STATE = "simulator.sqlite"
ADDRESS = "simulator-address"
"""The file beside the state that tells where it is, or was last, served."""
TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
"""The variables by which clients learn whom to trust: Python's requests, OpenSSL and Go, Node, curl."""

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file that keeps its state.  [default: that of --simulate in this folder]",
)


def _path(state: Path | None) -> Path:
    """The state file, in a folder that exists: the one asked for, else that of --simulate."""
    path = state
    if path is None:
        _session.keep_out_of_git()
        path = _profiles.chosen_folder(click.get_current_context().find_root().obj | {"simulate": True}) / STATE
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def opened(state: Path | None, *, speed: float | None = None) -> Iterator[Simulator]:
    """The simulator with its state, to be served at a speed or, without one, only to be told something."""
    simulator = _session.simulator_of(_path(state), speed=speed or 1.0, jumps=speed is None)
    try:
        yield simulator
    finally:
        simulator.close()


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8443, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate of its own, and be an HTTPS proxy.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Virtual seconds that pass in a real one.",
)
@state_option
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What exists at the start, as YAML or JSON. Done once for a state.",
)
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="Let requests fail. Repeatable.")
@click.option("--sandbox", is_flag=True, help="Be an integration sandbox account of Partner Center.")
@click.option("--market", metavar="XX", help="The partner's country.")
def serve(
    host: str,
    port: int,
    tls: bool,
    speed: float,
    state: Path | None,
    seed: Path | None,
    faults: tuple[str, ...],
    sandbox: bool,
    market: str | None,
) -> None:
    """Serve it to other clients until interrupted. Its state is the one that --simulate works on."""
    with opened(state, speed=speed) as simulator:
        # The port first: what cannot be served need not be seeded.
        serving = _server(simulator, host, port, tls)
        try:
            _prepare(simulator, seed, faults, {"sandbox": True} if sandbox else {}, market)
            _run(serving, simulator.path.parent, host, tls)
        finally:
            serving.server_close()


def _prepare(
    simulator: Simulator, seed: Path | None, faults: tuple[str, ...], account: dict[str, Any], market: str | None
) -> None:
    if market is not None and not (len(market) == 2 and market.isascii() and market.isalpha()):
        raise click.UsageError(f"--market {market}: write a country's two letters, such as US")
    if market:
        account["country"] = market.upper()
    if account:
        simulator.account(**account)
    if seed:
        _seeded(simulator, seed)
    for text in faults:
        _armed(simulator, text)


def _server(simulator: Simulator, host: str, port: int, tls: bool) -> Server:
    from cspctl.simulator.serve import server

    try:
        return server(simulator, host, port, tls=tls)
    except OSError as error:
        problem = Problem(f"{host}:{port}", f"cannot listen: {error.strerror}", "Choose another with --host or --port.")
        raise BadInput([problem]) from None


def _run(serving: Server, folder: Path, host: str, tls: bool) -> None:
    """Serve until somebody ends it, by Ctrl-C or politely (SIGTERM)."""
    name = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1", ""} else host  # noqa: S104
    address = f"{'https' if tls else 'http'}://{name}:{serving.server_port}"
    (folder / ADDRESS).write_text(f"{address}\n", encoding="utf-8")
    _announce(address, folder, tls)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        serving.serve_forever()
    except KeyboardInterrupt:
        click.echo("Stopped; the state is kept.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _announce(address: str, folder: Path, tls: bool) -> None:
    click.echo(f"Simulator at {address}/ (Ctrl-C ends it)", err=True)
    if tls:
        trust = shlex.quote(str(_authority(folder)))
        click.echo("Clients have to trust its certificate authority:", err=True)
        for name in TRUST:
            click.echo(f"  export {name}={trust}", err=True)
        proxy = address.replace("https://", "http://")
        click.echo(f"Clients with fixed addresses reach it as their proxy:\n  export HTTPS_PROXY={proxy}", err=True)
    click.echo("cspctl simulator credentials tells what to sign in with.", err=True)


def _authority(folder: Path) -> Path:
    from cspctl.simulator.certificates import AUTHORITY

    return (folder / AUTHORITY).resolve()


@click.command("credentials")
@state_option
@click.option("--export", is_flag=True, help="Print shell commands that set environment variables.")
@click.option("--application", metavar="NAME", help="The seed's application that AZURE_… stand for.")
def credentials(state: Path | None, export: bool, application: str | None) -> None:
    """Show what clients sign in with: the partner's application and agent, and the seed's applications."""
    with opened(state) as simulator:
        known = simulator.credentials()
        folder = simulator.path.parent
    chosen = _chosen(known, application)
    address = folder / ADDRESS
    served = address.read_text(encoding="utf-8").strip() if address.exists() else ""
    if not export:
        where = {"address": served, "authority": str(_authority(folder))} if served else {}
        click.echo(json.dumps({**where, **known}, indent=2))
        return
    for name, value in _variables(known["partner"], chosen, served, folder).items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _chosen(known: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The application that AZURE_… stand for: the named one, else the first, else the partner's own."""
    applications: list[dict[str, Any]] = known["applications"]
    if name is None:
        partner = known["partner"]
        own = {"tenantId": partner["partnerTenantId"], "subscriptionId": ""}
        return applications[0] if applications else {**partner, **own}
    for each in applications:
        if each["name"] == name:
            return each
    names = ", ".join(each["name"] for each in applications) or "none"
    raise CspctlError(f"no seed has registered an application {name}; there are: {names}")


def _variables(partner: dict[str, str], chosen: dict[str, Any], served: str, folder: Path) -> dict[str, str]:
    made = {
        "PARTNER_TENANT_ID": partner["partnerTenantId"],
        "PARTNER_CLIENT_ID": partner["clientId"],
        "PARTNER_CLIENT_SECRET": partner["clientSecret"],
        "PARTNER_REFRESH_TOKEN": partner["refreshToken"],
        "AZURE_TENANT_ID": chosen["tenantId"],
        "AZURE_CLIENT_ID": chosen["clientId"],
        "AZURE_CLIENT_SECRET": chosen["clientSecret"],
    }
    if chosen["subscriptionId"]:
        made["AZURE_SUBSCRIPTION_ID"] = chosen["subscriptionId"]
    if served:
        made |= {"SIMULATOR": served, "AZURE_AUTHORITY_HOST": served}
    if served.startswith("https://"):
        made |= dict.fromkeys(TRUST, str(_authority(folder)))
    return made


@click.command("fault")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--clear", is_flag=True, help="Disarm all faults.")
@state_option
def fault(specs: tuple[str, ...], clear: bool, state: Path | None) -> None:
    """Let requests fail, such as 'PUT virtualNetworks status=503 times=2 when=after'. Without SPEC: list faults."""
    with opened(state) as simulator:
        if clear:
            click.echo(f"disarmed: {simulator.clear_faults()}")
        for text in specs:
            click.echo(f"armed: {_armed(simulator, text)}")
        if not specs and not clear:
            _list(simulator.faults())


def _list(armed: list[dict[str, Any]]) -> None:
    from cspctl.simulator.faults import written

    if not armed:
        click.echo("No faults are armed.")
        return
    click.echo("struck  seen  fault")
    for each in armed:
        struck = min(max(each["seen"] - each["skip"], 0), each["times"])
        click.echo(f"{struck:6d}  {each['seen']:4d}  {written(each)}")


def _armed(simulator: Simulator, text: str) -> str:
    try:
        return simulator.arm_fault(text)
    except (TypeError, ValueError) as error:
        remedy = "Write it so: 'PUT virtualNetworks status=503 times=2'; docs/simulator.md lists the fields."
        raise BadInput([Problem(text, str(error), remedy)]) from None


@click.command("seed")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@state_option
def seed(file: Path, state: Path | None) -> None:
    """Bring into being what FILE describes: customers, subscriptions, resources, people, applications."""
    with opened(state) as simulator:
        _seeded(simulator, file)


def _seeded(simulator: Simulator, file: Path) -> None:
    from cspctl.cli import _seeds

    made = _seeds.load(simulator, file)
    if made is None:
        click.echo(f"{file} has been carried out on this state before.", err=True)
        return
    click.echo(_seeds.shown(made))
