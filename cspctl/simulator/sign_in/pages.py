"""Draws the pages on which people sign in; the only place that writes HTML. No password is asked for.

Whoever reaches the simulator may be anybody: it is for one's own machine.
"""

from __future__ import annotations

from html import escape

from cspctl.simulator.wire import Response

# No script, no frame, no other place: what a page shows comes from strangers' requests.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store, no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}
STYLE = "body{font:16px sans-serif;max-width:30em;margin:4em auto}label{display:block;margin:1em 0}.error{color:#a00}"


def page(status: int, title: str, body: str) -> Response:
    """Return a page; the body is HTML, the title text."""
    html = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    return Response(status, html.encode(), dict(HEADERS))


def told(status: int, title: str, text: str) -> Response:
    """Return a page that says something."""
    return page(status, title, f"<p>{escape(text)}</p>")


def sign_in(application: str, user: str, *, error: str = "", code: str | None = None) -> Response:
    """Return the form on which somebody says who they are; `code`: the field of a device's code, filled in so."""
    said = f"<p class=error>{escape(error)}</p>" if error else ""
    field = ""
    if code is not None:
        field = f'<label>Code <input name=user_code value="{escape(code, quote=True)}" autofocus></label>'
    body = (
        f"{said}<p>{escape(application)} asks you to sign in. This is a simulator and asks for no password.</p>"
        f"<form method=post>{field}"
        f'<label>Account <input name=user value="{escape(user, quote=True)}"> '
        "(<code>agent</code>: one of the partner's people)</label>"
        "<label><input type=checkbox name=mfa value=true checked> with multifactor authentication</label>"
        "<button name=action value=accept>Sign in</button> <button name=action value=decline>Cancel</button></form>"
    )
    return page(200, "Sign in", body)


def posted(address: str, fields: dict[str, str]) -> Response:
    """Return a page that hands the fields on to an application (`response_mode=form_post`)."""
    hidden = "".join(
        f'<input type=hidden name="{escape(name, quote=True)}" value="{escape(value, quote=True)}">'
        for name, value in fields.items()
    )
    form = f'<form method=post action="{escape(address, quote=True)}">{hidden}<button>Continue</button></form>'
    return page(200, "Signed in", form)
