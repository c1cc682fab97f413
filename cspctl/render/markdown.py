"""Shows a plan as a comment on a pull request: risk first, collapsed per customer, never longer than a comment may be.

GitHub accepts 65,536 characters, GitLab 1,000,000. What does not fit is left out in this order: values, names of
fields, customers' counts, and only then lines about risks and errors; what is left out is always counted.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from cspctl.changes import FREE_PURCHASES, Change, Note, Plan
from cspctl.errors import Problem
from cspctl.render import risks, text
from cspctl.render.causes import folded
from cspctl.render.inert import code, cut, html_code, inert
from cspctl.resource import PARTNER

LIMIT = 65_000
"""Characters of a whole comment: fewer than GitHub's 65,536, so that a job may add a line of its own."""
RESERVED = 30_000
"""Characters that customers may use even when errors and risks would fill the comment."""
LINE = 300
"""Characters of a line about one resource."""
COMMAND = 1_000
"""Characters of the command that is shown last."""


@dataclass(frozen=True)
class Section:
    """Lines of equal weight below a title, of which some may be left out."""

    title: str
    lines: Sequence[str]

    @property
    def size(self) -> int:
        """Characters of the whole."""
        return _size(self._written(len(self.lines)))

    def fitted(self, room: int) -> str:
        """As many lines as fit, and how many do not."""
        if self.size <= room:
            return self._written(len(self.lines))
        left = room - _size(self._written(0))
        return self._written(sum(so_far <= left for so_far in accumulate(_size(line) + 1 for line in self.lines)))

    def _written(self, count: int) -> str:
        missing = len(self.lines) - count
        more = [f"- … and {missing} more, for which there is no room here"] if missing else []
        return "\n".join([self.title, "", *self.lines[:count], *more])


def plan_markdown(
    plan: Plan, profile: str = "default", again: Sequence[str] = ("cspctl", "apply"), accounts: Sequence[str] = ()
) -> str:
    """The whole plan; `again` is the command that applies it, without the digest.

    `profile` is what the job's comments are told apart by, `accounts` are the profiles that were looked at.
    """
    head, foot = _head(plan, profile, accounts or (profile,)), _foot(plan, again)
    sections = _sections(plan)
    customers = _customers(plan)
    room = LIMIT - _size(head) - _size(foot) - 300  # for the title and the end of the customers
    reserved = min(RESERVED, sum(_size(customer.counted) + 2 for customer in customers))
    shares = _shares([section.size + 2 for section in sections], room - reserved)
    above = [section.fitted(share - 2) for section, share in zip(sections, shares, strict=True)]
    below = _fitted_customers(customers, room - sum(_size(part) + 2 for part in above))
    return "\n\n".join([head, *above, *below, foot]) + "\n"


def failure_markdown(problems: Iterable[Problem], profile: str = "default") -> str:
    """What is said when there is no plan, so that an older one does not stay."""
    section = Section("#### Errors: nothing could be planned", [risks.problem(problem) for problem in problems])
    head = f"{marker(profile)}\n### cspctl plan"
    return f"{head}\n\n{section.fitted(LIMIT - _size(head) - 10)}\n"


def marker(profile: str) -> str:
    """The invisible first line by which a job finds its own comment again, one for each profile."""
    name = re.sub(r"[^A-Za-z0-9_.-]|-(?=-)", lambda found: f"%{ord(found[0]):02X}", profile)
    return f"<!-- cspctl-plan: {cut(name, 100)} -->"


