"""What ``leo sql FILE`` does: run a script, print or write what it gives."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import LeoError
from .result import Result
from .session import Session

__all__ = ["run_file"]


def run_file(
    script: str,
    root: Path | None,
    project: str,
    out: Path | None,
    limit: int,
    as_json: bool,
    show: Callable[..., None],
) -> None:
    """Run a T-SQL script and print its messages and result sets, or write them to a folder.

    Parameters
    ----------
    script : str
        T-SQL text, the path of a ``.sql`` file, or ``-`` for standard input.
    root : Path or None
        Folder of the data set.
    project : str
        Project number; empty for the default one.
    out : Path or None
        Folder for ``result-1.csv``, ``result-2.csv`` ... and ``messages.txt``.
    limit : int
        How many rows of each result set to print.
    as_json : bool
        Whether to print one JSON object instead.
    show : callable
        Prints a list of rows as a table.

    Raises
    ------
    TSqlError
        As `Session.run`; what the script said and gave before it failed is printed first.
    """
    session = Session(project or None, root)
    try:
        session.run(sys.stdin.read() if script == "-" else script)
    finally:
        result = session.result
        if out is not None:
            _write(result, out)
        elif as_json:
            frames = [
                json.loads(
                    frame.set_axis(_names(frame), axis=1).to_json(
                        orient="records", date_format="iso"
                    )
                )
                for frame in result.frames
            ]
            print(
                json.dumps(
                    {"messages": result.messages, "results": frames}, ensure_ascii=False, indent=1
                )
            )
        else:
            _print(result, limit, show)


def _names(frame: Any) -> list[str]:
    """Return the column names; a column without a name takes its place, a second one its number."""
    names: list[str] = []
    for i, name in enumerate(frame.columns, 1):
        name = name or f"column{i}"
        names.append(name if name not in names else f"{name}_{i}")
    return names


def _print(result: Result, limit: int, show: Callable[..., None]) -> None:
    for message in result.messages:
        print(message)
    for frame in result.frames:
        names = _names(frame)
        rows = frame.head(limit).itertuples(index=False, name=None)
        show([dict(zip(names, map(_plain, row), strict=True)) for row in rows], False, names)
        if len(frame) > limit:
            print(
                f"Only the first {limit} of {len(frame)} rows; ask for more with --limit.",
                file=sys.stderr,
            )
    touched = sum(step.rows or 0 for step in result.steps)
    print(f"{len(result.steps)} statements ran, {touched} rows in all.", file=sys.stderr)


def _plain(value: Any) -> Any:
    import pandas as pd

    return None if not isinstance(value, bytes) and pd.isna(value) else value


def _write(result: Result, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for i, frame in enumerate(result.frames, 1):
            path = out / f"result-{i}.csv"
            frame.set_axis(_names(frame), axis=1).to_csv(path, index=False)
            print(path)
        (out / "messages.txt").write_text("".join(f"{m}\n" for m in result.messages), "utf-8")
    except OSError as error:
        raise LeoError(
            f"The folder {out} cannot be written ({error.strerror}).", "Choose another with --out."
        ) from None
