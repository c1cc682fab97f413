"""Text from manifests and services as harmless Markdown: it can only ever be read, whatever it says.

Code spans hold whatever is not a plain word. Nothing in them is a mention, a link, a reference or markup, and nothing
gets out of them: the two characters that could end them or begin HTML are shown as escapes, as line breaks and
invisible characters are.
"""

from __future__ import annotations

import html
import re

from cspctl.render.text import visible

MORE = "…"
WORD = re.compile(r"""[("']?(?:[^\W\d_]+(?:['-][^\W\d_]+)*|\d{1,6})[)"'.,;:!?]*""")
"""A word or a small number with its punctuation: neither Markdown nor GitHub nor GitLab sees more in it."""
END = re.compile(r"[:;,.!?]+\Z")
"""The punctuation that ends a part of a sentence: it belongs to the sentence and not to what is quoted."""
COMMIT = re.compile(r"[0-9a-fA-F]{7,}")
"""What would become a link if a commit is called so."""


def inert(text: str) -> str:
    """One line without line breaks, controls, backticks and angle brackets; they are shown as JSON may write them."""
    return visible(text).replace("`", "\\u0060").replace("<", "\\u003c")


def cut(text: str, width: int) -> str:
    """At most so many characters."""
    return text if len(text) <= width else text[: width - 1] + MORE


def code(text: str, width: int = 200) -> str:
    """A code span."""
    return f"`{cut(inert(text), width) or ' '}`"


def html_code(text: str, width: int = 200) -> str:
    """The same where a line is HTML."""
    return f"<code>{html.escape(cut(inert(text), width))}</code>"


def _quoted(text: str, width: int) -> str:
    end = END.search(text)
    return code(text, width) if not end or not end.start() else code(text[: end.start()], width) + end[0]


def prose(text: str, width: int = 400) -> str:
    """A sentence: plain words as they are, everything else in code spans."""
    said: list[str] = []
    strange: list[str] = []
    for word in (*cut(" ".join(text.split()), width).split(" "), ""):
        if not word or (WORD.fullmatch(word) and not COMMIT.search(word)):
            said += [_quoted(" ".join(strange), 6 * width)] if strange else []
            said += [word] if word else []
            strange = []
        else:
            strange.append(word)
    return " ".join(said)
