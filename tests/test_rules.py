"""The eighteen rules of the architecture, each proved on the simulator; the number is in the name."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cspctl import apply as applying
from cspctl.changes import Adopt, Create, Delete, Plan, Replace, Update, unexpected
from cspctl.errors import Refused, WrongAccount
from cspctl.kinds import registry
from cspctl.plan import plan
from cspctl.resource import Key, Live, Operation
from cspctl.seen import Unread
from cspctl.simulator.partner_center import entitlements
from tests.world import EVER, World, resources

CUSTOMER = """
apiVersion: cspctl/v1
kind: Customer
metadata: {name: fourth-coffee}
spec:
  companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}
  billingProfile:
    companyName: Fourth Coffee
    email: marshall@fourthcoffee.com
    culture: en-US
    language: en
    defaultAddress: {firstName: Marshall, lastName: Levi, phoneNumber: 1234567890, addressLine1: One Microsoft Way,
                     city: Redmond, state: WA, postalCode: 98052, country: US}
  agreement: {firstName: Marshall, lastName: Levi, email: marshall@fourthcoffee.com, dateAgreed: 2026-11-01}
  accessAssignments: [{group: AdminAgents}]
  consent: true
"""
PLAN = """---
apiVersion: cspctl/v1
kind: AzurePlan
metadata: {name: azure, customer: fourth-coffee}
"""
PRODUCTION = """---
apiVersion: cspctl/v1
kind: AzureSubscription
metadata: {name: production, customer: fourth-coffee}
spec: {adopt: default, displayName: Production environment, resourceProviders: [Microsoft.Network]}
"""
GROUP = """---
apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {name: network, customer: fourth-coffee}
spec: {subscription: production, location: westus}
"""
NETWORK = """---
apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: sea-vnet, customer: fourth-coffee}
spec:
  resourceGroup: network
  location: westus
  addressPrefixes: [10.1.0.0/16]
  subnets:
    - {name: app, addressPrefix: 10.1.1.0/24}
    - {name: data, addressPrefix: 10.1.2.0/24}
"""
ESTATE = CUSTOMER + PLAN + PRODUCTION + GROUP + NETWORK
VNET = Key("fourth-coffee", "VirtualNetwork", "sea-vnet")
RG = Key("fourth-coffee", "ResourceGroup", "network")
SUB = Key("fourth-coffee", "AzureSubscription", "production")
ME = Key("-", "Customer", "fourth-coffee")


@pytest.fixture
def estate(empty: World) -> World:
    empty.done(resources(ESTATE))
    return empty


def id_of(world: World, key: Key) -> str:
    state = world.look(resources(ESTATE))[0].states[key]
    assert isinstance(state, Live)
    return state.id


def arm(world: World, method: str, path: str, body: Any = None, version: str = "2024-01-01") -> httpx.Response:
    """Somebody else, in the customer's tenant."""
    cloud = world.cloud
    response = cloud.arm.send(method, path, version, id_of(world, ME), body)
    operation = cloud.arm.begun(response, id_of(world, ME))
    while operation:
        cloud.clock.sleep(operation.after)
        operation = cloud.arm.poll(operation)
    return response


def add_subnet(world: World, name: str, prefix: str, **more: Any) -> str:
    """Somebody adds a subnet (and sets more fields of the network); answers the network's id."""
    id = id_of(world, VNET)
    payload = world.cloud.arm.get(id, "2024-01-01", id_of(world, ME)) | more
    payload["properties"]["subnets"].append({"name": name, "properties": {"addressPrefix": prefix}})
    arm(world, "PUT", id, payload)
    return id


def by_key(plan: Plan) -> dict[Key, Any]:
    return {c.desired.key: c for c in plan.changes}


def test_rule_01_one_class_has_a_strict_and_a_tolerant_door() -> None:
    kind = registry()["VirtualNetwork"]
    with pytest.raises(ValueError, match="extra"):
        kind.model_validate({"unheardOf": 1, "metadata": {"name": "x"}})
    there = kind.from_live(
        {"unheardOf": 1, "location": "West US", "subnets": "what?", "addressPrefixes": ["10.1.0.9/16"]}
    )
    assert there.document()["location"] == "westus"
    assert there.document()["addressPrefixes"] == ["10.1.0.0/16"]


