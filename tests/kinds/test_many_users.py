"""Users from a CSV file, on the simulator."""

from __future__ import annotations

from pathlib import Path

from tests.kinds.tenants import DOMAIN, body, key, sent, stored
from tests.test_rows import GENA, HEADINGS, HELEN, load, table
from tests.test_rules import CUSTOMER
from tests.world import EVER, World, resources


def test_three_hundred_users_of_one_file(tenant: World, tmp_path: Path) -> None:
    rows = [[f"N{n}", "Levi", f"N{n} Levi", f"n{n}@{DOMAIN}", ""] for n in range(300)]
    found = [*resources(CUSTOMER), *load(tmp_path, table(HEADINGS, *rows))]
    planned = tenant.plan(found)
    assert len(planned.writes) == 300
    tenant.answers.clear()
    tenant.done(found)
    assert len({body(request)["userPrincipalName"] for request in sent(tenant, "POST", "/users")}) == 300
    assert stored(tenant, f"n299@{DOMAIN}")["usageLocation"] == "US"
    passwords = {tenant.cloud.sink.kept(key(f"n{n}"), "password") for n in range(300)}
    assert len(passwords) == 300


def test_a_refused_row_is_named_by_its_user_and_stops_no_other(tenant: World, tmp_path: Path) -> None:
    rows = [GENA, ["Moe", "", "Moe", "moe@wingtiptoys.com", ""], HELEN]
    found = [*resources(CUSTOMER), *load(tmp_path, table(HEADINGS, *rows))]
    (problem,) = tenant.plan(found).problems
    assert problem.where.endswith("staff.csv:3 (Email)")
    tenant.simulator.fault("GET", "/v1.0/domains", status=403, times=EVER)  # now it is not known before
    outcomes = {o.key.name: o for o in tenant.apply(found)}
    assert {name: o.status for name, o in outcomes.items()} == {"gena": "done", "moe": "failed", "helen": "done"}
    assert "verified domain" in outcomes["moe"].reason
