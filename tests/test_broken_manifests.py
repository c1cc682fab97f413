"""Broken manifests as data: each file or folder in tests/manifests/, and beside it the exact text that a user reads.

After a message was changed on purpose, ``python -m tests.test_broken_manifests`` writes the texts anew; read the
difference as the engineer would who made the mistake: what is wrong, where, and what to do next?
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cspctl import manifest
from cspctl.errors import BadInput
from cspctl.kinds import registry

FOLDER = Path(__file__).with_name("manifests")
CASES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".txt")


def said(case: Path) -> str:
    """What loading says, with file names as seen from the folder of the cases; nothing if it finds nothing wrong."""
    before = Path.cwd()
    os.chdir(FOLDER)
    try:
        manifest.load([Path(case.name)])
    except BadInput as error:
        # A new kind is no reason to write these texts anew.
        return f"{error}\n".replace(", ".join(registry()), "<all kinds>")
    finally:
        os.chdir(before)
    return ""


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_broken_manifest_is_explained_with_file_line_reason_and_remedy(case: Path) -> None:
    assert said(case) == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_at_least_fifty_of_them_and_no_text_is_left_over() -> None:
    assert len(CASES) >= 50
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in CASES}


if __name__ == "__main__":
    for each in CASES:
        each.with_suffix(".txt").write_text(said(each), encoding="utf-8")
