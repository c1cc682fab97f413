"""Planted secrets: services that repeat in an error all that they were sent, and every output and file searched."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus, urlsplit

from cspctl.simulator import Simulator
from reliability import process, proofs, worlds
from reliability.sweep import SCENARIOS
from reliability.watched import Watched, requests

PASSWORD, SAS = "PROOF_PASSWORD", "PROOF_SAS"
USER = """
apiVersion: cspctl/v1
kind: User
metadata: {name: donovan, customer: fourth-coffee}
spec:
  userPrincipalName: donovan@fourthcoffeecsp.onmicrosoft.com
  displayName: Donovan Luong
  firstName: Donovan
  lastName: Luong
  usageLocation: US
  password: {env: PROOF_PASSWORD, version: "1"}
"""
CONTAINER = "https://127.0.0.1:9/devstoreaccount1/cspctl"
"""Where nobody answers."""
QUIET = (
    ("validate",),
    ("plan",),
    ("plan", "--output", "json"),
    ("plan", "--output", "markdown"),
    ("apply", "--auto-approve"),
    ("plan", "--rotate", "fourth-coffee/User/donovan"),
    ("apply", "--auto-approve", "--rotate", "fourth-coffee/User/donovan"),
)
"""What is run where nothing goes wrong."""


class Echoing(Watched):
    """Microsoft's services, of which one answers with an error that holds all it was sent."""

    at: ClassVar[int] = -1

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if len(requests(self.path.parent)) != self.at:
            return super().__call__(environ, start_response)
        self._noted(environ)
        sent = environ["wsgi.input"].getvalue().decode("utf-8", errors="replace")
        echo = f"{sent} {environ.get('HTTP_AUTHORIZATION', '')} {environ.get('QUERY_STRING', '')}"
        sign_in = environ.get("HTTP_HOST", "").startswith("login.")
        body: dict[str, Any] = {"error": "invalid_request", "error_description": f"AADSTS90002: {echo}"}
        if not sign_in:
            body = {"code": "Echo", "description": echo, "error": {"code": echo[:30], "message": echo}}
        start_response("400 Bad Request", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]


@dataclass(frozen=True)
class Case:
    """The request that is answered by an echo; -1 for none."""

    number: int

    def __str__(self) -> str:
        """How to see it again, alone."""
        return f"python -m reliability secrets --echo {self.number}"


@dataclass(frozen=True)
class Found:
    """What was searched for one case, and where a secret was."""

    case: Case
    outputs: int
    wrong: tuple[str, ...]


def plant() -> None:
    """Put secrets into the environment: a password with all that could be escaped, and a SAS."""
    os.environ[PASSWORD] = f'Pä+/&"%\\ {secrets.token_urlsafe(12)}'
    os.environ[SAS] = f"sv=2023-11-03&sp=rwdl&sig={quote(secrets.token_urlsafe(24) + '+/=')}"


def forms(secret: str) -> set[str]:
    """A secret as it is, and as JSON and forms write it."""
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *_as_json(secret)}


def _as_json(secret: str) -> Iterator[str]:
    yield from (json.dumps(secret, ensure_ascii=ascii)[1:-1] for ascii in (True, False))


def prepared(folder: Path) -> tuple[worlds.World, int]:
    """A world with the planted secrets, and how many requests applying it makes."""
    manifests = folder / "manifests"
    shutil.copytree(SCENARIOS / "fourth-coffee", manifests)
    (manifests / "donovan.yaml").write_text(USER, encoding="utf-8")
    template = worlds.template(folder / "template", manifests, served=False)
    with worlds.copied(template, folder / "counted") as world:
        world.apply()
        return template, len(requests(world.place))


def judge(folder: Path, workers: int, only: int | None = None) -> Iterator[Found]:
    """What was found in all cases."""
    plant()
    template, count = prepared(folder)
    cases = [Case(number) for number in range(-1, count) if only in (None, number)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_judged, [(template, case, folder / f"case-{case.number}") for case in cases])
    yield _storage(folder / "storage", template)


def _judged(work: tuple[worlds.World, Case, Path]) -> Found:
    return judged(*work)


def judged(template: worlds.World, case: Case, folder: Path) -> Found:
    """Run what a case is about, and search all that it left behind."""
    with worlds.copied(template, folder) as world:
        Echoing.at = case.number
        for arguments in QUIET if case.number < 0 else (("apply", "--auto-approve", "--parallelism", "1"),):
            ran = process.run(world.folder, "-v", *arguments, str(world.manifests), services=Echoing)
            world.runs.append(ran)
        return Found(case, len(world.runs), tuple(_leaks(world)))


def _leaks(world: worlds.World) -> Iterator[str]:
    sas = os.environ[SAS]
    planted = {*proofs.planted(world), os.environ[PASSWORD], sas, *_parameters(sas)}
    yield from proofs.leaks(world, {form for secret in planted for form in forms(secret)})


def _parameters(sas: str) -> list[str]:
    return [part.removeprefix("sig=") for part in urlsplit(f"//x/?{sas}").query.split("&") if part.startswith("sig=")]


def _storage(folder: Path, template: worlds.World) -> Found:
    """A container that does not answer, opened with a SAS."""
    shutil.copytree(template.folder, folder)
    world = worlds.World(folder, template.manifests, served=False)
    found = Simulator(world.state)
    known = found.profile
    found.close()
    os.environ |= dict(zip(worlds.SECRETS, (known["clientSecret"], known["refreshToken"]), strict=True))
    profile = worlds.PROFILE.format(**known, authority="missing.pem").replace("PORT", "9")
    storage = f"    storage: {{container: '{CONTAINER}', secret: {{env: {SAS}}}}}\n"
    (folder / "cspctl.yaml").write_text(profile + storage, encoding="utf-8")
    command = ("-v", "apply", "--auto-approve", str(world.manifests))
    world.runs.append(process.run(folder, *command, state=world.state))
    return Found(Case(-2), len(world.runs), tuple(_leaks(world)))


def table(found: Sequence[Found]) -> Iterator[str]:
    """How much was searched, and what was found."""
    outputs = sum(each.outputs for each in found)
    yield f"{outputs} outputs and the files of {len(found)} worlds searched for planted secrets"
    yield from (f"  VIOLATION {each.case}\n    {wrong}" for each in found for wrong in each.wrong)
