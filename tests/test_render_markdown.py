"""A plan as a comment on a pull request: risk first, never too long, and nothing that is shown can act."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cspctl.changes import Adopt, Change, Create, Delete, Fields, Note, Plan, Replace, Update, unexpected
from cspctl.diff import MISSING, FieldChange, differences
from cspctl.errors import Problem
from cspctl.fields import Grants, Keyed
from cspctl.manifest import load
from cspctl.render.inert import code, inert, prose
from cspctl.render.markdown import LIMIT, failure_markdown, marker, plan_markdown
from cspctl.resource import Live, Metadata, Part
from tests.planning import NOW, Monument, Node, Treasure, as_wanted, live, node
from tests.test_plan import made
from tests.test_render import everything

GITHUB = 65_535
OPENING = re.compile(r"<details( open)?><summary><code>[^<>]*</code>: [^<>]*(<code>[0-9a-f]{16}</code>)?</summary>\n?")
ACTIVE = re.compile(r"[@#<>\[\]`*_~$&|\\]|://|www\.|[0-9a-fA-F]{7,}|:[a-z]\w*:")
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Right(Part):
    role: Annotated[str | None, Grants()] = None
    note: str | None = None


class Person(Node):
    """One who can be given rights: in a set, as a value, in an item."""

    roles: Annotated[list[str] | None, Keyed(), Grants()] = None
    rank: Annotated[str | None, Grants()] = None
    right: Right | None = None


def parsed(text: str) -> list[Token]:
    return PARSER.parse(text)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def section(text: str, title: str) -> str:
    found = re.search(rf"^#### {re.escape(title)}.*?(?=^#### |\Z)", text, re.M | re.S)
    return found[0] if found else ""


def size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def assert_sound(text: str) -> None:
    """Every element of the comment is one that we have put there."""
    tokens = parsed(text)
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks[0].startswith("<!-- cspctl-plan: ")
    details = blocks[1:]
    assert all(OPENING.fullmatch(block) for block in details[::2])
    assert all(block == "</details>" for block in details[1::2])
    assert len(details) % 2 == 0
    assert text.count("<!--") == 1
    assert text.count("</details>") == len(re.findall("<details(?: open)?>", text)) == len(details) // 2
    fences = [token for token in tokens if token.type == "fence"]
    assert [fence.info for fence in fences] == ["diff"] * (len(details) // 2) + ["sh"] * ("```sh" in text)
    known = {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert {token.type for token in inline(tokens)} <= known
    assert sum(token.type == "strong_open" for token in inline(tokens)) <= 1
    for token in inline(tokens):
        if token.type == "text":
            assert not re.search(r"[@#<>\[\]`*_~$&|\\]|://|www\.|[0-9a-fA-F]{7,}|:[a-z]\w*:", token.content), (
                token.content
            )
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    counted = "Refused|To be aware of|Deletions|Replacements|Role grants|Password resets|Purchases"
    titles = f"cspctl plan|Errors: .*|({counted}) .*|Customers|Next"
    assert all(re.fullmatch(titles, heading) for heading in headings)
    unseen = {unicodedata.category(character) for character in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert unseen <= {"Cc"}
    assert {character for character in text if unicodedata.category(character) == "Cc"} <= {"\n"}
    assert size(text) <= LIMIT < GITHUB


# ---- what is said


def test_the_comment_begins_with_its_mark_and_ends_with_what_to_run() -> None:
    planned = everything()
    text = plan_markdown(planned, "default")
    assert text.startswith("<!-- cspctl-plan: default -->\n### cspctl plan\n\n**Plan: 2 to create, 1 to adopt,")
    assert f"cspctl apply --expect {planned.digest}\n" in section(text, "Next")
    assert "Somebody is waited for" in section(text, "Next")
    assert_sound(text)


def test_risk_comes_before_everything_else_with_customer_key_and_why() -> None:
    text = plan_markdown(everything())
    assert section(text, "Deletions (1)").splitlines()[2].startswith("- `c/Node/removed`: deletes `/ID/removed`")
    assert "- `c/Node/rebuilt`: stone: it is carved in stone" in section(text, "Replacements (1)")
    titles = re.findall(r"^#### (\w+)", text, re.M)
    assert titles == ["Deletions", "Replacements", "Customers", "Next"]


def test_each_customer_is_folded_up_with_its_counts_and_its_digest() -> None:
    planned = everything()
    text = plan_markdown(planned)
    summaries = re.findall(r"<summary>(.*)</summary>", text)
    assert [re.match(r"<code>(\w+)</code>", one)[1] for one in summaries] == ["c", "d"]  # type: ignore[index]
    assert "1 to update, 1 to replace, 1 to delete, 1 unknown, 1 waiting for a person" in summaries[0]
    for group, digest in planned.digests().items():
        assert f"digest <code>{digest}</code>" in summaries[group == "d"]
        assert unexpected(planned, {digest}) == tuple(other for other in ("c", "d") if other != group)


def test_a_customers_part_says_what_the_terminal_says() -> None:
    (c, _, _) = [token.content for token in parsed(plan_markdown(everything())) if token.type == "fence"]
    lines = c.splitlines()
    assert "~   size: 3 -> 2" in lines
    assert "= c/Node/taken  # exists as /ID/taken" in lines
    assert "? c/Node/hidden: unknown, because 403 Forbidden" in lines
    assert "! c/Node/invited: waits for a person: accept: https://admin.microsoft.com/x" in lines
    assert "  1 more node in forest, not managed" in lines


def test_what_is_not_known_before_apply_is_said() -> None:
    one = node("a", size=2)
    planned = Plan(NOW, (Adopt(one, Fields(), None),))
    assert "(known after apply)" in plan_markdown(planned)


def test_nothing_to_do_is_said_in_a_few_lines() -> None:
    one = node("a")
    text = plan_markdown(made(one, a=as_wanted(one)))
    assert "**No changes.**" in text
    assert "There is nothing to apply." in text
    assert "####" not in text.partition("#### Next")[0]
    assert_sound(text)


def test_errors_and_refusals_come_before_risks_and_nothing_is_offered_to_run() -> None:
    stuck, kept = node("a", Monument, stone="new"), node("b", Monument, meta={"absent": True})
    text = plan_markdown(made(stuck, kept, node("fresh"), a=live(stuck, stone="old"), b=live(kept)))
    assert text.index("#### Errors: this cannot be planned (1)") < text.index("#### Refused (1)")
    assert "protected" in section(text, "Refused")
    assert "```sh" not in text
    assert_sound(text)


def test_without_risk_that_is_said() -> None:
    text = plan_markdown(made(node("a")))
    assert "No deletions, replacements, role grants, password resets or purchases." in text


def test_more_purchases_than_are_free_are_counted_in_the_command() -> None:
    nodes = [node(f"n{number}", Treasure) for number in range(6)]
    text = plan_markdown(made(*nodes))
    assert section(text, "Purchases (6)").count("a new treasure") == 6
    assert "--allow-purchase 6 --expect" in text
    assert "--allow-purchase" not in plan_markdown(made(*nodes[:5]))


def test_a_part_that_is_removed_is_a_deletion() -> None:
    one = node("a", twigs=[{"name": "long", "absent": True}])
    planned = made(one, a=live(one, twigs=[{"name": "long", "length": 2}]))
    assert "deletes `twigs[long]` of it" in section(plan_markdown(planned), "Deletions (1)")


def test_the_command_repeats_what_the_plan_was_narrowed_to() -> None:
    planned = made(node("a"))
    words = ("cspctl", "--profile", "prod", "apply", "--target", "c/Node/a", "my estate")
    text = plan_markdown(planned, "prod", words)
    assert f"cspctl --profile prod apply --target c/Node/a 'my estate' --expect {planned.digest}\n" in text
    long = plan_markdown(planned, "prod", (*words, *(f"folder-{number}" for number in range(200))))
    assert "\ncspctl apply --expect" in long
    assert "the same arguments" in long


# ---- role grants


def granted(before: dict[str, Any] | None, **after: Any) -> str:
    """The line about what a person gains."""
    wanted = node("anna", Person, **after)
    found = live(wanted, **before) if before is not None else None
    changes = differences(Person.shape(), before or {}, after)
    compared = Fields(changes)
    change: Change = Update(wanted, compared, found) if found else Create(wanted, compared)
    return section(plan_markdown(Plan(NOW, (change,))), "Role grants (1)")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {"roles": ["Global Administrator"]}, '`roles: "Global Administrator"`'),
        ({"roles": ["Reader"]}, {"roles": ["Reader", "Owner"]}, '`roles: "Owner"`'),
        ({"rank": "Reader"}, {"rank": "Owner"}, '`rank: "Owner"`'),
        ({}, {"rank": "Owner", "right": {"role": "Admin"}}, '`rank: "Owner"`, `right.role: "Admin"`'),
    ],
    ids=["new", "one more", "another", "several"],
)
def test_every_right_that_is_gained_is_named(before: Any, after: Any, said: str) -> None:
    assert (
        granted(before, **after).splitlines()[2] == f"- `c/Person/anna`: gives {said}, because `c/Person/anna` says so"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"roles": ["Reader", "Owner"]}, {"roles": ["Reader"]}),
        ({"size": 2}, {"size": 3}),
        ({"rank": "Owner"}, {"rank": None}),
        ({"right": {"note": "old"}}, {"right": {"note": "new"}}),
    ],
    ids=["taken away", "another field", "removed", "beside it"],
)
def test_what_gives_no_right_is_no_grant(before: Any, after: Any) -> None:
    assert granted(before, **after) == ""


# ---- what is left out when there is too much


def many(customers: int, each: int, values: int = 10, risky: bool = False) -> Plan:
    changes: list[Change] = []
    for customer in range(customers):
        for number in range(each):
            one = node(f"resource-{number}", customer=f"customer-{customer:04}", size=2)
            if risky:
                changes.append(Replace(one, Fields(), live(one), (f"stone {number}: it is carved in stone",)))
            else:
                fields = tuple(FieldChange(f"field{n}", MISSING, f"value {n}") for n in range(values))
                changes.append(Create(one, Fields(fields)))
    return Plan(NOW, tuple(changes))


def test_a_plan_that_fits_is_shown_in_full() -> None:
    text = plan_markdown(many(20, 3))
    assert text.count('+   field9: "value 9"') == 60
    assert "Left out" not in text


def test_of_200_customers_all_are_there_with_their_digests() -> None:
    planned = many(200, 6)
    text = plan_markdown(planned)
    assert size(text) <= LIMIT
    for group, digest in planned.digests().items():
        assert len(re.findall(rf"{group}(?:`|</code>): 6 to create, digest (?:`|<code>){digest}", text)) == 1
    assert "Left out, because a comment has no more room: the" in text
    assert_sound(text)


def test_names_of_fields_stay_when_values_do_not_fit() -> None:
    text = plan_markdown(many(40, 10))
    assert text.count("    field0, field1, field2,") > 100
    assert "the values of " in text
    assert_sound(text)


def test_a_huge_customer_does_not_hide_the_others() -> None:
    huge, small = many(1, 3000), many(3, 2)
    others = [replace(c, desired=node(c.desired.meta.name, customer="small")) for c in small.changes]
    text = plan_markdown(Plan(NOW, (*huge.changes, *others)))  # type: ignore[arg-type]
    assert re.search(r"<summary><code>small</code>: 6 to create", text)
    assert text.count('+   field9: "value 9"') == 6
    assert re.search(r"^- `customer-0000`: 3000 to create, digest", text, re.M)
    assert_sound(text)


@pytest.mark.parametrize("risky", [False, True])
def test_of_5000_customers_what_is_left_out_is_counted(risky: bool) -> None:
    planned = many(5000, 2, risky=risky)
    text = plan_markdown(planned)
    assert size(text) <= LIMIT
    assert f"--expect {planned.digest}" in text
    shown = len(re.findall(r"^- `customer-\d+`: 2 to ", text, re.M))
    left = re.search(r"Left out, because a comment has no more room: .*?all of (\d+) customers\.", text)
    assert left
    assert shown + int(left[1]) == 5000
    if risky:
        risks = section(text, "Replacements (10000)")
        lines, more = risks.count("it is carved in stone"), re.search(r"- … and (\d+) more", risks)
        assert lines > 500
        assert more
        assert lines + int(more[1]) == 10_000
    assert_sound(text)


def test_many_errors_do_not_push_out_risks_or_customers() -> None:
    problems = tuple(
        Problem(f"estate/file{n}.yaml:{n}", "something is wrong " * 10, "mend it", "x") for n in range(900)
    )
    text = plan_markdown(replace(many(300, 4, risky=True), problems=problems, refusals=problems))
    for title in ("Errors: this cannot be planned (900)", "Refused (900)", "Replacements (1200)"):
        assert section(text, title).count("\n- `") > 50
        assert "more, for which there is no room here" in section(text, title)
    assert section(text, "Customers").count("4 to replace") > 50
    assert_sound(text)


def test_one_kind_of_risk_may_use_all_the_room_that_the_others_leave() -> None:
    text = plan_markdown(many(1, 600, risky=True))
    assert section(text, "Replacements (600)").count("it is carved in stone") == 600


def test_customers_without_changes_come_last() -> None:
    notes = tuple(Note("unmanaged", f"customer-{n}", f"customer-{n}", "3 more nodes, not managed") for n in range(2000))
    text = plan_markdown(replace(many(5, 3), notes=notes))
    assert text.count('+   field9: "value 9"') == 15
    assert_sound(text)


# ---- nothing that is shown can act

TRICKS = [
    "`", "``", "```", "\n```\n", "~~~", "</code>", "</summary>", "</details>", "\n\n</details>\n\n", "<details>",
    "<!-- cspctl-plan: default -->", "-->", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;",
    "@octocat", "@org/team", "#1", "GH-1", "org/repo#1", "!1", "%1", "~label", "&1", "$1", "deadbeefcafe", "1234567",
    "https://evil.example", "www.evil.example", "[a](https://evil.example)", "![a](x)", "[a]: x", "a@b.example",
    "\n# heading", "\n- item", "\n/close\n", "| a | b |\n|---|---|", "**b**", "_i_", "~~s~~", ":tada:", "\\", "\\`",
    "\u202e", "\u2066", "\u200b", "\u2028", "\r", "\x1b[2J", "\x00", "\ud800", "\U000e0041", "😀", " ", "  \n", "word",
    "\t", "    code", "$`x`$", "`` ` ``", "\n---\n", "\n===\n", "<a@b.c>", "<https://x.y>", "\x85", "=", "+", "\\n",
]  # fmt: skip
hostile = st.one_of(
    st.lists(st.sampled_from(TRICKS), max_size=6).map("".join),
    st.lists(st.sampled_from(TRICKS), max_size=6).map(" ".join),
    st.text(max_size=20),
    st.sampled_from(TRICKS).map(lambda trick: trick * 100),
)


def called(name: str, customer: str, kind: type[Node] = Person) -> Node:
    """A node with names that no manifest could give it."""
    metadata = Metadata.model_construct(name=name, customer=customer)
    return node("x", kind).model_copy(update={"metadata": metadata})


@st.composite
def changes(draw: st.DrawFn) -> Change:
    one = called(draw(hostile), draw(hostile), draw(st.sampled_from([Person, Treasure])))
    sides = st.one_of(hostile, st.lists(hostile, max_size=2), st.dictionaries(hostile, hostile, max_size=2))
    pairs = st.tuples(st.one_of(st.just(MISSING), sides), sides).flatmap(st.permutations)
    field = st.builds(lambda path, pair, grants: FieldChange(path, *pair, None, grants), hostile, pairs, st.booleans())
    compared = Fields(tuple(draw(st.lists(field, max_size=3))))
    found = Live(draw(hostile), one)
    match draw(st.sampled_from(["create", "adopt", "update", "replace", "delete"])):
        case "create":
            return Create(one, compared)
        case "adopt":
            return Adopt(one, compared, found)
        case "update":
            return Update(one, compared, found)
        case "replace":
            return Replace(one, compared, found, tuple(draw(st.lists(hostile, max_size=2))), ("x",))
        case _:
            return Delete(one, found, ("x", "y"))


problems = st.lists(st.builds(Problem, hostile, hostile, hostile, st.sampled_from(["", "c"])), max_size=2).map(tuple)
notes = st.builds(Note, st.sampled_from(["unknown", "waiting", "unmanaged", "info"]), hostile, hostile, hostile)
plans = st.builds(
    Plan,
    st.just(NOW),
    st.lists(changes(), max_size=4).map(tuple),
    st.lists(notes, max_size=3).map(tuple),
    problems,
    problems,
)


@given(plans, hostile, st.lists(hostile, max_size=3))
@settings(max_examples=200)
def test_no_value_gets_out_of_where_it_is_shown(planned: Plan, profile: str, words: list[str]) -> None:
    assert_sound(plan_markdown(planned, profile, ("cspctl", "apply", *words)))


@given(problems, hostile)
def test_what_is_said_without_a_plan_is_harmless_too(found: tuple[Problem, ...], profile: str) -> None:
    text = failure_markdown(found, profile)
    assert text.startswith(marker(profile) + "\n")
    assert_sound(text)


@given(st.lists(hostile, min_size=1), st.integers(1, 2000))
@settings(max_examples=25, deadline=None)
def test_no_plan_is_too_long(texts: list[str], count: int) -> None:
    one = called(texts[0], "c")
    fields = tuple(FieldChange(text, MISSING, text, None, True) for text in texts)
    made_up = [
        replace(Create(one, Fields(fields)), desired=called(f"{number}{texts[0]}", f"c{number % 97}"))
        for number in range(count)
    ]
    wrong = tuple(Problem(text, text, text) for text in texts) * (count // 10)
    assert_sound(plan_markdown(Plan(NOW, tuple(made_up), (), wrong, wrong)))


@given(hostile)
def test_a_code_span_is_one_code_span(text: str) -> None:
    (child,) = inline(parsed(f"x {code(text)} x"))[1:-1]
    assert child.type == "code_inline"
    assert child.content.strip() in inert(text) or "…" in child.content


@given(hostile)
def test_a_sentence_is_words_and_code_spans(text: str) -> None:
    assert {child.type for child in inline(parsed("- x " + prose(text)))} <= {"text", "code_inline"}


def test_a_sentence_stays_readable() -> None:
    said = prose('fourth-coffee/Node/a: "size" is 3; don\'t mention @admin or #12, see https://x.example (really).')
    assert said == (
        '`fourth-coffee/Node/a`: "size" is 3; don\'t mention `@admin` or `#12`, see `https://x.example` (really).'
    )


@given(hostile, hostile)
def test_two_profiles_have_two_marks(one: str, other: str) -> None:
    assert (marker(one) == marker(other)) == (one == other) or len(marker(one)) > 100
    assert re.fullmatch(r"<!-- cspctl-plan: [A-Za-z0-9_.%…-]* -->", marker(one))


# ---- what must not be overlooked, and where it is said


def test_a_note_that_matters_stands_above_what_is_folded_up_and_is_no_risk_of_its_own() -> None:
    one = node("a")
    note = Note("info", "c/Node/a", "c", "until now a has meant /ID/b, which stays as it is")
    text = plan_markdown(replace(made(one), notes=(note,)))
    assert "- `c/Node/a`: until now a has meant `/ID/b`, which stays as it is" in section(text, "To be aware of (1)")
    assert "has meant" not in section(text, "Customers")
    assert "No deletions, replacements, role grants, password resets or purchases." in text
    assert_sound(text)


def test_a_right_and_a_part_that_goes_are_said_with_their_own_lines(tmp_path: Path) -> None:
    file = tmp_path / "anna.yaml"
    file.write_text(ANNA, encoding="utf-8")
    (anna,) = load([file])
    gained = FieldChange("directoryRoles[User Administrator]", MISSING, "User Administrator", grants=True)
    gone = FieldChange("licenses[b]", {"sku": "b"}, MISSING)
    found: Live[Any] = Live("/id", anna)
    text = plan_markdown(Plan(NOW, (Update(anna, Fields((gained, gone)), found),)))
    assert section(text, "Role grants (1)").splitlines()[2].endswith("anna.yaml:8` says so")
    assert section(text, "Deletions (1)").splitlines()[2].endswith("anna.yaml:12` says so")
    assert_sound(text)


ANNA = """\
apiVersion: cspctl/v1
kind: User
metadata: {name: anna, customer: 7f000000-0000-4000-8000-000000000009}
spec:
  userPrincipalName: anna@c.onmicrosoft.com
  displayName: Anna
  directoryRoles:
    - User Administrator
  usageLocation: US
  licenses:
    - sku: a
    - sku: b
