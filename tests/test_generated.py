"""What is generated is what the code would generate now: `make fix` mends these."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cspctl.cli import cspctl
from scripts import generate_docs
from tests.world import ROOT


def test_schemas_are_fresh(tmp_path: Path) -> None:
    result = CliRunner().invoke(cspctl, ["schema", "--folder", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    expected = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "schemas").iterdir()}
    assert there.keys() == expected.keys(), "run: make schemas"
    stale = [name for name in expected if there[name] != expected[name]]
    assert not stale, "run: make schemas"


@pytest.mark.parametrize("path", sorted(generate_docs.pages()), ids=str)
def test_page_is_fresh(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == generate_docs.pages()[path], "run: make docs"


def test_no_page_is_left_of_a_kind_that_is_gone() -> None:
    there = {path.relative_to(ROOT) for path in (ROOT / "docs" / "kinds").glob("*.md")}
    assert there <= generate_docs.pages().keys(), "run: make docs"
