"""Reading YAML: plain text stays text, every problem has its line, and nothing but BadInput ever comes out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import source
from cspctl.errors import BadInput, Problem
from cspctl.source import MAX_BYTES, MAX_DEPTH, Document, Plain

PIECES = ("a", "b", ": ", "- ", "\n", "  ", "&a ", "*a", "[", "]", "{", "}", ",", "'", '"', "!x ", "|\n", ">-\n", "? ")
PIECES += ("<<: ", "---\n", "...\n", "#", "%YAML 1.1\n", "\t", "\x00", "\ufeff", "\x85", "\u2028", "é", "0x1F", "null")


def value(text: str) -> Any:
    (document,) = source.parse(text, "f.yaml")
    return document.value


def problems(text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        source.parse(text, "f.yaml")
    return [f"{problem.where} {problem.what}" for problem in caught.value.problems]


def tried(read: Callable[[], list[Document]]) -> tuple[list[Document], tuple[Problem, ...]]:
    """What was read, or why it was refused: one of them, and a refusal has its reasons."""
    try:
        return read(), ()
    except BadInput as error:
        assert error.problems
        return [], error.problems


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_any_text_is_read_or_refused_with_a_file_and_a_reason(text: str) -> None:
    documents, refusals = tried(lambda: source.parse(text, "f.yaml"))
    assert all(p.where.startswith("f.yaml") and p.what and p.remedy for p in refusals)
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 1
    for document in documents:
        assert 1 <= document.line <= lines
        assert document.locate(("nowhere", 0)).startswith("f.yaml:")


@given(data=st.one_of(st.binary(max_size=60), st.text(max_size=20).map(lambda text: text.encode("utf-16"))))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.yaml"
    file.write_bytes(data)
    _, refusals = tried(lambda: source.read(file))
    assert all(p.where.startswith(str(file)) and p.what and p.remedy for p in refusals)


@pytest.mark.parametrize("text", ["NO", "on", "1234567890", "01234", "1.10", "12:30:45", "2026-11-01", "0x1F", ".inf"])
def test_unquoted_scalars_stay_the_text_that_was_written(text: str) -> None:
    found = value(f"field: {text}")["field"]
    assert found == text
    assert type(found) is Plain


@pytest.mark.parametrize("text", ["'NO'", '"NO"', "|-\n  NO", ">-\n  NO"])
def test_quoted_scalars_and_blocks_are_text_and_nothing_else(text: str) -> None:
    found = value(f"field: {text}")["field"]
    assert found == "NO"
    assert type(found) is str


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_the_nulls_of_yaml_1_2_are_none_unless_quoted(text: str) -> None:
    assert value(f"field: {text}") == {"field": None}
    assert value(f"field: '{text}'") == {"field": text}


def test_documents_know_their_lines_and_the_lines_of_their_parts() -> None:
    text = "# first\na: 1\n---\n---\nb:\n  - c: 1\n\n  - c: 2\n    d: {e: [1,\n      2]}\n"
    first, second = source.parse(text, "f.yaml")
    assert (first.where, second.where) == ("f.yaml:2", "f.yaml:5")
    assert second.locate(("b", 1, "c")) == "f.yaml:8"
    assert second.locate(("b", 1, "d", "e", 1)) == "f.yaml:10"
    assert second.locate(("b", 1, "d", "nothing", "below")) == "f.yaml:9"
    assert second.locate(("b", 7)) == "f.yaml:5"


def test_keys_of_any_look_are_text() -> None:
    assert value("1: a\ntrue: b\n'<<': c\n") == {"1": "a", "true": "b", "<<": "c"}


def test_all_problems_of_a_text_are_found_not_only_the_first() -> None:
    text = "a: !x 1\nb: 1\nb: 2\n---\n<<: {c: 1}\nd: {e: 1, e: 2}\n"
    assert [line.split()[0] for line in problems(text)] == ["f.yaml:1", "f.yaml:3", "f.yaml:5", "f.yaml:6"]


def test_an_alias_may_repeat_a_value_but_not_contain_itself() -> None:
    assert value("a: &x {b: 1}\nc: *x\n") == {"a": {"b": "1"}, "c": {"b": "1"}}
    assert problems("a: &x [*x]\n") == ["f.yaml:1 an alias that contains itself"]


def test_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "expands to more than 200,000 values" in problems("\n".join(lines))[0]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_is_refused_beyond_its_limit_and_never_exhausts_the_stack(opening: str) -> None:
    assert "nested deeper" in problems(opening * 5000)[0]


def test_nesting_is_accepted_up_to_its_limit() -> None:
    assert value("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert "nested deeper" in problems("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[0]
    steps = "".join("  " * n + "a:\n" for n in range(200))
    assert "nested deeper" in problems(steps)[0]


def test_depth_cannot_be_hidden_behind_aliases() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))
    assert "nested deeper" in problems(chain)[0]


def test_a_file_of_100_megabytes_is_refused_without_reading_it(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(BadInput, match=f"huge.yaml: the file has 104,857,600 bytes; more than {MAX_BYTES:,} are not"):
        source.read(huge)


def test_a_byte_order_mark_belongs_to_the_file_not_to_the_text(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert source.read(file)[0].value == {"a": "1"}


def test_a_folder_gives_its_manifests_by_name_each_once(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "deep/c.yaml", ".hidden/d.yaml", ".e.yaml", "cspctl.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "b.yaml")
    found = list(source.files([tmp_path, tmp_path / "b.yaml", tmp_path / "deep"]))
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.yml", "b.yaml", "deep/c.yaml"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "manifest.txt"
    file.write_text("")
    assert list(source.files([file])) == [file]


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or folder"):
        list(source.files([tmp_path / "nowhere"]))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "locked.yaml"
    file.touch(mode=0)
    with pytest.raises(BadInput, match=r"locked.yaml: cannot be read: Permission denied"):
        source.read(file)
