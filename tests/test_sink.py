"""The place of one-time secrets: only for its owner, whole or not at all, never overwritten by half."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cspctl.errors import CspctlError
from cspctl.resource import Key
from cspctl.sink import Sink

CUSTOMER = Key("-", "Customer", "fourth-coffee")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX rights")


def test_a_secret_is_kept_word_for_word_under_its_customer(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "secrets")
    assert not sink.has(CUSTOMER, "adminPassword")
    path = sink.keep(CUSTOMER, "adminPassword", "Pä$$ \nword")
    assert sink.has(CUSTOMER, "adminPassword")
    assert path.read_text(encoding="utf-8") == "Pä$$ \nword"
    assert path.relative_to(tmp_path) == Path("secrets/fourth-coffee/Customer.fourth-coffee.adminPassword")


def test_a_later_secret_takes_the_place_of_the_earlier_one_and_leaves_no_rest(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    sink.keep(CUSTOMER, "adminPassword", "a much longer first one")
    path = sink.keep(CUSTOMER, "adminPassword", "second")
    assert path.read_text() == "second"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@posix
def test_only_its_owner_may_read_it_or_look_into_its_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = Sink(tmp_path / "secrets").keep(CUSTOMER, "adminPassword", "secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


@posix
def test_a_file_left_behind_for_all_to_read_does_not_get_the_secret(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    path = sink.path(CUSTOMER, "adminPassword")
    path.parent.mkdir(parents=True)
    path.with_name(path.name + ".new").touch(mode=0o644)
    sink.keep(CUSTOMER, "adminPassword", "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_can_be_written_is_said_to_be_fine_and_holds_nothing_yet(tmp_path: Path) -> None:
    assert Sink(tmp_path / "secrets").unwritable(CUSTOMER) == ""
    assert [path for path in (tmp_path / "secrets").rglob("*") if path.is_file()] == []


def test_a_place_that_cannot_be_written_is_named_before_and_when_it_matters(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file where the folder should be")
    sink = Sink(tmp_path / "secrets")
    assert str(tmp_path / "secrets") in sink.unwritable(CUSTOMER)
    with pytest.raises(CspctlError) as caught:
        sink.keep(CUSTOMER, "adminPassword", "hunter2")
    assert "could not be kept" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_folder_of_the_customer_that_cannot_be_written_is_found_out_when_planning(tmp_path: Path) -> None:
    """The probe must be where the secret will be, else the password of a new tenant is lost."""
    sink = Sink(tmp_path / "secrets")
    sink.folder.mkdir()
    (sink.folder / "fourth-coffee").write_text("a file where the customer's folder should be")
    with pytest.raises(CspctlError):
        sink.keep(CUSTOMER, "adminPassword", "hunter2")
    assert sink.unwritable(CUSTOMER), "planning said that secrets can be kept"
