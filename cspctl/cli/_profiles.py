"""The accounts of one run: which manifests go to which, each with its own services, and one plan over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import httpx

from cspctl import config, limits, manifest, profiles, refs, storage
from cspctl.changes import Plan
from cspctl.cli import _secrets, _session
from cspctl.cloud import Clock, Cloud, connect
from cspctl.config import Profile
from cspctl.errors import BadInput, CspctlError, Problem
from cspctl.estimate import PARALLELISM
from cspctl.facts import facts
from cspctl.inventory import Entry
from cspctl.journal import Journal
from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.profiles import DEFAULT
from cspctl.pruning import Pruned, pruned
from cspctl.record import Record
from cspctl.resource import Key, Resource
from cspctl.seen import Seen, Unread
from cspctl.sink import Sink

if TYPE_CHECKING:
    from cspctl.simulator import Simulator

TIMEOUT = 60.0
LOOKS, PAUSE = 20, 15.0
"""How often, and with how many seconds between, apply looks again for what an earlier run has just made."""


@dataclass
class Account:
    """One Partner Center account of this run."""

    name: str
    profile: Profile
    cloud: Cloud
    folder: Path
    """Where its one-time secrets, its tokens and (unless the profile says otherwise) its journal are kept."""
    journal: Journal
    """What earlier runs have written down, and where this one does."""
    resources: list[Resource] = field(default_factory=list)


@dataclass
class Look:
    """One look at one account's world, and the plan that follows from it."""

    account: Account
    records: dict[Key, Record]
    seen: Seen
    plan: Plan
    vanished: Sequence[Entry] = ()
    """What was to be pruned and has gone already."""
    failed: bool = False
    """Whether nothing could be looked at."""


@dataclass
class Joint:
    """The looks at all accounts of a run, and one plan over them."""

    looks: list[Look]
    plan: Plan


def configured(options: dict[str, Any]) -> dict[str, Profile]:
    """All profiles of the configuration; none where the simulator does without one."""
    if options["simulate"] and not Path(config.FILE).is_file():
        return {}
    return config.load_all(Path())


def names(options: dict[str, Any]) -> list[str]:
    """The profiles that are meant: those asked for, or all."""
    known = configured(options)
    return list(config.chosen(known, options["profiles"] if known else ())) or [DEFAULT]


def load(options: dict[str, Any], paths: tuple[Path, ...], offline: bool = False) -> dict[str, list[Resource]]:
    """The resources of the given files and folders by profile; of one without a name if nothing is configured."""
    known = configured(options) if Path(config.FILE).is_file() or not offline else {}
    asked = options["profiles"] if known else ()
    config.chosen(known, asked)
    resources = _session.load(paths, lambda found: profiles.claimed_twice(found, known))
    if not known:
        return {DEFAULT: resources}
    found = profiles.bound(resources, known, asked)
    if not found:
        raise click.UsageError(f"no manifest here belongs to profile {' or '.join(asked)}")
    return found


def everything(parts: dict[str, list[Resource]]) -> list[Resource]:
    """The resources of all profiles."""
    return [resource for mine in parts.values() for resource in mine]


def beyond(options: dict[str, Any], parts: dict[str, list[Resource]]) -> list[Problem]:
    """What the manifests ask of their accounts that these are not allowed."""
    known = configured(options) if Path(config.FILE).is_file() else {}
    return [p for name, mine in parts.items() if name in known for p in limits.beyond(mine, known[name], name)]


@contextmanager
def accounts(options: dict[str, Any], parts: dict[str, list[Resource]]) -> Iterator[list[Account]]:
    """The account of each profile, ready to be asked. One that cannot be is an error of its own customers only."""
    with ExitStack() as stack:
        yield [stack.enter_context(opened(options, name, mine)) for name, mine in parts.items()]


@contextmanager
def opened(options: dict[str, Any], name: str, resources: Iterable[Resource] = ()) -> Iterator[Account]:
    """One account: its real services, a served simulator, or the simulator in this process."""
    known = configured(options)
    profile = known.get(name)
    if options["simulate"]:
        folder = simulated_folder(known, name)
        with _simulator(folder, profile) as running, _client(running) as client:
            cloud = _simulated(running, client, profile, folder)
            with closing(storage.at(folder / "journal")) as kept:
                yield Account(name, cloud.profile, cloud, folder, Journal(kept), list(resources))
        return
    assert profile is not None, "without the simulator there is a configuration"
    _session.keep_out_of_git()
    with _client(profile) as client:
        folder = _session.FOLDER
        cloud = connect(profile, client, Clock(), Sink(folder / "secrets"), folder / "tokens" / f"{name}.json")
        with closing(_kept(profile, cloud, folder)) as kept:
            yield Account(name, profile, cloud, folder, Journal(kept), list(resources))


