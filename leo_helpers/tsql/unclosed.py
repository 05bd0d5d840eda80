"""Where a text, a name or a comment begins that never ends, and which quote may be the cause."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import TSqlError, sql_error

__all__ = ["unclosed"]

_PAIRS = {"'": "'", '"': '"', "[": "]"}


def unclosed(text: str) -> TSqlError:
    """Return the error of a text in which a quote, a bracket or a comment is left open.

    Parameters
    ----------
    text : str
        A script.

    Returns
    -------
    TSqlError
        With the offset of what is open. Where a quote before it touches a word, as none does in a
        script whose quotes are in pairs, the next step names its line.

    Examples
    --------
    >>> error = unclosed("print 'a" + chr(10) + "print 'done'")
    >>> error.message
    "Unclosed quotation mark after the character string ''."
    >>> error.next_step
    'The quotes before it may be out of step: see whether one is missing on line 2 or before.'
    """
    touching = None
    for start, end in _spans(text):
        if end is None:
            if text.startswith("/*", start):
                return sql_error(113, at=start)
            step = ""
            if text[start] == "'" and touching is not None:
                line = text.count("\n", 0, touching) + 1
                step = (
                    "The quotes before it may be out of step: see whether one is missing on "
                    f"line {line} or before."
                )
            return sql_error(105, text[start + 1 : start + 41], step=step, at=start)
        if touching is None and text[start] == "'":
            before = text[max(start - 2, 0) : start]
            if _letter(before[-1:]) and (before[-1:] not in "Nn" or _letter(before[:-1])):
                touching = start
            elif _letter(text[end : end + 1]):
                touching = end
    return sql_error(105, "", at=0)


def _letter(char: str) -> bool:
    return char.isalnum() or char == "_"


def _spans(text: str) -> Iterator[tuple[int, int | None]]:
    """Yield where each string, name in quotes and long comment begins and, if it does, ends."""
    at, size = 0, len(text)
    while at < size:
        char = text[at]
        end: int | None = at + 1
        if text.startswith("--", at):
            end = text.find("\n", at)
            if end < 0:
                return
        elif text.startswith("/*", at):
            end = _comment(text, at)
            yield at, end
        elif char in _PAIRS:
            end = _quoted(text, at)
            yield at, end
        if end is None:
            return
        at = end


def _comment(text: str, at: int) -> int | None:
    depth, end = 1, at + 2
    while depth and end < len(text):
        if text.startswith("/*", end):
            depth, end = depth + 1, end + 2
        elif text.startswith("*/", end):
            depth, end = depth - 1, end + 2
        else:
            end += 1
    return None if depth else end


def _quoted(text: str, at: int) -> int | None:
    close, end = _PAIRS[text[at]], at + 1
    while True:
        end = text.find(close, end)
        if end < 0:
            return None
        if not text.startswith(close * 2, end):
            return end + 1
        end += 2
