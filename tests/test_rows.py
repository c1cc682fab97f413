"""CSV files as spreadsheets write them, and every mistake in them with its row and column."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import manifest
from cspctl.errors import BadInput
from cspctl.kinds.partner.user import User
from cspctl.resource import Resource
from cspctl.source import MAX_BYTES
from tests.kinds.tenants import DOMAIN
from tests.test_rules import CUSTOMER

HEADINGS = ["First name", "Last name", "Display name", "Email", "Status update"]
GENA = ["Gena", "Soto", "Gena Soto", f"gena@{DOMAIN}", ""]
HELEN = ["Helen", "Wilson", "Helen Wilson", f"helen@{DOMAIN}", ""]
STAFF = """---
apiVersion: cspctl/v1
kind: User
metadata: {csv: staff.csv, customer: fourth-coffee, labels: {team: staff}}
spec: {usageLocation: US}
"""


def table(*rows: list[str], delimiter: str = ",", end: str = "\r\n") -> str:
    """What a spreadsheet writes."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def load(folder: Path, content: str | bytes, text: str = STAFF) -> list[Resource]:
    """The users of a file beside the manifest."""
    data = content.encode() if isinstance(content, str) else content
    (folder / "staff.csv").write_bytes(data)
    (folder / "staff.yaml").write_text(CUSTOMER + text, encoding="utf-8")
    return [r for r in manifest.load([folder / "staff.yaml"]) if isinstance(r, User)]


def said(folder: Path, content: str | bytes, text: str = STAFF) -> str:
    """What loading it complains of, with the file's name alone."""
    with pytest.raises(BadInput) as raised:
        load(folder, content, text)
    return str(raised.value).replace(f"{folder}/", "")


SIMPLE = table(HEADINGS, GENA, HELEN)


@pytest.mark.parametrize(
    "content",
    [
        SIMPLE,
        SIMPLE.replace("\r\n", "\n"),
        SIMPLE.replace("\r\n", "\r"),
        SIMPLE.removesuffix("\r\n"),
        SIMPLE.encode("utf-8-sig"),
        SIMPLE.encode("utf-16"),
        SIMPLE.encode("utf-16-be").join([b"\xfe\xff", b""]),
        table(HEADINGS, GENA, HELEN, delimiter=";"),
        table(HEADINGS, GENA, HELEN, delimiter="\t"),
        "sep=;\r\n" + table(HEADINGS, GENA, HELEN, delimiter=";"),
        '"sep=,"\r\n' + SIMPLE,
        ("sep=\t\r\n" + table(HEADINGS, GENA, HELEN, delimiter="\t")).encode("utf-16"),
        table([*HEADINGS, "", ""], [*GENA, "", ""], [*HELEN, " ", ""], ["", "", ""], []),
        table([h.upper() for h in HEADINGS], GENA, HELEN),
        table([h.replace(" ", "") for h in HEADINGS], GENA, HELEN),
        table([f" {h}\u00a0" for h in HEADINGS], GENA, HELEN),
        table(HEADINGS[::-1], GENA[::-1], HELEN[::-1]),
        table(HEADINGS[:4], GENA[:4], HELEN[:4]),
        table(HEADINGS, [f"  {cell} " for cell in GENA], HELEN),
        "\r\n\r\n" + SIMPLE,
    ],
)
def test_files_of_every_spreadsheet_are_read_alike(tmp_path: Path, content: str | bytes) -> None:
    found = load(tmp_path, content)
    assert [str(r.key) for r in found] == ["fourth-coffee/User/gena", "fourth-coffee/User/helen"]
    assert found[0].document() == {
        "firstName": "Gena",
        "lastName": "Soto",
        "displayName": "Gena Soto",
        "userPrincipalName": f"gena@{DOMAIN}",
        "usageLocation": "US",
    }
    assert found[1].meta.labels == {"team": "staff"}


def test_line_breaks_and_delimiters_in_quotes_belong_to_the_cell(tmp_path: Path) -> None:
    content = table(HEADINGS, ["Gena", "Soto", 'Gena\r\n"G", Soto', f"gena@{DOMAIN}", ""], ["", "", "", "x", ""])
    found = said(tmp_path, content)
    assert "staff.csv:4 (Display name)" in found, "the line in which the row begins"
    (gena,) = load(tmp_path, table(HEADINGS, ["Gena", "Soto", 'Gena\r\n"G", Soto', f"gena@{DOMAIN}", ""]))
    assert gena.document()["displayName"] == 'Gena "G", Soto'


