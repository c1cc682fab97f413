"""The documentation is true: its commands print what it shows, its recipe works, its links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Generic

import click
import pytest
from pydantic import BaseModel

from cspctl import config, errors, fields
from cspctl.cli import COMMANDS, cspctl
from cspctl.kinds import registry
from cspctl.resource import Resource
from cspctl.schema import file_name
from cspctl.simulator.people import ACTS
from scripts import run_docs
from scripts.generate_docs import snake
from tests.world import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", run_docs.DOCUMENTS, ids=str)
def test_commands_print_what_is_shown(document: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = list(run_docs.session(ROOT / document, tmp_path))
    assert len(commands) > 5
    for ran in commands:
        assert ran.as_shown, f"$ {ran.command}\n{ran.printed}\n(the document shows)\n{ran.shown}\nrun: make docs"


def test_another_output_would_be_noticed() -> None:
    shown = "  0:01  a  done [1/2]\n  0:02  b  done [2/2]\nApplied: 2 done, 0 failed.\n"
    assert run_docs.Ran(
        "", shown, 0, "  0:09  b  done [1/2]\n  0:09  a  done [2/2]\nApplied: 2 done, 0 failed."
    ).as_shown
    assert not run_docs.Ran("", shown, 0, "  0:09  b  done [1/2]\nApplied: 2 done, 0 failed.").as_shown
    assert not run_docs.Ran("", shown, 0, shown + "Error: more\n").as_shown
    assert not run_docs.Ran("", "No changes.\n", 0, "No changes. 1 unknown.\n").as_shown
    assert run_docs.Ran("", "a\n…\nd\n", 0, "a\nb\nc\nd\n").as_shown
    assert not run_docs.Ran("", "a\n…\nd\n", 0, "a\nb\nc\n").as_shown


JOINED = ("examples", "broken_manifests", "schema", "arm_mapping", "manifest", "generated", "architecture")


def test_the_recipe_for_a_kind_works_as_it_is_written(tmp_path: Path) -> None:
    for folder in ("cspctl", "examples", "scripts", "tests", "docs", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "simulator_*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert not list(run_docs.session(ROOT / "docs" / "adding-a-kind.md", tmp_path))  # saves the files
    variants = tmp_path / "tests" / "contract" / "variants.py"
    text = variants.read_text(encoding="utf-8")
    line = re.search(r'^"RouteTable\.routes": .*,$', (ROOT / "docs" / "adding-a-kind.md").read_text(), re.MULTILINE)
    assert line
    variants.write_text(text.replace("BY_PATH: dict[str, Any] = {\n", f"BY_PATH: dict[str, Any] = {{\n    {line[0]}\n"))
    for arguments in (
        ["-m", "cspctl", "schema", "--folder", "schemas"],
        ["scripts/generate_docs.py"],
        [
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/contract",
            "tests/kinds",
            "-k",
            "RouteTable or route_table",
        ],
        # A new kind is no reason for any other test to change.
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/test_{name}.py" for name in JOINED)],
    ):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env={"PYTHONPATH": "."}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


@pytest.mark.parametrize("kind", sorted(registry()))
def test_every_kind_has_its_files(kind: str) -> None:
    assert (ROOT / "docs" / "kinds" / f"{kind}.md").is_file()
    assert (ROOT / "examples" / f"{snake(kind)}.yaml").is_file()
    assert (ROOT / "schemas" / file_name(registry()[kind])).is_file()


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for each, inner in command.commands.items():
            yield from commands(inner, f"{name} {each}")


def test_every_command_and_option_is_documented() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    found = dict(commands(cspctl, "cspctl"))
    for name in COMMANDS:
        found |= dict(commands(importlib.import_module(f"cspctl.cli.{name}").command, f"cspctl {name}"))
    assert sections.keys() == found.keys()
    for name, command in found.items():
        for option in (p for p in command.params if isinstance(p, click.Option)):
            assert all(f"`{text}`" in sections[name] for text in option.opts), (name, option.opts)
            assert option.help, f"{name} {option.opts} has no help"


def test_the_profiles_of_the_tutorial_are_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    (block,) = [b["text"] for b in run_docs.BLOCK.finditer(page) if b["text"].startswith("profiles:")]
    (tmp_path / config.FILE).write_text(block, encoding="utf-8")
    assert config.load(tmp_path).sandbox is False
    assert config.load(tmp_path, "sandbox").sandbox is True


def test_signing_in_names_all_that_a_profile_can_say(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "signing-in.md").read_text(encoding="utf-8")
    (block,) = [b["text"] for b in run_docs.BLOCK.finditer(page) if b["text"].startswith("profiles:")]
    (tmp_path / config.FILE).write_text(block, encoding="utf-8")
    assert list(config.load_all(tmp_path)) == ["us", "europe"]
    known = {info.alias or name for name, info in config.Profile.model_fields.items()}
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == known


def test_the_contract_names_all_that_a_kind_can_say() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    engine = {"key", "meta", "problem", "where", "where_is", "locate", "shape", "from_live", "metadata"}
    inherited = {name for base in (BaseModel, Generic) for name in dir(base)}
    verbs = {name for name in vars(Resource) if not name.startswith("_")} - inherited - engine
    marks = {
        name for name, value in vars(fields).items() if isinstance(value, type) and value.__module__ == fields.__name__
    }
    named = set(re.findall(r"`(\w+)[`(]", page))
    assert verbs | (marks - {"Shape"}) <= named


@pytest.mark.parametrize("name", ["architecture.md", "contract.md", "adding-a-kind.md", "simulator.md"])
def test_modules_that_are_named_exist(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    new = ("route_table.py", "test_route_table.py")  # what the recipe adds
    for path in re.findall(r"`([\w/]+\.py)`", page):
        there = [ROOT / path, ROOT / "cspctl" / path, ROOT / "cspctl" / "kinds" / "azure" / path]
        assert path.endswith(new) or any(p.is_file() for p in there), path


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    for name, code in vars(errors).items():
        if name.startswith("EXIT_"):
            assert re.search(rf"^\| {code} \||\b{code} wrong use", page, re.MULTILINE), name


def test_everything_that_people_do_in_the_simulator_is_documented() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == ACTS.keys()


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets
