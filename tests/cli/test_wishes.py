"""What a command line asks for beyond the manifests is never silently nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cspctl.errors import EXIT_ERROR, EXIT_USAGE
from tests.cli.conftest import Run


@pytest.mark.parametrize("option", ["--rotate", "--allow-delete-contents"])
@pytest.mark.parametrize("key", ["nosuch", "PRODUCTION", ""])
def test_a_key_that_nothing_has_is_a_usage_error(run: Run, applied: Path, option: str, key: str) -> None:
    ran = run("--simulate", "plan", option, key, str(applied))
    assert ran.code == EXIT_USAGE
    assert "no such resource" in ran.err


def test_what_has_no_secret_cannot_have_one_sent(run: Run, applied: Path) -> None:
    ran = run("--simulate", "plan", "--rotate", "production", str(applied))
    assert ran.code == EXIT_ERROR
    assert "it has no secret that could be sent anew" in ran.err
