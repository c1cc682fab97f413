"""The jobs of docs/pull-requests.md do what the page says, against a stand-in for the two services' comment APIs."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.world import ROOT, SCENARIO

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "jq"))), reason="needs bash, curl and jq, as the jobs do"
)
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "pull-requests.md").read_text(), re.MULTILINE | re.DOTALL)
GITHUB, GITLAB = (yaml.safe_load(block) for block in BLOCKS)
SCRIPTS = {"github": GITHUB["jobs"]["plan"]["steps"][-1]["run"], "gitlab": GITLAB["plan"]["script"][0]}
PATHS = {
    "github": "/repos/partner/estate/issues/7/comments",
    "gitlab": "/api/v4/projects/42/merge_requests/7/notes",
}
ITEM = {"github": "/repos/partner/estate/issues/comments/", "gitlab": PATHS["gitlab"] + "/"}
CHANGE = {"github": "PATCH", "gitlab": "PUT"}


class Forge:
    """Comments of one pull request, and every write that arrived."""

    def __init__(self, service: str) -> None:
        self.service, self.token = service, secrets.token_hex()
        self.comments: list[dict[str, Any]] = []
        self.writes: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.answerer())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def said(self, body: str, by: str) -> dict[str, Any]:
        number = 1 if by == "github-actions[bot]" else 2
        comment = {"id": 100 + len(self.comments), "body": body, "user": {"login": by}, "author": {"id": number}}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, target: str, sent: Any) -> tuple[int, Any]:
        url = urlsplit(target)
        query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
        if method == "GET" and url.path == "/api/v4/user":
            return 200, {"id": 1}
        if method == "GET" and url.path == PATHS[self.service]:
            first = (query["page"] - 1) * query["per_page"]
            return 200, self.comments[first : first + query["per_page"]]
        if method == "POST" and url.path == PATHS[self.service]:
            self.writes.append("POST")
            return 201, self.said(sent["body"], "github-actions[bot]")
        if method == CHANGE[self.service] and url.path.startswith(ITEM[self.service]):
            self.writes.append(method)
            (comment,) = [c for c in self.comments if str(c["id"]) == url.path.removeprefix(ITEM[self.service])]
            comment["body"] = sent["body"]
            return 200, comment
        return 404, {"message": f"{method} {target}"}

    def answerer(self) -> type[BaseHTTPRequestHandler]:
        forge = self

        class Answerer(BaseHTTPRequestHandler):
            def do(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                mine = (self.headers.get("Authorization") or "", self.headers.get("PRIVATE-TOKEN") or "")
                signed_in = f"Bearer {forge.token}" in mine if forge.service == "github" else forge.token in mine
                status, body = forge.answer(self.command, self.path, sent) if signed_in else (401, {})
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do

            def log_message(self, format: str, *arguments: Any) -> None:
                """Silent."""

        return Answerer


@pytest.fixture(params=sorted(SCRIPTS))
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    made = Forge(request.param)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(SCENARIO, tmp_path / "estate")
    return tmp_path


def job(forge: Forge, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the job's script as the service does."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CSPCTL_SIMULATE": "1",
        "NO_PROXY": "*",
        "TOKEN": forge.token,
        "NUMBER": "7",
        "GITHUB_API_URL": forge.address,
        "GITHUB_REPOSITORY": "partner/estate",
        "GITLAB_TOKEN": forge.token,
        "CI_API_V4_URL": f"{forge.address}/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
    }
    command = ["bash", "-e", "-o", "pipefail", "-c", SCRIPTS[forge.service]]
    return subprocess.run(command, env=environment, cwd=checkout, capture_output=True, text=True)


def test_the_first_push_writes_the_comment_and_the_next_replaces_it(forge: Forge, checkout: Path) -> None:
    first = job(forge, checkout)
    assert first.returncode == 0, first.stderr
    network = checkout / "estate" / "network.yaml"
    network.write_text(network.read_text().replace("192.168.0.4", "192.168.0.77"))
    assert job(forge, checkout).returncode == 0
    assert forge.writes == ["POST", CHANGE[forge.service]]
    (comment,) = forge.comments
    assert comment["body"].startswith("<!-- cspctl-plan: default -->\n### cspctl plan\n")
    assert '"192.168.0.77"' in comment["body"]
    assert re.search(r"cspctl --simulate apply estate --expect [0-9a-f]{16}", comment["body"])


def test_its_own_comment_is_found_among_hundreds_and_nobody_elses_is_touched(forge: Forge, checkout: Path) -> None:
    foreign = [forge.said("<!-- cspctl-plan: default -->\nmine", "somebody") for _ in range(150)]
    forge.said("quoted: <!-- cspctl-plan: default -->", "github-actions[bot]")
    forge.said("<!-- cspctl-plan: sandbox -->\nanother profile", "github-actions[bot]")
    own = forge.said("<!-- cspctl-plan: default -->\nold", "github-actions[bot]")
    assert job(forge, checkout).returncode == 0
    assert forge.writes == [CHANGE[forge.service]]
    assert "Plan: " in own["body"]
    assert {comment["body"] for comment in foreign} == {"<!-- cspctl-plan: default -->\nmine"}


def test_what_is_wrong_with_a_manifest_is_in_the_comment_and_fails_the_job(forge: Forge, checkout: Path) -> None:
    assert job(forge, checkout).returncode == 0
    network = checkout / "estate" / "network.yaml"
    network.write_text(network.read_text().replace("addressPrefixes", "adressPrefixes"))
    assert job(forge, checkout).returncode == 1
    (comment,) = forge.comments
    assert "#### Errors: nothing could be planned" in comment["body"]
    assert "adressPrefixes" in comment["body"]
    assert "Plan: " not in comment["body"]