def test_rule_02_only_mentioned_fields_count(estate: World) -> None:
    id = id_of(estate, VNET)
    payload = estate.cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    payload["tags"] = {"owner": "somebody"}
    payload["properties"]["dhcpOptions"] = {"dnsServers": ["10.9.9.9"]}
    payload["properties"]["subnets"].append({"name": "theirs", "properties": {"addressPrefix": "10.1.9.0/24"}})
    arm(estate, "PUT", id, payload)
    planned = estate.plan(resources(ESTATE))
    assert planned.changes == ()
    assert [n.text for n in planned.notes if n.about == str(VNET)] == ["1 more subnet, not managed"]
    more = ESTATE.replace("10.1.2.0/24}", "10.1.2.0/24}\n  tags: {environment: production}")
    estate.done(resources(more))
    after = estate.cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    assert after["tags"] == {"owner": "somebody", "environment": "production"}
    assert after["properties"]["dhcpOptions"] == {"dnsServers": ["10.9.9.9"]}
    assert [s["name"] for s in after["properties"]["subnets"]] == ["app", "data", "theirs"]


def test_rule_02_complete_absent_and_null_remove(estate: World) -> None:
    lines = ESTATE.replace("{name: data, addressPrefix: 10.1.2.0/24}", "{name: data, absent: true}")
    (change,) = estate.plan(resources(lines)).changes
    assert next((f.path, f.after) for f in change.compared.changes)[0] == "subnets[data]"
    estate.done(resources(lines))
    without = ESTATE.replace(
        "    - {name: data, addressPrefix: 10.1.2.0/24}\n", "    - {name: new, addressPrefix: 10.1.5.0/24}\n"
    )
    estate.done(resources(without))
    complete = ESTATE.replace("name: sea-vnet,", "name: sea-vnet, complete: [subnets],")
    (change,) = estate.plan(resources(complete)).changes
    assert {f.path for f in change.compared.changes} == {"subnets[data]", "subnets[new]"}
    estate.done(resources(complete))


def test_rule_02_a_subnet_in_use_is_never_dropped(estate: World) -> None:
    group = id_of(estate, RG)
    nic = f"{group}/providers/Microsoft.Network/networkInterfaces/nic"
    subnet = {"id": f"{id_of(estate, VNET)}/subnets/data"}
    ip = {"name": "ip", "properties": {"subnet": subnet}}
    arm(estate, "PUT", nic, {"location": "westus", "properties": {"ipConfigurations": [ip]}})
    before = len(estate.writes())
    planned = estate.plan(
        resources(ESTATE.replace("{name: data, addressPrefix: 10.1.2.0/24}", "{name: data, absent: true}"))
    )
    assert "subnet data is in use and cannot be removed" in planned.problems[0].what
    moved = estate.plan(resources(ESTATE.replace("10.1.2.0/24", "10.1.3.0/24")))
    assert "range cannot change" in moved.problems[0].what
    assert len(estate.writes()) == before


def test_rule_03_not_seen_is_not_absent(estate: World) -> None:
    estate.simulator.fault("GET", ".*/virtualNetworks.*", status=403, code="AuthorizationFailed", times=EVER)
    planned = estate.plan(resources(ESTATE.replace("westus}", "westus, tags: {a: b}}")))
    assert set(by_key(planned)) == {RG}
    assert [(n.kind, n.about) for n in planned.notes] == [("unknown", str(VNET))]
    gone = estate.plan(resources(ESTATE.replace("name: sea-vnet,", "name: sea-vnet, absent: true,")))
    assert gone.changes == ()


def test_rule_03_an_empty_list_is_no_evidence_if_the_subscription_is_not_readable(estate: World) -> None:
    bare = ESTATE.replace(NETWORK, "")
    gone = estate.plan(
        resources(bare + NETWORK.replace("name: sea-vnet,", "name: sea-vnet, absent: true, protect: false,"))
    )
    assert [type(c) for c in gone.changes] == [Delete]
    estate.done(resources(bare + NETWORK.replace("name: sea-vnet,", "name: sea-vnet, absent: true, protect: false,")))
    assert isinstance(by_key(estate.plan(resources(ESTATE)))[VNET], Create)
    estate.simulator.fault("GET", "^/subscriptions/[^/]+$", status=403, code="AuthorizationFailed", times=EVER)
    assert VNET not in by_key(estate.plan(resources(ESTATE)))


