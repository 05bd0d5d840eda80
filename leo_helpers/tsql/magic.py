"""The cell magic ``%%tsql``: one session for a whole notebook."""

from __future__ import annotations

import shlex
from typing import Any

from .errors import TSqlError
from .result import Result
from .session import Session

__all__ = ["Cells", "load_ipython_extension", "options"]


_USAGE = (
    "Write %%tsql, with --project N, --data FOLDER, --new, --keep-going or --out NAME if need be."
)
_FLAGS = ("new", "keep-going")


def options(line: str) -> dict[str, str]:
    """Read the words after ``%%tsql``.

    Parameters
    ----------
    line : str
        Such as ``--project 2002237 --out jobs``.

    Returns
    -------
    dict of str to str
        The options that were given.

    Raises
    ------
    TSqlError
        If a word is not one of them.

    Examples
    --------
    >>> options("--new --out jobs")
    {'new': 'yes', 'out': 'jobs'}
    """
    words, found = shlex.split(line), {}
    while words:
        word = words.pop(0)
        name = word.removeprefix("--")
        if not word.startswith("--") or name not in ("project", "data", "out", *_FLAGS):
            raise TSqlError(f"%%tsql does not know {word!r}.", None, _USAGE)
        if name not in _FLAGS and not words:
            raise TSqlError(f"%%tsql: a value is missing after {word}.", None, _USAGE)
        found[name] = "yes" if name in _FLAGS else words.pop(0)
    return found


class Cells:
    """Runs cells in one session, which `--new`, another project or other data begin again."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.session: Session | None = None
        self.key: tuple[str | None, str | None] = (None, None)

    def run(self, line: str, cell: str) -> Result:
        """Run one cell; its last result set also goes to the name given with ``--out``."""
        given = options(line)
        key = (given.get("project", self.key[0]), given.get("data", self.key[1]))
        if self.session is None or "new" in given or key != self.key:
            self.session, self.key = Session(*key), key
        keep = "keep-going" in given
        result = self.session.run(cell + "\n", "continue" if keep else "stop")
        if "out" in given:
            self.namespace[given["out"]] = result.frame
        return result


def load_ipython_extension(ipython: Any) -> None:
    """Make ``%%tsql`` known: ``%load_ext leo_helpers.tsql``.

    Parameters
    ----------
    ipython : InteractiveShell
        The shell, given by IPython.
    """
    ipython.register_magic_function(Cells(ipython.user_ns).run, "cell", "tsql")
