"""Where code may live and what it may import: the one place that lists the layers. Arrows point down only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "cspctl"
LAYERS = (
    "errors fields graph markets quotas",
    "source overlay",
    "config diff part rows",
    "resource",
    "refs record sink wording",
    "secret storage inventory",
    "changes cloud journal seen",
    "guards meaning beside",
    "plan kinds rules limits profiles facts estimate",
    "joint",
    "manifest observe pruning schema doctor",
    "patience describe",
    "steps",
    "apply",
    "render",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names.split()}
ONLY = {
    "yaml": ("source",),
    "deepdiff": ("diff",),
    "msal": ("cloud/auth",),
    "jwt": ("cloud/auth",),
    "azure": ("kinds/azure/_arm", "storage/blob", "storage/lease", "storage/refusal"),
    "filelock": ("storage/local",),
    "httpx": ("cloud/", "cli/"),
    "rich": ("cli/", "render/"),
    "click": ("cli/",),
}
PURE = ("plan", "estimate", "quotas", "changes", "diff", "overlay", "graph", "seen", "record", "refs")
PURE += ("guards", "meaning", "beside", "fields", "wording")
PURE += ("inventory/__init__", "inventory/document", "inventory/prune")
IO = {
    "asyncio",
    "http",
    "os",
    "pathlib",
    "random",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
}
IO |= {"time", "urllib", "uuid", "logging", "secrets", "io", "sys", *ONLY} - {"deepdiff"}
FILES = sorted(ROOT.rglob("*.py"))
OURS = [file for file in FILES if "simulator" not in file.relative_to(ROOT).parts[:1]]


def named(file: Path) -> str:
    return str(file.relative_to(ROOT).with_suffix("")).replace("\\", "/").removesuffix("/__init__")


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions and by importlib, but not those for types alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: relative import; write the module's whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("import_module", "__import__"):
            yield ast.unparse(node.args[0]).strip("f'\"")


@pytest.mark.parametrize("file", FILES, ids=named)
def test_only_its_one_owner_imports_a_library(file: Path) -> None:
    for name in imports(file):
        owners = ONLY.get(name.partition(".")[0])
        if owners and (not named(file).startswith("simulator") or name.startswith(("azure", "msal", "yaml", "rich"))):
            mine = named(file) + "/"
            assert any(mine.startswith(owner if owner.endswith("/") else owner + "/") for owner in owners), (
                f"only {' and '.join(owners)} may import {name}"
            )


@pytest.mark.parametrize("file", OURS, ids=named)
def test_imports_point_downwards(file: Path) -> None:
    me, *rest = named(file).split("/")
    if me == ".":
        assert not list(imports(file)) or all(name.startswith("__future__") for name in imports(file))
        return
    for name in imports(file):
        top, *parts = name.split(".")
        if top != "cspctl" or not parts or parts[0].startswith("__"):
            continue
        assert parts[0] != "simulator" or me == "cli", "only cli may import the simulator"
        if parts[0] == me == "kinds":
            shared = parts[1].startswith("_")  # what the kinds of several APIs need
            assert not rest or shared or parts[1] == rest[0], f"{named(file)} and {name}: each of the APIs on its own"
            assert not rest or shared or parts[2].startswith("_"), f"{named(file)} and {name} must not know each other"
        elif parts[0] != me and parts[0] in RANK:
            assert RANK[parts[0]] < RANK[me], f"{me} must not import {parts[0]}"


def test_every_module_has_a_layer() -> None:
    tops = {named(file).split("/")[0] for file in OURS} - {"__init__", "."}
    assert tops == RANK.keys()


@pytest.mark.parametrize("file", [f for f in FILES if f not in OURS], ids=named)
def test_the_simulator_imports_nothing_of_ours(file: Path) -> None:
    ours = [name for name in imports(file) if name.split(".")[0] == "cspctl" and name.split(".")[1] != "simulator"]
    assert not ours, "both sides agree only through HTTP"


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_import_no_library_that_touches_the_world(name: str) -> None:
    assert not {top for module in imports(ROOT / f"{name}.py") if (top := module.partition(".")[0]) in IO}


def loaded(code: str, *arguments: str) -> set[str]:
    """The modules that a fresh interpreter has loaded when it is through. (`-X importtime` overlooks importlib.)"""
    show = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    command = [sys.executable, "-c", show + code, *arguments]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT.parent).stderr.split())


CLI = "from cspctl.cli import main; main()"


def test_the_planner_can_be_imported_without_any_client_of_a_service() -> None:
    assert not {"httpx", "msal", "jwt", "azure", "sqlite3", "click", "rich"} & loaded("import cspctl.plan")


def test_help_imports_no_kind_no_client_and_no_model() -> None:
    modules = loaded(CLI, "--help")
    assert "click" in modules
    heavy = {"azure", "msal", "pydantic", "httpx", "yaml", "rich", "werkzeug", "cspctl.kinds", "cspctl.resource"}
    assert not heavy & modules


def test_validating_imports_no_sdk_no_sign_in_and_no_simulator(tmp_path: Path) -> None:
    manifest = tmp_path / "customer.yaml"
    domain = "spec: {companyProfile: {domain: fourthcoffeecsp.onmicrosoft.com}, existing: true}\n"
    manifest.write_text(f"apiVersion: cspctl/v1\nkind: Customer\nmetadata: {{name: fourth-coffee}}\n{domain}")
    modules = loaded(CLI, "validate", str(manifest))
    assert "cspctl.kinds.partner.customer" in modules
    assert not {"azure.core", "azure.mgmt", "msal", "deepdiff", "werkzeug", "cspctl.simulator"} & modules


def functions(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, f"{named(file)}.{node.name}"


def test_functions_stay_under_50_lines_and_files_under_400(capsys: pytest.CaptureFixture[str]) -> None:
    longest = sorted((found for file in FILES for found in functions(file)), reverse=True)
    largest = sorted(
        ((len(file.read_text(encoding="utf-8").splitlines()), named(file)) for file in FILES), reverse=True
    )
    with capsys.disabled():
        pass
    assert [found for found in longest if found[0] > 50] == []
    assert [found for found in largest if found[0] > 400] == []
