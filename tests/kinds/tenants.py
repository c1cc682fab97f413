"""A customer with a directory and nothing else, and how these tests look into it and at what was sent."""

from __future__ import annotations

import json
from typing import Any

import httpx

from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.resource import Key
from cspctl.simulator import directory, tenants
from tests.world import World, resources

DOMAIN = "fourthcoffeecsp.onmicrosoft.com"
ADMIN = f"admin@{DOMAIN}"


def user(handle: str, meta: str = "", **spec: str) -> str:
    """The manifest of a user, named after the handle; `spec` has YAML values and may override."""
    fields = {
        "userPrincipalName": f"{handle}@{DOMAIN}",
        "displayName": handle.title(),
        "usageLocation": "US",
        **spec,
    }
    more = "".join(f"  {name}: {value}\n" for name, value in fields.items())
    head = f"---\napiVersion: cspctl/v1\nkind: User\nmetadata: {{name: {handle}, customer: fourth-coffee{meta}}}\n"
    return f"{head}spec:\n{more}"


GENA = user("gena", displayName="Gena Soto", firstName="Gena", lastName="Soto")


def key(handle: str, kind: str = "User") -> Key:
    return Key("fourth-coffee", kind, handle)


def tenant_of(world: World) -> str:
    """The customer's id."""
    with world.simulator.store.transaction() as tx:
        found = tenants.find(tx, DOMAIN)
    assert found is not None
    return str(found["id"])


def sent(world: World, method: str, ending: str = "") -> list[httpx.Request]:
    """The requests of a method whose path ends so, in order."""
    return [r for r in world.requests if r.method == method and r.url.path.endswith(ending)]


def writes(world: World) -> list[tuple[str, str]]:
    """Method and last part of the path of every write that has been sent."""
    signing_in = "login.microsoftonline.com"
    found = [r for r in world.requests if r.method not in ("GET", "HEAD") and r.url.host != signing_in]
    return [(r.method, r.url.path.rpartition("/")[2]) for r in found]


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def said(world: World, text: str, *targets: str) -> str:
    """What is wrong with a plan, in one text."""
    return "\n".join(f"{p.where}: {p.what} {p.remedy}" for p in world.plan(resources(text), *targets).problems)


def stored(world: World, name: str, active: bool = True) -> dict[str, Any]:
    """A user as the directory holds it, by user principal name."""
    tenant = tenant_of(world)
    with world.simulator.store.transaction() as tx:
        found = directory.user(tx, tenant, name, active)
    assert found is not None, name
    return found


def store(world: World, name: str, **fields: Any) -> None:
    """Somebody changes a user in a portal."""
    found = stored(world, name)
    with world.simulator.store.transaction() as tx:
        directory.save_user(tx, {**found, **fields})


def rotating(world: World, text: str, *handles: str) -> Any:
    """The plan that sends the secrets of these users anew."""
    wanted, records = resources(text), world.journal.records()
    rotate = {key(handle) for handle in handles}
    seen = observe(wanted, world.cloud, records, rotate=rotate)
    return seen, plan(wanted, seen, records, rotate=rotate)


def everything_written(world: World) -> str:
    """All that lies in the working folder beside the simulator's own state and the sink: journal and all."""
    files = [
        f
        for f in world.folder.rglob("*")
        if f.is_file() and "secrets" not in f.parts and not f.name.startswith("simulator")
    ]
    return "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in files)


def kept(world: World, handle: str = "gena") -> str:
    """A user's password in the sink."""
    return world.cloud.sink.kept(key(handle), "password")