def test_names_may_be_empty_and_what_stands_beside_the_file_counts_for_all(tmp_path: Path) -> None:
    text = STAFF.replace("usageLocation: US", "usageLocation: GB, directoryRoles: [Password], firstName: Sam")
    gena, helen = load(tmp_path, table(HEADINGS, ["", "", "Gena", f"gena@{DOMAIN}", ""], HELEN), text)
    assert gena.document()["firstName"] == "Sam"
    for one in (gena, helen):
        assert one.document()["usageLocation"] == "GB"
        assert one.document()["directoryRoles"] == ["Helpdesk Administrator"]
    assert helen.document()["firstName"] == "Helen", "the row says more than the manifest"


def test_what_every_row_has_does_not_belong_beside_the_file(tmp_path: Path) -> None:
    found = said(tmp_path, SIMPLE, STAFF.replace("usageLocation: US", "usageLocation: US, displayName: x"))
    assert "spec.displayName: each row of the CSV file has its own" in found
    found = said(tmp_path, SIMPLE, STAFF.replace("csv: staff.csv", "csv: staff.csv, formerly: {displayName: x}"))
    assert "metadata.formerly: it would be said of each row" in found


def test_headings_alone_are_no_file_without_a_mistake(tmp_path: Path) -> None:
    found = said(tmp_path, table(HEADINGS))
    assert "staff.csv:1: there is no row below the headings" in found
    assert "staff.yaml:18" in found


def test_two_of_one_name_in_two_domains_get_two_handles_and_letter_case_makes_none(tmp_path: Path) -> None:
    rows = [["", "", "One", f"Info@{DOMAIN}", ""], ["", "", "Two", "info@wingtiptoys.com", ""]]
    found = load(tmp_path, table(HEADINGS, *rows))
    assert [user.meta.name for user in found] == ["info", "info-wingtiptoys.com"]


def test_empty_lines_above_the_headings_do_not_decide_about_the_delimiter(tmp_path: Path) -> None:
    found = load(tmp_path, "\r\n\r\n" + table(HEADINGS, GENA, delimiter=";"))
    assert [user.where.rpartition(":")[2] for user in found] == ["4"]


def test_a_formula_is_no_name(tmp_path: Path) -> None:
    assert "staff.csv:2 (First name)" in said(tmp_path, table(HEADINGS, ["=1+1", *GENA[1:]]))


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (table(HEADINGS[1:], GENA[1:]), "", ""),
        (table(HEADINGS[:3], GENA[:3]), "staff.csv:1", 'no column "Email"'),
        (table([*HEADINGS[:4], "Phone"], GENA), "staff.csv:1 (column 5)", 'unknown heading "Phone"'),
        (table([*HEADINGS, "Email"], [*GENA, ""]), "staff.csv:1 (column 6)", "twice"),
        (table([*HEADINGS[:2], "", *HEADINGS[2:]], GENA), "staff.csv:1 (column 3)", "heading"),
        (table(HEADINGS, [*GENA, "x"]), "staff.csv:2 (column 6)", '"x" stands beyond the last heading'),
        (table(HEADINGS, HELEN, [*GENA[:4], "done"]), "staff.csv:3 (Status update)", "must be empty"),
        (table(HEADINGS, ["G" * 51, *GENA[1:]]), "staff.csv:2 (First name)", "51 characters; the portal takes 50"),
        (table(HEADINGS, [*GENA[:2], "@" * 51, *GENA[3:]]), "staff.csv:2 (Display name)", "51 characters"),
        (table(HEADINGS, [*GENA[:2], "", *GENA[3:]]), "staff.csv:2 (Display name)", "the cell is empty"),
        (table(HEADINGS, GENA[:3]), "staff.csv:2 (Email)", "the cell is empty"),
        (table(HEADINGS, [*GENA[:3], "gena.example.com", ""]), "staff.csv:2 (Email)", "no user principal name"),
        (table(HEADINGS, [*GENA[:3], "gena@@x.com", ""]), "staff.csv:2 (Email)", "no user principal name"),
        (table(HEADINGS, GENA, HELEN, [*GENA[:3], GENA[3].upper(), ""]), "staff.csv:4", "staff.csv:2"),
        (SIMPLE.replace("Soto", "Sotó").encode("cp1252"), "staff.csv:2", "UTF-8"),
        (SIMPLE.encode("utf-16-le"), "staff.csv", "save it as"),
        (SIMPLE.replace("Soto", "So\0to"), "staff.csv", "NUL"),
        (SIMPLE + '"Moe,x,y,z\r\n', "staff.csv:4", "not a CSV row"),
        (SIMPLE + 'M"o"e,"x"y,y,z\r\n', "staff.csv:4", "not a CSV row"),
        (b"", "staff.csv:1", "the file is empty"),
        (b"\r\n,,,\r\n", "staff.csv:1", "the file is empty"),
        (b"x" * (MAX_BYTES + 1), "staff.yaml", "more than"),
        (b"PK\x03\x04\x14\x00\x06\x00" + b"\x00" * 50, "staff.csv", ""),
        ("Email;Display name\r\nx,y;z\r\n", "staff.csv:2 (Email)", "no user principal name"),
    ],
)
def test_what_is_wrong_is_said_with_row_and_column(tmp_path: Path, content: str | bytes, where: str, what: str) -> None:
    if not where:
        assert load(tmp_path, content), "first and last names can be missing altogether"
        return
    found = said(tmp_path, content)
    first = found.splitlines()[0]
    assert first.startswith(f"{where}:"), found
    assert what.casefold() in found.casefold(), found
    assert len(found.splitlines()) > 1, "and what to do about it"


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    rows = [["G" * 60, "", "", "x", "y"], GENA, ["", "", "Other", "nothing", ""]]
    found = said(tmp_path, table(HEADINGS, *rows))
    places = ["staff.csv:2 (First name)", "staff.csv:2 (Display name)", "staff.csv:2 (Status update)"]
    for place in [*places, "staff.csv:4 (Email)"]:
        assert place in found, found