def _kept(profile: Profile, cloud: Cloud, folder: Path) -> storage.Storage:
    """Where the account's journal and inventory are: in a container, or beside its manifests."""
    if profile.storage is None:
        return storage.at(folder / "journal")
    from cspctl.cloud.storage_token import StorageToken

    secret = profile.storage.secret
    credential: Any = None if secret else StorageToken(cloud.auth)
    return storage.at(profile.storage.container, secret, credential)


@contextmanager
def _client(to: Profile | Simulator) -> Iterator[httpx.Client]:
    transport: httpx.BaseTransport | None = None
    if not isinstance(to, Profile):
        transport = httpx.WSGITransport(app=to)
    elif to.simulator:
        from cspctl.cloud.served import Diverted

        transport = Diverted(to.simulator, to.ca_file)
    with httpx.Client(transport=transport, timeout=TIMEOUT) as client:
        yield client


def simulated_folder(known: dict[str, Profile], name: str) -> Path:
    """Where what is simulated for a profile is kept; several profiles have a world each."""
    return _session.SIMULATED / name if len(known) > 1 else _session.SIMULATED


def chosen_folder(options: dict[str, Any]) -> Path:
    """The folder of the one simulated world that is meant. With several profiles, --profile has to say which."""
    meant = names(options)
    if len(meant) > 1:
        said = f"say one, such as cspctl --profile {meant[0]} simulator …"
        raise click.UsageError(f"each profile has a simulated world of its own: {said}")
    return simulated_folder(configured(options), meant[0])


@contextmanager
def simulator() -> Iterator[Simulator]:
    """The simulator of the command that runs, with its state in a file beside the manifests."""
    options = _options()
    folder = chosen_folder(options)
    known = configured(options)
    with _simulator(folder, next((p for n, p in known.items() if simulated_folder(known, n) == folder), None)) as found:
        yield found


@contextmanager
def simulated() -> Iterator[Cloud]:
    """Our services over that simulator."""
    with simulator() as running, _client(running) as client:
        yield _simulated(running, client, None, chosen_folder(_options()))


def _options() -> dict[str, Any]:
    options: dict[str, Any] = click.get_current_context().find_root().obj
    return {**options, "simulate": True}


@contextmanager
def _simulator(folder: Path, profile: Profile | None) -> Iterator[Simulator]:
    _session.keep_out_of_git()
    folder.mkdir(parents=True, exist_ok=True)
    running = _session.simulator_of(folder / "simulator.sqlite")
    try:
        if profile is not None:
            country = {"country": profile.market} if profile.market else {}
            running.account(sandbox=profile.sandbox, tier=profile.tier, **country)
        yield running
    finally:
        running.close()


def _simulated(running: Simulator, client: httpx.Client, profile: Profile | None, folder: Path) -> Cloud:
    """The simulator at Microsoft's own addresses, as the kind of account that the profile describes."""
    known = running.profile
    held = Profile(
        partner_tenant_id=known["partnerTenantId"],
        client_id=known["clientId"],
        client_secret=config.Held.model_validate({"text": known["clientSecret"]}),
        refresh_token=config.Held.model_validate({"text": known["refreshToken"]}),
    )
    if profile is not None:
        kept = {name: getattr(profile, name) for name in ("cloud", "market", "tier", "sandbox")}
        held = held.model_copy(update=kept)
    clock = Clock(running.clock.now, running.clock.sleep, jumps=True)
    return connect(held, client, clock, Sink(folder / "secrets"), folder / "tokens.json")


@dataclass(frozen=True)
class Wishes:
    """What a command line wants of a plan: what is chosen, what may go with its contents, whose secrets are sent."""

    chosen: set[Key] | None = None
    contents: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    parallelism: int = PARALLELISM
    prune: bool = False


def look(ready: Sequence[Account], wishes: Wishes, patient: bool = False) -> Joint:
    """Observe what the chosen resources of each account need, and plan; several accounts make one plan."""
    known = [resource for account in ready for resource in account.resources]
    for option, keys in (("--rotate", wishes.rotate), ("--allow-delete-contents", wishes.contents)):
        for key in keys:
            if not manifest.selected(known, {key}):
                raise _session.no_such(option, key, known)
    looks = []
    for account in ready:
        try:
            looks.append(_look(account, wishes, patient))
        except CspctlError as error:
            if len(ready) == 1:
                raise
            looks.append(_failed(account, wishes.chosen, error))
        _session.notices(account.cloud.auth.cache.notices)
    joint = profiles.joined([one.plan for one in looks])
    _session.notices(_secrets.warnings(joint))
    return Joint(looks, joint)


