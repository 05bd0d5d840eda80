"""Tell prose from code in a MyST page."""

from __future__ import annotations

import re

FENCE = re.compile(r"^\s*(?P<marks>`{3,}|:{3,}|~{3,})\s*(?P<kind>\S*)")


def blank_code(text: str) -> str:
    r"""Return a page with the lines of its code and front matter emptied.

    Directives keep their words, apart from code cells; the number of lines stays the same.

    Parameters
    ----------
    text : str
        A page in MyST Markdown.

    Returns
    -------
    str
        The page, with empty lines where there was code.

    Examples
    --------
    >>> blank_code("words\n```python\ncode\n```\nmore").split("\n")
    ['words', '', '', '', 'more']
    """
    kept, stack, front = [], [], False
    for number, line in enumerate(text.split("\n")):
        if line == "---" and (number == 0 or front):
            front = number == 0
            kept.append("")
            continue
        fence = FENCE.match(line)
        code = bool(stack) and stack[-1][1]
        if fence and stack and not fence["kind"] and fence["marks"].startswith(stack[-1][0]):
            stack.pop()
        elif fence and not code:
            kind = fence["kind"]
            stack.append((fence["marks"], not kind.startswith("{") or "code" in kind))
        elif not code and not front:
            kept.append(line)
            continue
        kept.append("")
    return "\n".join(kept)
