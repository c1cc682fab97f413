"""Token buckets: never more than is allowed, first come first served, and nobody waits for another's bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import quotas
from cspctl.cloud.buckets import Bucket, Buckets, drawn
from cspctl.cloud.national import CLOUDS
from cspctl.quotas import Quota

REFILLED = Quota("five at once, and two more a second", 5, 2)
WINDOWED = Quota("five in three seconds", 5, window=3)
NEITHER = pytest.mark.parametrize("quota", [REFILLED, WINDOWED], ids=["refilled", "windowed"])
GAPS = st.lists(st.floats(0, 4), min_size=1, max_size=60)
EPSILON = 1e-6

ARM, PC, GRAPH = (
    "https://management.azure.com",
    "https://api.partnercenter.microsoft.com",
    "https://graph.microsoft.com",
)
ONE, OTHER = "7f000000-0000-4000-8000-000000000001", "7f000000-0000-4000-8000-000000000002"
NETWORK = f"{ARM}/subscriptions/{ONE}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"


def leaving(bucket: Bucket, gaps: list[float], holds: dict[int, float] | None = None) -> list[float]:
    """When each of those that ask leaves, if some of the answers (by number) are a 429; it books again when void."""
    now, went = 0.0, []
    for number, gap in enumerate(gaps):
        now += gap
        due = now + bucket.reserve(1, now)
        went.append(due)
        if number in (holds or {}):
            bucket.hold((holds or {})[number], now)
            went = [moment for moment in went if moment <= now]  # the others have not left yet
    return went


# ---- laws


@NEITHER
@given(gaps=GAPS, holds=st.dictionaries(st.integers(0, 40), st.floats(0, 20), max_size=4))
def test_never_more_leaves_in_any_window_than_is_allowed(
    quota: Quota, gaps: list[float], holds: dict[int, float]
) -> None:
    went = sorted(leaving(Bucket(quota), gaps, holds))
    for first, start in enumerate(went):
        for last in range(first, len(went)):
            seconds = went[last] - start
            assert last - first + 1 <= quota.size + quota.rate * seconds + EPSILON


@given(gaps=GAPS)
def test_no_window_of_the_service_ever_sees_more_wherever_it_begins(gaps: list[float]) -> None:
    went = leaving(Bucket(WINDOWED), gaps)
    for start in went:
        assert sum(start <= moment < start + WINDOWED.window - EPSILON for moment in went) <= WINDOWED.size


@NEITHER
@given(gaps=GAPS)
def test_who_asks_first_goes_first_and_nobody_waits_for_ever(quota: Quota, gaps: list[float]) -> None:
    went = leaving(Bucket(quota), gaps)
    assert went == sorted(went)
    asked = 0.0
    for number, (gap, due) in enumerate(zip(gaps, went, strict=True)):
        asked += gap
        windows = number // quota.size + 1
        assert due - asked <= max(windows * quota.window, (number + 1) / quota.rate) + EPSILON


@NEITHER
@given(gaps=GAPS)
def test_who_comes_seldom_never_waits(quota: Quota, gaps: list[float]) -> None:
    seldom = [gap + 1 / quota.rate for gap in gaps]
    asked = 0.0
    for gap, due in zip(seldom, leaving(Bucket(quota), seldom), strict=True):
        asked += gap
        assert due == pytest.approx(asked)


@NEITHER
@given(seconds=st.floats(0, 100), before=st.integers(0, 12), after=st.integers(1, 12))
def test_nothing_leaves_while_a_service_wants_to_be_left_alone(
    quota: Quota, seconds: float, before: int, after: int
) -> None:
    bucket = Bucket(quota)
    for _ in range(before):
        bucket.reserve(1, 0)
    turn = bucket.turn
    bucket.hold(seconds, 0)
    assert bucket.turn > turn  # so that who has booked and not gone books again
    assert all(bucket.reserve(1, 0) >= seconds for _ in range(after))


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=40),
    st.lists(st.floats(0.1, 60), min_size=1, max_size=5),
)
def test_a_429_at_one_bucket_never_delays_another(names: list[str], holds: list[float]) -> None:
    """What leaves `b` is the same whether `a` is throttled or not."""
    alone, beside, held = Bucket(REFILLED), Bucket(REFILLED), Bucket(REFILLED)
    for number, name in enumerate(names):
        if name == "b":
            assert beside.reserve(1, number * 0.1) == alone.reserve(1, number * 0.1)
        else:
            held.reserve(1, number * 0.1)
            held.hold(holds[number % len(holds)], number * 0.1)


@given(remaining=st.integers(0, 10), asked=st.integers(1, 10))
def test_what_an_answer_says_is_left_is_all_that_is_left(remaining: int, asked: int) -> None:
    bucket = Bucket(REFILLED)
    bucket.reserve(1, 0)
    bucket.learn(remaining, 0)
    at_once = sum(bucket.reserve(1, 0) == 0 for _ in range(asked))
    assert at_once == min(asked, remaining, REFILLED.size - 1)


def test_a_bucket_of_which_nothing_is_published_waits_only_when_it_is_told_to() -> None:
    bucket = Bucket()
    assert [bucket.reserve(1, 0) for _ in range(1000)] == [0] * 1000
    bucket.hold(12, 0)
    assert bucket.reserve(1, 4) == 8
    assert bucket.reserve(1, 12) == 0


def test_bookings_that_a_429_makes_void_do_not_count() -> None:
    """Eight threads have booked, one of them is refused: after the pause the queue is no longer than before."""
    bucket = Bucket(REFILLED)
    for _ in range(5 + 8):
        bucket.reserve(1, 0)
    bucket.hold(10, 0)
    assert bucket.reserve(1, 0) == 10
    assert bucket.reserve(1, 0) == pytest.approx(10.5)


# ---- which buckets a request draws from


def names(method: str, url: str, tenant: str = "t") -> list[str]:
    return [draw.name for draw in drawn(method, url, tenant)]


def test_resource_manager_counts_by_subscription_or_tenant_and_by_what_is_done() -> None:
    assert names("GET", f"{ARM}/subscriptions/{ONE}/resourceGroups") == [f"arm/subscription/{ONE}/reads"]
    assert names("HEAD", f"{ARM}/subscriptions/{ONE.upper()}") == [f"arm/subscription/{ONE}/reads"]
    assert names("PUT", f"{ARM}/subscriptions/{ONE}/resourceGroups/g") == [f"arm/subscription/{ONE}/writes"]
    assert names("DELETE", f"{ARM}/subscriptions/{ONE}/resourceGroups/g") == [f"arm/subscription/{ONE}/deletes"]
    assert names("GET", f"{ARM}/subscriptions", ONE) == [f"arm/tenant/{ONE}/reads"]
    assert names("GET", f"{ARM}/subscriptions", OTHER) == [f"arm/tenant/{OTHER}/reads"]


def test_a_resource_provider_counts_for_itself_and_the_innermost_one_is_meant() -> None:
    assert names("PUT", NETWORK)[1] == f"arm/subscription/{ONE}/microsoft.network/writes"
    assert names("DELETE", NETWORK)[1] == f"arm/subscription/{ONE}/microsoft.network/writes"
    assert names("GET", NETWORK)[1] == f"arm/subscription/{ONE}/microsoft.network/reads"
    assignment = f"{NETWORK}/providers/Microsoft.Authorization/roleAssignments/a"
    assert names("PUT", assignment, "t")[1:] == ["arm/t/microsoft.authorization"]
    compute = f"{ARM}/subscriptions/{ONE}/providers/Microsoft.Compute/virtualMachines"
    assert [draw.quota for draw in drawn("GET", compute)] == [quotas.ARM_READS, None]


def test_partner_center_counts_by_tenant_identifier() -> None:
    assert names("GET", f"{PC}/v1/customers?size=500") == ["partner-center/customers"]
    assert names("GET", f"{PC}/v1/customers/{ONE}") == [f"partner-center/{ONE}"]
    assert names("POST", f"{PC}/v1/customers/{ONE.upper()}/carts") == [f"partner-center/{ONE}"]
    consents = drawn("POST", f"{PC}/v1/customers/{ONE}/applicationconsents")
    assert [draw.quota for draw in consents] == [quotas.APPLICATION_CONSENTS, quotas.PARTNER_CENTER]
    assert [draw.quota for draw in drawn("GET", f"{PC}/v1/profiles/organization")] == [None]


def test_graph_counts_units_and_writes_by_tenant() -> None:
    assert [(d.name, d.cost) for d in drawn("GET", f"{GRAPH}/v1.0/users", "t")] == [("graph/t", 3)]
    assert [(d.name, d.cost) for d in drawn("POST", f"{GRAPH}/v1.0/users", "t")] == [
        ("graph/t", 1),
        ("graph/t/writes", 1),
    ]


def test_sign_in_counts_by_tenant() -> None:
    one, other = (drawn("POST", f"https://login.microsoftonline.com/{t}/oauth2/v2.0/token") for t in "ab")
    assert one != other
    assert one[0].quota is None


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_national_cloud_is_paced(cloud: str) -> None:
    addresses = CLOUDS[cloud]
    for base, path in (
        (addresses.resource_manager, "/subscriptions"),
        (addresses.partner_center, "/v1/customers"),
        (addresses.graph, "/v1.0/users"),
    ):
        assert all(draw.quota for draw in drawn("GET", base + path))


# ---- what answers teach


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("SubscriptionRequestsThrottled", f"arm/subscription/{ONE}/writes"),
        ("ResourceRequestsThrottled", f"arm/subscription/{ONE}/microsoft.network/writes"),
        ("OperationNotAllowed", f"arm/subscription/{ONE}/microsoft.network/writes"),
        ("", f"arm/subscription/{ONE}/microsoft.network/writes"),
    ],
)
def test_a_429_holds_the_one_bucket_that_it_comes_from(code: str, held: str) -> None:
    buckets, draws = Buckets(), drawn("PUT", NETWORK)
    buckets.hold(draws, code, 30, 0)
    assert {draw.name: buckets.reserve(draw, 0) for draw in draws} == {
        draw.name: 30 if draw.name == held else 0 for draw in draws
    }


@pytest.mark.parametrize(("limit", "waits"), [("ReadWrite", (9, 0)), ("Read", (9, 0)), ("Write", (0, 9))])
def test_graph_says_whether_the_writes_alone_were_too_many(limit: str, waits: tuple[float, float]) -> None:
    buckets, draws = Buckets(), drawn("POST", f"{GRAPH}/v1.0/users", "t")
    buckets.hold(draws, f"Tenant_Application/{limit}/an-application/a-tenant", 9, 0)
    assert tuple(buckets.reserve(draw, 0) for draw in draws) == waits


def test_a_customer_that_is_refused_delays_no_consent_of_another_one() -> None:
    buckets = Buckets()
    one, other = (drawn("POST", f"{PC}/v1/customers/{customer}/applicationconsents") for customer in (ONE, OTHER))
    buckets.hold(one, "", 30, 0)
    assert max(buckets.reserve(draw, 0) for draw in other) == 0
    assert max(buckets.reserve(draw, 0) for draw in one) == 30


def test_the_headers_of_resource_manager_lower_the_bucket_that_they_speak_of() -> None:
    buckets, draws = Buckets(), drawn("PUT", NETWORK)
    other = drawn("PUT", NETWORK.replace(ONE, OTHER))
    headers = {
        "X-Ms-RateLimit-Remaining-Subscription-Writes": "1",
        "x-ms-ratelimit-remaining-subscription-global-writes": "2999",
        "x-ms-ratelimit-remaining-subscription-reads": "0",
        "x-ms-ratelimit-remaining-tenant-writes": "many",
    }
    buckets.learn(draws, headers, 0)
    assert buckets.reserve(draws[0], 0) == 0
    assert buckets.reserve(draws[0], 0) == pytest.approx(0.1)
    assert buckets.reserve(other[0], 0) == 0


@pytest.mark.parametrize(
    ("quota", "calls", "seconds"),
    [(quotas.ARM_READS, 5000, 190), (quotas.ARM_WRITES, 1000, 80), (quotas.PARTNER_CENTER, 1500, 120)],
)
def test_the_floor_is_arithmetic(quota: Quota, calls: int, seconds: float) -> None:
    bucket = Bucket(quota)
    waits = [bucket.reserve(1, 0) for _ in range(calls)]
    assert quota.floor(calls) == seconds
    assert waits[-1] == pytest.approx(seconds)
    assert quota.floor(quota.size) == waits[quota.size - 1] == 0