def _look(account: Account, wishes: Wishes, patient: bool) -> Look:
    cloud, records, chosen = account.cloud, account.journal.records(), wishes.chosen
    wanted = manifest.narrowed(account.resources, chosen)
    problems = tuple(limits.beyond(wanted, account.profile, account.name))
    barred = {problem.group for problem in problems}
    everything = [r for r in account.resources if r.key.group not in barred]
    resources = manifest.narrowed(everything, chosen)
    if resources:  # one that cannot sign in is an error at once, and not one for each of its scopes
        cloud.auth.token(cloud.partner.base, cloud.profile.partner_tenant_id, user=False)
    inside = {resource.key for resource in resources}
    outside = {key: needs for key, needs in refs.needs_of(everything).items() if key not in inside}
    allowed, rotate = (
        manifest.selected(resources, frozenset(keys)) or set() for keys in (wishes.contents, wishes.rotate)
    )
    cloud.http.turns.tell = partial(click.echo, err=True)
    for remaining in range(LOOKS if patient else 0, -1, -1):
        seen = observe(resources, cloud, records, wishes.parallelism, rotate)
        gone = _pruned(account, resources, seen) if wishes.prune else Pruned()
        targets = None if chosen is None else chosen | {r.key for r in gone.resources}
        everyone = [*resources, *gone.resources]
        made = plan(everyone, seen, records, targets, allowed, outside, rotate)
        made = replace(made, notes=(*made.notes, *gone.notes))
        young = [state.reason for state in seen.states.values() if isinstance(state, Unread) and state.passing]
        if not remaining or not (young or made.doubtful_until):
            break
        pause = (made.doubtful_until - seen.at).total_seconds() if made.doubtful_until else PAUSE
        click.echo(
            f"Waiting {pause:.0f} s: {young[0] if young else 'an earlier run may have created something'}", err=True
        )
        cloud.clock.sleep(pause)
    problems += tuple(limits.changes_beyond(made, account.profile))
    return Look(account, records, seen, replace(made, problems=(*problems, *made.problems)), gone.vanished)


def _pruned(account: Account, resources: Sequence[Resource], seen: Seen) -> Pruned:
    """What cspctl has made for the customers of this run and no manifest describes any more."""
    groups = {resource.key.group for resource in resources}
    return pruned(account.journal.known, account.resources, seen, account.cloud, groups)


@contextmanager
def held(looks: Sequence[Look], left_out: Iterable[str]) -> Iterator[dict[str, CspctlError]]:
    """Hold all customers about whom something is to be written down; gives those that cannot be held, with the reason.

    At the end, what this run has written is added to their inventories.
    """
    refused: dict[str, CspctlError] = {}
    with ExitStack() as stack:
        for one in looks:
            journal, now = one.account.journal, one.account.cloud.clock.now()
            stack.callback(journal.release)
            journal.kept.ready(writing=True)
            refused |= journal.hold(_to_be_held(one) - set(left_out), now)
        yield refused
        for one in looks:
            _add_up(one)


def _to_be_held(one: Look) -> set[str]:
    changed = {change.desired.key.group for change in one.plan.changes}
    begun = {key.group for key, record in one.records.items() if record.open}
    stale = one.account.journal.stale(facts(one.account.resources, one.seen))
    mine = {resource.key.group for resource in one.account.resources}
    return (changed | begun | stale | {entry.key.group for entry in one.vanished}) & mine


def _add_up(one: Look) -> None:
    journal, now = one.account.journal, one.account.cloud.clock.now()
    told = facts(one.account.resources, one.seen)
    for entry in one.vanished:
        if entry.key.group in journal.locks:  # somebody else has deleted it: there is nothing left to be pruned
            journal.done(entry.key, "delete", entry.id, now)
    for group in list(journal.locks):
        try:
            journal.fold(group, told)
        except CspctlError as error:  # the journal has all of it: the next run adds it up
            click.echo(f"{group}: the inventory could not be written: {error}", err=True)


def _failed(account: Account, chosen: set[Key] | None, error: CspctlError) -> Look:
    """Nothing could be looked at, so nothing of these customers is planned."""
    groups = sorted({resource.key.group for resource in manifest.narrowed(account.resources, chosen)})
    found = error.problems if isinstance(error, BadInput) else (Problem(config.FILE, str(error)),)
    problems = tuple(
        Problem(p.where, f"{group}: profile {account.name}: {p.what}", p.remedy, group)
        for group in groups
        for p in found
    )
    now = account.cloud.clock.now()
    return Look(account, {}, Seen(now), Plan(now, (), problems=problems), failed=True)