def test_a_reference_to_a_row_that_is_wrong_is_no_mistake_of_its_own(tmp_path: Path) -> None:
    group = STAFF.replace("User", "Group").replace("csv: staff.csv", "name: staff")
    group = group.replace("spec: {usageLocation: US}", "spec: {displayName: Staff, members: [gena]}")
    bad, good = table(HEADINGS, [*GENA[:4], "new"]), table(HEADINGS, HELEN)
    assert "Group" not in said(tmp_path, bad, STAFF + group)
    assert 'no User called "gena"' in said(tmp_path, good, STAFF + group)


def test_bad_mail_in_many_rows_is_said_for_each(tmp_path: Path) -> None:
    found = said(tmp_path, table(HEADINGS, [*GENA[:3], "nothing", ""], HELEN, [*GENA[:3], "nobody", ""]))
    assert "staff.csv:2 (Email)" in found
    assert "staff.csv:4 (Email)" in found


def test_what_is_wrong_beside_the_file_is_said_once(tmp_path: Path) -> None:
    found = said(tmp_path, SIMPLE, STAFF.replace("usageLocation: US", "usageLocation: USA"))
    assert found.count("usageLocation") == found.splitlines()[0].count("usageLocation"), found
    assert "staff.yaml:" in found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (STAFF.replace("staff.csv", "stuff.csv"), "stuff.csv"),
        (STAFF.replace("staff.csv", "."), "cannot be read"),
        (STAFF.replace("csv: staff.csv", "csv: staff.csv, name: staff"), "handle of its own"),
        (STAFF.replace("kind: User", "kind: Customer").replace(", customer: fourth-coffee", ""), "CSV file"),
        (STAFF.replace("kind: User", "kind: Usr"), "unknown kind"),
        (STAFF.replace("staff.csv", "[staff.csv]"), "is no name of a file"),
        (STAFF.replace("staff.csv", '""'), "is no name of a file"),
    ],
)
def test_a_manifest_that_cannot_stand_for_rows_is_explained(tmp_path: Path, text: str, what: str) -> None:
    found = said(tmp_path, SIMPLE, text)
    assert what in found
    assert found.startswith("staff.yaml:"), found


def test_the_file_is_found_beside_the_manifest_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "customers"
    folder.mkdir()
    load(folder, SIMPLE)
    monkeypatch.chdir(tmp_path)
    assert len(manifest.load([Path("customers")])) == 3


cells = st.text(st.sampled_from("aZé@. ,;\"'\t\r\n=\0x0b\u2028"), max_size=12) | st.sampled_from([*HEADINGS, *GENA])
anything = st.lists(st.lists(cells, max_size=7), max_size=6).map(lambda rows: table(*rows))
with_headings = st.lists(st.lists(cells, max_size=6), max_size=6).map(lambda rows: table(HEADINGS, *rows))


@given(content=anything | with_headings | st.text(max_size=80) | with_headings.map(lambda t: t.replace(",", ";")))
def test_any_table_is_read_or_refused_with_places(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        found = load(folder, content.encode("utf-8", "surrogatepass"))
    except BadInput as error:
        assert error.problems
        assert all(problem.where.startswith(str(folder)) and problem.what for problem in error.problems)
    else:
        assert all(one.document()["userPrincipalName"].count("@") == 1 for one in found)


@given(content=st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        load(folder, content)
    except BadInput as error:
        assert error.problems
