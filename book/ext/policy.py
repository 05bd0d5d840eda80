"""The content-security policy of every page, written for what the page really holds."""

from __future__ import annotations

import base64
import hashlib

from bs4 import BeautifulSoup

#: What a page may do. ``{own}`` is where it comes from, ``{inline}`` the inline scripts it has.
#: WebAssembly and workers made from a script of our own are for SQL that runs in the page.
RULES = {
    "default-src": "{own}",
    "script-src": "{own} 'wasm-unsafe-eval' {inline}",
    "worker-src": "{own} blob:",
    "style-src": "{own} 'unsafe-inline'",
    "img-src": "{own} data: blob:",
    "font-src": "{own} data:",
    "connect-src": "{own} blob: data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "{own}",
}
#: A page opened from a folder has no origin that every browser calls its own. Publishing takes
#: the second word away.
OWN = "'self' file:"


def fingerprint(script: str) -> str:
    """Return the source expression that allows one inline script.

    Examples
    --------
    >>> fingerprint("let a = 1;")
    "'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='"
    """
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def rules(soup: BeautifulSoup, table: dict[str, str] = RULES) -> str:
    """Return the policy of a page, with the fingerprints of its inline scripts."""
    inline = sorted({fingerprint(s.string) for s in soup.select("script:not([src])") if s.string})
    parts = [f"{name} {rule}" for name, rule in table.items()]
    return "; ".join(parts).format(own=OWN, inline=" ".join(inline)).replace("  ", " ")


def apply(soup: BeautifulSoup, table: dict[str, str] = RULES) -> None:
    """Put the policy first in the head, before anything that it rules over."""
    for old in soup.select('meta[http-equiv="Content-Security-Policy"]'):
        old.decompose()
    meta = soup.new_tag(
        "meta", attrs={"http-equiv": "Content-Security-Policy", "content": rules(soup, table)}
    )
    charset = soup.head.find("meta", charset=True)
    charset.insert_after(meta) if charset else soup.head.insert(0, meta)