"""


def test_the_only_customer_is_unfolded_and_several_are_not() -> None:
    assert "<details open>" in plan_markdown(made(node("a")))
    assert "<details open>" not in plan_markdown(made(node("a"), node("b", customer="d")))


def test_where_every_customer_has_errors_nothing_is_offered_to_run() -> None:
    problem = Problem("a.yaml:1", "c/Node/x: it is wrong", group="c")
    planned = made(node("a"), node("b", customer="d"))
    barred = replace(made(node("a")), problems=(problem,))
    assert "```sh" not in plan_markdown(barred)
    assert "Mend the errors" in section(plan_markdown(barred), "Next")
    assert "Customers with errors are left out." in plan_markdown(replace(planned, problems=(problem,)))
    assert "```sh" in plan_markdown(replace(planned, problems=(problem,)))


def gaining(name: str, customer: str, right: str) -> Create:
    wanted = node(name, Person, customer=customer, roles=[right])
    return Create(wanted, Fields((FieldChange(f"roles[{right}]", MISSING, right, grants=True),)))


def test_grave_rights_come_first_and_what_many_gain_alike_is_one_line() -> None:
    routine = [gaining("agents", f"c{number}", "AdminAgents") for number in range(200)]
    grave = [gaining(f"boss{number}", f"c{number}", "Global Administrator") for number in range(20)]
    lines = section(plan_markdown(Plan(NOW, (*routine, *grave))), "Role grants").splitlines()[2:]
    assert all("Global Administrator" in line for line in lines[:20])
    assert lines[20].startswith('- 200 times in 200 customers: gives `roles: "AdminAgents"`: `c0/Person/agents`')
    assert lines[20].endswith("and 190 more")


def test_of_200_customers_with_many_grants_every_digest_is_there() -> None:
    planned = Plan(
        NOW,
        tuple(
            gaining(f"boss{one}", f"customer-{number:04}", "Global Administrator")
            for number in range(200)
            for one in range(5)
        ),
    )
    text = plan_markdown(planned)
    assert all(digest in text for digest in planned.digests().values())
    assert_sound(text)


def test_the_profiles_that_were_looked_at_are_named() -> None:
    text = plan_markdown(made(node("a")), "default", accounts=["eu", "us"])
    assert text.startswith("<!-- cspctl-plan: default -->\n")
    assert "Profile `eu,us`, " in text


def test_a_password_that_is_reset_is_a_risk() -> None:
    one = node("anna", Person)
    reset = FieldChange("password", "version 1", "version 2 (it will be reset)")
    text = plan_markdown(Plan(NOW, (Update(one, Fields((reset,)), live(one)),)))
    assert "- `c/Person/anna`: `password: " in section(text, "Password resets (1)")
    assert "No deletions" not in text
    assert_sound(text)