def test_rule_04_a_child_of_what_does_not_exist_is_not_looked_for(empty: World) -> None:
    planned = empty.plan(resources(ESTATE))
    assert len(planned.changes) == 5
    hosts = {request.url.host for request in empty.requests}
    assert "management.azure.com" not in hosts


def test_rule_05_references_are_names_in_files_and_in_output(estate: World) -> None:
    planned = estate.plan(resources(ESTATE + GROUP.replace("name: network", "name: second")))
    (change,) = planned.changes
    assert {f.path: f.after for f in change.compared.changes}["subscription"] == "production"
    other = "".join([CUSTOMER, PLAN, GROUP, NETWORK, PRODUCTION])
    assert estate.plan(resources(other)).changes == ()


def test_rule_06_apply_reads_again_before_it_writes(estate: World) -> None:
    wanted = resources(ESTATE.replace("westus\n", "westus\n  tags: {environment: production}\n"))
    cloud = estate.cloud
    seen, planned = estate.look(wanted, cloud=cloud)
    id = add_subnet(estate, "since", "10.1.8.0/24")
    (outcome,) = applying.apply(planned, seen, cloud, estate.journal)
    assert outcome.status == "done"
    after = cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    assert "since" in [s["name"] for s in after["properties"]["subnets"]], "a sibling added since the plan survives"


def test_rule_06_what_has_moved_since_the_plan_is_not_written(estate: World) -> None:
    wanted = resources(ESTATE.replace("westus\n", "westus\n  tags: {environment: production}\n"))
    cloud = estate.cloud
    seen, planned = estate.look(wanted, cloud=cloud)
    id = id_of(estate, VNET)
    payload = cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    arm(estate, "PUT", id, {**payload, "tags": {"environment": "test"}})
    before = len(estate.writes())
    (outcome,) = applying.apply(planned, seen, cloud, estate.journal)
    assert outcome.status == "moved"
    assert "tags.environment" in outcome.reason
    assert len(estate.writes()) == before


def test_rule_06_what_exists_by_now_is_not_created_over(estate: World) -> None:
    wanted = resources(ESTATE + GROUP.replace("name: network", "name: second"))
    cloud = estate.cloud
    seen, planned = estate.look(wanted, cloud=cloud)
    arm(estate, "PUT", id_of(estate, RG).replace("/network", "/second"), {"location": "eastus"}, "2024-07-01")
    (outcome,) = applying.apply(planned, seen, cloud, estate.journal)
    assert outcome.status == "moved"


def test_rule_07_every_write_was_planned(empty: World) -> None:
    wanted = resources(ESTATE)
    planned = empty.plan(wanted)
    paths = {f"{c.desired.key.kind}.{f.field}" for c in planned.changes for f in c.compared.changes}
    assert {"Customer.consent", "Customer.agreement", "AzureSubscription.resourceProviders"} <= paths
    empty.done(wanted)
    expected = {
        "/v1/customers": "Customer",
        "/agreements": "Customer.agreement",
        "/accessAssignments": "Customer.accessAssignments",
        "/applicationconsents": "Customer.consent",
        "/carts": "AzurePlan",
        "/checkout": "AzurePlan",
        "/rename": "AzureSubscription.displayName",
        "/register": "AzureSubscription.resourceProviders",
        "/resourceGroups/network": "ResourceGroup",
        "/sea-vnet": "VirtualNetwork",
    }
    kinds = {c.desired.key.kind for c in planned.changes}
    for row in empty.writes():
        suffix = next(s for s in sorted(expected, key=len, reverse=True) if row.path.endswith(s))
        assert expected[suffix] in paths | kinds, row