def _size(text: str) -> int:
    """Characters as the strictest way of counting has it: those beyond the basic plane are two."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def _shares(needs: Sequence[int], room: int) -> list[int]:
    """How much each may use: all that it needs, or an equal part of what the smaller ones leave."""
    shares = [0] * len(needs)
    for done, index in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        shares[index] = min(needs[index], room // (len(needs) - done))
        room -= shares[index]
    return shares


def _head(plan: Plan, profile: str, accounts: Sequence[str]) -> str:
    looked = text.details(plan).partition(" Digest ")[0]
    digest = f" Digest {code(plan.digest)}." if plan.changes else ""
    when = f"Profile {code(','.join(accounts), 100)}, {plan.at:%Y-%m-%d %H:%M:%S} UTC."
    price = cut(inert(text.price(plan)), LINE * 2)
    said = f"{looked}{digest} {when}" + (f"\n\n{price}" if price else "")
    return f"{marker(profile)}\n### cspctl plan\n\n**{text.summary(plan)}**\n\n{said}"


def _foot(plan: Plan, again: Sequence[str]) -> str:
    """What to do next."""
    barred = {problem.group for problem in plan.problems}
    if "" in barred or barred >= {change.desired.key.group for change in plan.changes}:
        said = "Mend the errors: until then nothing can be applied." if plan.problems else "There is nothing to apply."
    elif plan.refusals:
        said = "Do what the refusals ask for: until then `apply` writes nothing of this."
    else:
        said = _command(plan, again) + (" Customers with errors are left out." if plan.problems else "")
    waiting = any(note.kind == "waiting" for note in plan.notes)
    return f"#### Next\n\n{said}" + ("\n\nSomebody is waited for: send the links above." if waiting else "")


def _command(plan: Plan, again: Sequence[str]) -> str:
    """What applies this plan and nothing else."""
    words, same = list(again), ""
    if len(shlex.join(words)) > COMMAND:
        words, same = [*words[:1], "apply"], " Give it the same arguments as this plan."
    paid = sum(risks.is_purchase(change) for change in plan.changes)
    words += ["--allow-purchase", str(paid)] if paid > FREE_PURCHASES else []
    command = inert(shlex.join([*words, "--expect", plan.digest]))
    return (
        f"```sh\n{command}\n```\n\nIt writes this plan and nothing else; with a customer's digest instead, "
        f"that customer only.{same}"
    )


def _sections(plan: Plan) -> list[Section]:
    first = {
        "Errors: this cannot be planned": [risks.problem(problem) for problem in plan.problems],
        "Refused": [risks.problem(problem) for problem in plan.refusals],
    }
    found = risks.risks(plan)
    sections = [Section(f"#### {title} ({len(lines)})", lines) for title, lines in (first | found).items() if lines]
    if plan.changes and not any(lines for title, lines in found.items() if title != risks.NOTES):
        sections.append(Section("No deletions, replacements, role grants, password resets or purchases.", ()))
    return sections


# What is collapsed


@dataclass(frozen=True)
class Customer:
    """What one customer's part of the comment can be made of."""

    group: str
    digest: str
    changes: Sequence[Change]
    notes: Sequence[Note]
    alone: bool = False
    """Whether it is the only one: then there is nothing to fold up for."""

    @property
    def matters(self) -> bool:
        """Whether there is something to decide, or something that is not known."""
        return bool(self.changes) or any(note.kind in ("unknown", "waiting") for note in self.notes)

    @property
    def counted(self) -> str:
        """The shortest form."""
        digest = f", digest {code(self.digest)}" if self.digest else ""
        return f"- {code(self._called, 100)}: {self._counts()}{digest}"

    def detailed(self, fields: Callable[[Change], Iterable[str]]) -> str:
        """A part to open, with a line for each change and note."""
        digest = f", digest <code>{self.digest}</code>" if self.digest else ""
        lines = [line for change in self.changes for line in (_line(change), *fields(change))]
        notes = [note for note in folded(self.notes) if note.kind != "info"]  # those stand above
        lines += [f"{text.note_sign(note)} {text.note_line(note)}" for note in notes]
        body = "\n".join(cut(inert(line), LINE) for line in lines)
        summary = f"<summary>{html_code(self._called, 100)}: {self._counts()}{digest}</summary>"
        return f"<details{' open' if self.alone else ''}>{summary}\n\n```diff\n{body}\n```\n\n</details>"

    @property
    def length(self) -> int:
        """Lines, nearly."""
        return sum(1 + len(change.compared.changes) for change in self.changes) + len(self.notes)

    @property
    def _called(self) -> str:
        return self.group if self.group != PARTNER else "partner"

    def _counts(self) -> str:
        counts = [(sum(c.action == action for c in self.changes), f"to {action}") for action in text.SIGNS]
        counts += text.counted(self.notes)
        return ", ".join(f"{count} {said}" for count, said in counts if count) or "nothing to do"


def _line(change: Change) -> str:
    return f"{text.SIGNS[change.action]} {change.desired.key}{text.comment(change)}"


def _values(change: Change) -> Iterator[str]:
    for sign, said in text.field_lines(change.compared.changes):
        yield f"{sign}   {said}"


def _names(change: Change) -> Iterator[str]:
    if change.compared.changes:
        yield f"    {', '.join(field.path for field in change.compared.changes)}"


def _customers(plan: Plan) -> list[Customer]:
    """In the plan's order; those with nothing to decide come last."""
    changes: dict[str, list[Change]] = {}
    notes: dict[str, list[Note]] = {}
    for change in plan.changes:
        changes.setdefault(change.desired.key.group, []).append(change)
    for note in plan.notes:
        notes.setdefault(note.group, []).append(note)
    digests = plan.digests()
    groups = dict.fromkeys([*changes, *notes])
    found = [
        Customer(group, digests.get(group, ""), changes.get(group, ()), notes.get(group, ()), len(groups) == 1)
        for group in groups
    ]
    return sorted(found, key=lambda customer: not customer.matters)


@dataclass(frozen=True)
class Told:
    """The form in which a customer is shown: 0 with counts, 1 with names of fields, 2 with values."""

    level: int
    text: str


def _fitted_customers(customers: Sequence[Customer], room: int) -> list[str]:
    """All of them as fully as there is room, those with changes first."""
    told = _told([customer for customer in customers if customer.matters], room)
    left = room - sum(_size(each.text) + 2 for each in told.values())
    told |= _told([customer for customer in customers if not customer.matters], left)
    return list(_assembled(told, len(customers)))


def _told(customers: Sequence[Customer], room: int) -> dict[str, Told]:
    """First counts for all, then details, the small ones first: a huge one does not hide the others."""
    told: dict[str, Told] = {}
    for customer in customers:
        if room < (size := _size(customer.counted) + 2):
            break
        told[customer.group], room = Told(0, customer.counted), room - size
    short = sorted((customer for customer in customers if customer.group in told), key=lambda c: c.length)
    for level, fields in enumerate((_names, _values), 1):
        for customer in short:
            block = customer.detailed(fields)
            if (more := _size(block) - _size(told[customer.group].text)) > room:
                break
            told[customer.group], room = Told(level, block), room - more
    return told


def _assembled(told: dict[str, Told], number: int) -> Iterator[str]:
    levels = [each.level for each in told.values()]
    if number:
        yield "#### Customers"
    yield from (each.text for each in told.values() if each.level)
    if counted := [each.text for each in told.values() if not each.level]:
        yield "\n".join(counted)
    missing = {
        "the values": levels.count(1),
        "the changes": len(counted),
        "all": number - len(told),
    }
    if any(missing.values()):
        said = ", ".join(f"{what} of {text.many(count, 'customer')}" for what, count in missing.items() if count)
        yield f"Left out, because a comment has no more room: {said}. `cspctl plan` shows them."
