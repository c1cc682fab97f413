"""Lines on a terminal: broken between words, what goes on below what it goes on with, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from cspctl.render.wrap import wrapped

WORDS = st.lists(st.text(st.sampled_from("abcäö日-/"), min_size=1, max_size=12), min_size=1, max_size=40).map(" ".join)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("    ! key: waits for a person", "    ! key: waits\n      for a\n      person"),
        ("  -/+ key  # must be replaced", "  -/+ key  # must\n      be replaced"),
        ("   !! key: it was renamed", "   !! key: it was\n      renamed"),
        ("✗ agent: the person is no agent", "✗ agent: the\n  person is no\n  agent"),
        ("  0:59  key  failed: too late", "  0:59  key\n        failed:\n        too late"),
        ("  a.yaml:1: it is wrong", "  a.yaml:1: it is\n    wrong"),
        ("short", "short"),
        ("", ""),
    ],
)
def test_the_rest_of_a_line_stands_below_its_words(line: str, shown: str) -> None:
    assert wrapped(Text(line), 17).plain == shown


def test_an_address_is_never_broken() -> None:
    url = "https://admin.microsoft.com/" + "x" * 60
    lines = wrapped(Text(f"    ! send this: {url} please"), 40).plain.splitlines()
    assert lines[1:] == [f"      {url}", "      please"]


@given(WORDS, st.sampled_from(["", "  ", "    + ", "✓ "]), st.integers(12, 80))
def test_no_word_is_broken_or_lost_and_no_line_is_too_long(words: str, before: str, width: int) -> None:
    lines = wrapped(Text(before + words), width).plain.split("\n")
    assert " ".join(lines).split() == (before + words).split()
    longest = max(cell_len(word) for word in words.split())
    assert all(cell_len(line) <= max(width, width // 2 + longest) for line in lines)


@given(st.lists(WORDS, max_size=4))
def test_line_ends_stay(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert wrapped(Text(text), 1000).plain == text


def test_colours_stay_with_their_words() -> None:
    text = wrapped(Text("plain words ").append("and green ones", "green"), 12)
    green = {text.plain[span.start : span.end].strip() for span in text.spans if span.style == "green"}
    assert " ".join(sorted(green)) == "and green ones"
