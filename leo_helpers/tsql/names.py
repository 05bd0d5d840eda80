"""Names in text, as OBJECT_ID takes them."""

from __future__ import annotations

import re

__all__ = ["split_name"]


def split_name(name: str) -> list[str]:
    """Cut the name in OBJECT_ID('a.[b c].d') into its parts."""
    parts, rest = [], name.strip()
    pattern = re.compile(r'\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.\[\]"]*)')
    while True:
        found = pattern.match(rest)
        if found is None:
            return []
        raw = (
            found.group(1)
            if found.group(1) is not None
            else found.group(2)
            if found.group(2) is not None
            else found.group(3)
        )
        parts.append(raw.replace("]]", "]").strip())
        rest = rest[found.end() :].strip()
        if not rest:
            return parts if parts[-1] else []
        if not rest.startswith("."):
            return []
        rest = rest[1:].strip()