def test_rule_08_create_makes_one_call_and_update_the_rest(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    paths = [row.path.rpartition("/")[2] for row in empty.writes()]
    assert paths == ["customers", "agreements", "accessAssignments", "applicationconsents"]


def test_rule_08_a_crash_after_create_is_an_ordinary_difference(empty: World) -> None:
    empty.simulator.fault("POST", ".*/agreements", status=400, code="3000", times=1)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "failed"
    (change,) = empty.plan(resources(CUSTOMER)).changes
    assert isinstance(change, Update)
    assert {f.field for f in change.compared.changes} == {"agreement", "accessAssignments", "consent"}
    empty.done(resources(CUSTOMER))
    assert sum("customer created" in " ".join(r.effects) for r in empty.writes()) == 1


def test_rule_09_an_answer_that_is_lost_is_not_bought_twice(empty: World) -> None:
    """The alias of a further subscription is created, and every answer about it is lost."""
    further = PRODUCTION.replace("name: production", "name: hr").replace("adopt: default, ", "")
    empty.done(resources(ESTATE))
    empty.simulator.fault("PUT", ".*/aliases/.*", status=503, when="after", times=6)
    (outcome,) = empty.apply(resources(ESTATE + further))
    assert outcome.status == "waiting"
    empty.done(resources(ESTATE + further))
    bought = [e for r in empty.writes() for e in r.effects if e.startswith("subscription created")]
    assert len(bought) == 2


def test_rule_09_only_the_same_cart_is_checked_out_again(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    empty.simulator.fault("POST", ".*/checkout", status=503, when="after", times=6)
    (outcome,) = empty.apply(resources(CUSTOMER + PLAN))
    assert outcome.status == "waiting"
    (record,) = (r for r in empty.journal.records().values() if r.open)
    assert isinstance(record.operation, Operation)
    empty.apply(resources(CUSTOMER + PLAN))
    assert not empty.plan(resources(CUSTOMER + PLAN)).changes
    effects = [e for r in empty.writes() for e in r.effects]
    assert sum(e.startswith("cart created") for e in effects) == 1
    assert sum(e.startswith("azure plan bought") for e in effects) == 1


def test_rule_09_absence_counts_only_after_the_thing_could_have_settled(estate: World) -> None:
    further = PRODUCTION.replace("name: production", "name: hr").replace("adopt: default, ", "")
    estate.journal.intent(Key("fourth-coffee", "AzureSubscription", "hr"), "create", "d", estate.simulator.clock.now())
    planned = estate.plan(resources(ESTATE + further))
    assert planned.changes == ()
    assert "may have created it" in next(n.text for n in planned.notes if n.kind == "unknown")
    assert planned.doubtful_until
    estate.simulator.clock.sleep(registry()["AzureSubscription"].settles.total_seconds() + 1)
    (change,) = estate.plan(resources(ESTATE + further)).changes
    assert isinstance(change, Create)
    assert change.repeats is not None


def test_rule_09_a_no_after_a_lost_answer_proves_nothing(empty: World) -> None:
    """The customer is created, the answer is lost, and the repetition is refused for another reason."""
    empty.simulator.fault("POST", "^/v1/customers$", status=503, when="after", times=1)
    empty.simulator.fault("POST", "^/v1/customers$", status=403, code="2032", times=1)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "waiting"
    empty.done(resources(CUSTOMER))
    assert list((empty.folder / "secrets").rglob("*adminPassword"))
    assert sum("customer created" in " ".join(r.effects) for r in empty.writes()) == 1


def test_rule_09_a_cart_whose_fate_is_unknown_is_never_followed_by_a_second(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    empty.simulator.fault("POST", ".*/checkout", status=503, times=6)
    empty.simulator.fault("POST", ".*/checkout", status=403, code="2032", times=3)
    for expected in ("waiting", "failed", "failed", "failed", "done"):
        outcomes = empty.apply(resources(CUSTOMER + PLAN))
        assert [o.status for o in outcomes] == [expected]
    effects = [e for r in empty.writes() for e in r.effects]
    assert sum(e.startswith("cart created") for e in effects) == 1
    assert sum(e.startswith("azure plan bought") for e in effects) == 1
    lines = "".join(p.read_text() for p in sorted((empty.folder / "journal").rglob("*.jsonl"))).splitlines()
    about = [e for e in map(json.loads, lines) if e["key"][1] == "AzurePlan"]
    creates = [e for e in about if e["event"] == "intent" and e["action"] == "create"]
    assert len(creates) == 1, "a repetition goes on under the intent that is open, and so never forgets the cart"


def test_rule_10_a_password_that_could_not_be_kept_is_fetched_again(empty: World) -> None:
    trap = empty.folder / "secrets" / "fourth-coffee" / "Customer.fourth-coffee.adminPassword.new"
    trap.mkdir(parents=True)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "failed"
    trap.rmdir()
    empty.done(resources(CUSTOMER))
    assert list((empty.folder / "secrets").rglob("*adminPassword"))


def test_rule_09_more_than_five_purchases_must_be_allowed(empty: World) -> None:
    more = [PRODUCTION.replace("name: production", f"name: s{n}").replace("default", "never") for n in range(6)]
    planned = empty.plan(resources(CUSTOMER + PLAN + "".join(more)))
    with pytest.raises(Refused, match="--allow-purchase 7"):
        planned.raise_if_unsafe()
    planned.raise_if_unsafe(purchases=7)


def test_rule_10_the_password_is_kept_before_the_next_step(empty: World) -> None:
    empty.simulator.fault("GET", "/v1/customers/.*", status=503, times=EVER)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "waiting"
    (secret,) = [p for p in (empty.folder / "secrets").rglob("*") if p.is_file()]
    assert secret.read_text()
    assert secret.stat().st_mode & 0o777 == 0o600


def test_rule_10_a_lost_answer_is_asked_for_again_and_gives_the_password(empty: World) -> None:
    empty.simulator.fault("POST", "/v1/customers", status=503, when="after", times=6)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "waiting"
    assert not (empty.folder / "secrets").exists() or not any((empty.folder / "secrets").rglob("*adminPassword"))
    (change,) = empty.plan(resources(CUSTOMER)).changes
    assert isinstance(change, Create)
    empty.done(resources(CUSTOMER))
    assert list((empty.folder / "secrets").rglob("*adminPassword"))
    assert sum("customer created" in " ".join(r.effects) for r in empty.writes()) == 1


def test_rule_10_without_a_place_for_it_the_plan_refuses(empty: World) -> None:
    (empty.folder / "secrets").write_text("a file where the folder should be")
    with pytest.raises(Refused, match="one-time secret"):
        empty.plan(resources(CUSTOMER)).raise_if_unsafe()


def test_rule_11_the_first_subscription_is_adopted_and_renamed_not_bought(estate: World) -> None:
    bought = [e for r in estate.writes() for e in r.effects if e.startswith("subscription created")]
    assert len(bought) == 1


def test_rule_11_several_that_fit_are_an_error_that_lists_them(estate: World) -> None:
    other = PRODUCTION.replace("name: production", "name: hr").replace("adopt: default, ", "")
    estate.done(resources(ESTATE + other))
    both = estate.plan(resources(ESTATE))
    assert not both.changes, "a subscription with an alias was not brought along by the plan"
    entitlements = [e for r in estate.writes() for e in r.effects if e.startswith("subscription created")]
    ids = [e.split()[-1] for e in entitlements]
    by_name = ESTATE.replace("adopt: default", "adopt: {displayName: Production environment}")
    assert not estate.plan(resources(by_name)).changes
    pinned = ESTATE.replace("adopt: default", f"subscriptionId: {ids[0]}")
    assert not estate.plan(resources(pinned)).changes
    arm(
        estate,
        "POST",
        f"/subscriptions/{ids[1]}/providers/Microsoft.Subscription/rename",
        {"subscriptionName": "Production environment"},
        "2021-10-01",
    )
    shutil.rmtree(estate.folder / "journal")
    planned = estate.plan(resources(by_name))
    assert all(id in planned.problems[0].what for id in ids)
    assert not [c for c in planned.changes if c.desired.key == SUB]


def test_rule_11_what_was_adopted_stays_what_is_meant(estate: World) -> None:
    """Somebody buys another one in the portal: the journal knows which was adopted; without it that is undecided."""
    bought = estate.simulator.people("own-subscription", tenant=id_of(estate, ME), name="Bought in the portal")
    customer, now = id_of(estate, ME), estate.simulator.clock.now()
    with estate.simulator.store.transaction() as tx:
        entitlements.add(tx, now, customer, bought["id"], "Bought in the portal")
    estate.simulator.clock.sleep(120)
    assert estate.plan(resources(ESTATE)).changes == ()
    shutil.rmtree(estate.folder / "journal")
    (problem,) = estate.plan(resources(ESTATE)).problems
    assert bought["id"] in problem.what


def test_rule_11_what_the_manifest_says_counts_and_not_what_the_handle_meant_before(estate: World) -> None:
    hr = PRODUCTION.replace("name: production", "name: hr").replace("adopt: default, ", "")
    estate.done(resources(ESTATE + hr))
    nobody = hr.replace("{displayName", "{subscriptionId: 11111111-2222-4333-8444-555555555555, displayName")
    planned = estate.plan(resources(ESTATE + nobody))
    assert "holds no subscription 11111111" in planned.problems[0].what
    other = estate.plan(resources(ESTATE + hr.replace("{displayName", "{adopt: never, alias: brand-new, displayName")))
    assert [type(c) for c in other.changes] == [Create]


def test_rule_11_two_manifests_cannot_mean_one_subscription(estate: World) -> None:
    twin = PRODUCTION.replace("name: production", "name: twin").replace(
        "adopt: default", f"subscriptionId: {id_of(estate, SUB)}"
    )
    hr = PRODUCTION.replace("name: production", "name: hr").replace("adopt: default, ", "")
    estate.done(resources(ESTATE + hr))
    ids = [e.split()[-1] for r in estate.writes() for e in r.effects if e.startswith("subscription created")]
    both = estate.plan(resources(ESTATE + hr + twin.replace(ids[0], ids[1])))
    assert both.changes == ()
    assert "and so does fourth-coffee/AzureSubscription" in both.problems[0].what


def test_rule_11_a_subscription_of_another_channel_is_counted_and_never_touched(estate: World) -> None:
    estate.simulator.people("own-subscription", tenant=id_of(estate, ME), name="Enterprise")
    planned = estate.plan(resources(ESTATE))
    assert planned.changes == ()
    assert [n.text for n in planned.notes if "never touched" in n.text]


def test_rule_12_a_changed_identity_is_another_resource_unless_formerly_says_so(estate: World) -> None:
    renamed = ESTATE.replace("resourceGroup: network", "resourceGroup: network\n  name: seattle")
    assert isinstance(by_key(estate.plan(resources(renamed)))[VNET], Create)
    same = renamed.replace("name: sea-vnet,", "name: sea-vnet, formerly: {name: sea-vnet},")
    change = by_key(estate.plan(resources(same)))[VNET]
    assert isinstance(change, Replace)
    assert "rename" in change.reasons[0]


def test_rule_12_the_domain_of_a_customer_cannot_change(estate: World) -> None:
    moved = estate.plan(resources(ESTATE.replace("fourthcoffeecsp", "fourthcoffee2")))
    assert "domain of a tenant cannot change" in moved.problems[0].what
    country = estate.plan(resources(ESTATE.replace("country: US", "country: CA")))
    assert "country of a customer cannot change" in country.problems[0].what


def test_rule_12_absent_removes_what_the_manifest_says_and_not_what_it_said_before(estate: World) -> None:
    other = CUSTOMER.replace("fourthcoffeecsp", "zzzz").replace(
        "{name: fourth-coffee}", "{name: fourth-coffee, absent: true, protect: false}"
    )
    assert estate.plan(resources(other)).changes == ()


def test_rule_12_a_replacement_brings_back_all_that_was_there(estate: World) -> None:
    """A subnet and a tag that no manifest mentions survive a move to another region."""
    id = add_subnet(estate, "theirs", "10.1.9.0/24", tags={"owner": "somebody"})
    moved = resources(ESTATE.replace("location: westus\n  address", "location: eastus\n  address"))
    (change,) = estate.plan(moved).changes
    assert isinstance(change, Replace)
    estate.done(moved)
    after = estate.cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    assert after["location"] == "eastus"
    assert after["tags"] == {"owner": "somebody"}
    assert [s["name"] for s in after["properties"]["subnets"]] == ["app", "data", "theirs"]


def test_rule_13_a_replacement_that_would_lose_something_is_refused(estate: World) -> None:
    nic = f"{id_of(estate, RG)}/providers/Microsoft.Network/networkInterfaces/nic"
    ip = {"name": "ip", "properties": {"subnet": {"id": f"{id_of(estate, VNET)}/subnets/data"}}}
    arm(estate, "PUT", nic, {"location": "westus", "properties": {"ipConfigurations": [ip]}})
    moved = resources(ESTATE.replace("location: westus\n  address", "location: eastus\n  address"))
    with pytest.raises(Refused, match="networkInterfaces/nic"):
        estate.plan(moved).raise_if_unsafe()


def test_rule_13_what_has_changed_since_the_plan_is_not_deleted(estate: World) -> None:
    gone = resources(ESTATE.replace("name: sea-vnet,", "name: sea-vnet, absent: true,"))
    cloud = estate.cloud
    seen, planned = estate.look(gone, cloud=cloud)
    id = add_subnet(estate, "since", "10.1.8.0/24")
    (outcome,) = applying.apply(planned, seen, cloud, estate.journal)
    assert outcome.status == "moved"
    assert cloud.arm.get(id, "2024-01-01", id_of(estate, ME))


def test_rule_13_deletion_is_deliberate(estate: World) -> None:
    assert not estate.plan(resources(ESTATE.replace(NETWORK, ""))).changes, "removing a manifest deletes nothing"
    group = ESTATE.replace(NETWORK, "").replace("name: network,", "name: network, absent: true,")
    with pytest.raises(Refused, match="sea-vnet"):
        estate.plan(resources(group)).raise_if_unsafe()
    wanted = resources(group)
    records = estate.journal.records()
    seen, _ = estate.look(wanted)
    allowed = plan(wanted, seen, records, allow_contents={RG})
    allowed.raise_if_unsafe()
    assert [type(c) for c in allowed.changes] == [Delete]


def test_rule_13_customers_and_subscriptions_are_protected(estate: World) -> None:
    gone = CUSTOMER + PLAN + PRODUCTION.replace("name: production,", "name: production, absent: true,")
    with pytest.raises(Refused, match="protected"):
        estate.plan(resources(gone)).raise_if_unsafe()


def test_rule_13_what_is_referred_to_cannot_be_replaced_alone(estate: World) -> None:
    adding = ESTATE.replace("location: westus\n  address", "location: eastus\n  address")
    (change,) = estate.plan(resources(adding)).changes
    assert isinstance(change, Replace)


def test_rule_15_people_are_steps(empty: World) -> None:
    existing = CUSTOMER.replace("  agreement", "  existing: true\n  agreement")
    empty.simulator.people("existing-tenant", domain="fourthcoffeecsp.onmicrosoft.com")
    planned = empty.plan(resources(existing + PLAN))
    assert planned.changes == ()
    assert "accept our invitation: https://" in next(n.text for n in planned.notes if n.about == str(ME))
    assert {n.kind for n in planned.notes} == {"waiting"}
    empty.simulator.people("accept-invitation", tenant="fourthcoffeecsp.onmicrosoft.com")
    change = by_key(empty.plan(resources(existing)))[ME]
    assert isinstance(change, Adopt)


def test_rule_15_revoked_administration_is_one_waiting_not_a_heap_of_errors(estate: World) -> None:
    estate.simulator.people("remove-delegated-administration", tenant=id_of(estate, ME))
    planned = estate.plan(resources(ESTATE))
    assert planned.changes == ()
    assert {n.kind for n in planned.notes} == {"waiting"}


def test_rule_16_a_token_of_another_tenant_is_refused_before_the_first_read(empty: World) -> None:
    cloud = empty.cloud
    token = cloud.auth.token(cloud.partner.base, cloud.profile.partner_tenant_id, user=False)
    with pytest.raises(WrongAccount, match="not the pinned account"):
        cloud.auth.check_tenant(token, "00000000-0000-4000-8000-000000000000")


def test_rule_17_digests_say_what_was_approved(estate: World) -> None:
    tagged = ESTATE.replace("westus\n", "westus\n  tags: {a: b}\n")
    first, again = estate.plan(resources(tagged)), estate.plan(resources(tagged))
    assert first.digest == again.digest
    assert unexpected(first, {again.digest}) == ()
    assert unexpected(first, {again.digests()["fourth-coffee"]}) == ()
    other = estate.plan(resources(tagged.replace("a: b", "a: c")))
    assert unexpected(other, {first.digest}) == ("fourth-coffee",)


def test_rule_18_narrowing_decides_what_is_written(estate: World) -> None:
    both = resources(
        ESTATE.replace("location: westus}", "location: westus, tags: {a: b}}").replace(
            "westus\n", "westus\n  tags: {a: b}\n"
        )
    )
    assert set(by_key(estate.plan(both))) == {RG, VNET}
    assert set(by_key(estate.plan(both, str(VNET)))) == {VNET}
    new = resources(
        ESTATE.replace("resourceGroup: network", "resourceGroup: other") + GROUP.replace("name: network", "name: other")
    )
    narrowed = estate.plan(new, str(VNET))
    assert "is not selected" in narrowed.problems[0].what


def test_nothing_seen_is_planned_or_written_when_the_partner_cannot_be_read(empty: World) -> None:
    empty.simulator.fault("GET", "/v1/customers.*", status=500, times=EVER)
    seen, planned = empty.look(resources(ESTATE))
    assert planned.changes == ()
    assert isinstance(seen.states[ME], Unread)


def test_waiting_operations_hold_no_thread(estate: World) -> None:
    networks = "".join(NETWORK.replace("sea-vnet", f"vnet-{n}").replace("10.1.", f"10.{n}.") for n in range(2, 30))
    cloud, wanted = estate.cloud, resources(ESTATE + networks)
    seen, planned = estate.look(wanted, cloud=cloud)
    began = cloud.clock.now()
    outcomes = applying.apply(planned, seen, cloud, estate.journal, parallelism=2)
    assert {o.status for o in outcomes} == {"done"}
    assert cloud.clock.now() - began < timedelta(seconds=60), "28 operations of 10 seconds ran beside each other"


def test_a_failure_skips_only_what_depends_on_it(empty: World) -> None:
    second = CUSTOMER.replace("fourth-coffee", "wingtip").replace("fourthcoffeecsp", "wingtiptoyscsp")
    empty.simulator.fault("POST", ".*/carts", status=400, code="2000", times=EVER)
    outcomes = empty.apply(resources(CUSTOMER + PLAN + PRODUCTION + "---" + second))
    assert {str(o.key): o.status for o in outcomes} == {
        "Customer/fourth-coffee": "done",
        "fourth-coffee/AzurePlan/azure": "failed",
        "fourth-coffee/AzureSubscription/production": "skipped",
        "Customer/wingtip": "done",
    }


def test_the_journal_is_read_by_people(estate: World) -> None:
    lines = [
        json.loads(line) for p in (estate.folder / "journal").rglob("*.jsonl") for line in p.read_text().splitlines()
    ]
    events = [line["event"] for line in lines if line["key"] == list(VNET)]
    assert events[:4] == ["intent", "operation", "made", "done"]


def test_rule_01_the_forms_of_other_clients_are_no_difference(estate: World) -> None:
    """The portal writes a subnet's range as a list of one; a subscription may be referred to by its whole id."""
    id = id_of(estate, VNET)
    payload = estate.cloud.arm.get(id, "2024-01-01", id_of(estate, ME))
    for subnet in payload["properties"]["subnets"]:
        subnet["properties"]["addressPrefixes"] = [subnet["properties"].pop("addressPrefix")]
    arm(estate, "PUT", id, payload)
    assert estate.plan(resources(ESTATE)).changes == ()
    whole = ESTATE.replace("subscription: production", f"subscription: /subscriptions/{id_of(estate, SUB)}")
    assert estate.plan(resources(whole)).changes == ()


def test_rule_15_nothing_of_a_customer_is_planned_while_its_rights_are_revoked(estate: World) -> None:
    estate.simulator.people("remove-delegated-administration", tenant=id_of(estate, ME))
    planned = estate.plan(resources(ESTATE.replace("companyName: Fourth Coffee", "companyName: Another")))
    assert planned.changes == ()
