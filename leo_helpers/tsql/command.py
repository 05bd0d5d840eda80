"""What ``leo sql FILE ...`` does: run scripts, print or write what they give and make."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import LeoError
from .errors import TSqlError
from .result import Result, script_text
from .session import Session

__all__ = ["run_files"]


def run_files(
    scripts: list[str],
    root: Path | None,
    project: str,
    out: Path | None,
    limit: int,
    as_json: bool,
    parquet: bool,
    show: Callable[..., None],
    keep_going: bool = False,
) -> int:
    """Run T-SQL scripts in one session; print what they give, or write it with what they made.

    Parameters
    ----------
    scripts : list of str
        T-SQL text, the path of a ``.sql`` file, or ``-`` for standard input. Tables and settings
        last from one script to the next, as in one window of SSMS; variables do not.
    root : Path or None
        Folder of the data set.
    project : str
        Project number; empty for the default one.
    out : Path or None
        Folder for ``result-1.csv``, ``result-2.csv`` ..., a file ``table-SCHEMA.NAME.csv`` for
        each table that the scripts leave behind, and ``messages.txt``, which lists these.
    limit : int
        How many rows of each result set to print.
    as_json : bool
        Whether to print one JSON object instead.
    parquet : bool
        Whether to write Parquet files, which keep types and tell NULL from an empty text.
    show : callable
        Prints a list of rows as a table.
    keep_going : bool, default False
        Whether to go on after an error where SQL Server would.

    Returns
    -------
    int
        How many errors the script went on after, if it was told to keep going.

    Raises
    ------
    TSqlError
        As `Session.run`, with the name of the script if there are several; what the scripts said,
        gave and made before that is printed or written first.
    """
    several = len(scripts) > 1
    texts = [sys.stdin.read() if script == "-" else script_text(script) for script in scripts]
    going = "continue" if keep_going else "stop"
    session, whole = Session(project or None, root, on_error=going), Result()
    try:
        for script, text in zip(scripts, texts, strict=True):
            name = ("standard input" if script == "-" else script) if several else ""
            _run(session, text, name, whole)
    finally:
        if out is not None:
            _write(session, whole, out, "parquet" if parquet else "csv")
        elif as_json:
            _print_json(whole)
        else:
            _print(session, whole, limit, show)
    if keep_going and whole.errors:
        count = len(whole.errors)
        print(f"{count} error{'s' * (count != 1)}.", file=sys.stderr)
        return count
    return 0


def _run(session: Session, text: str, name: str, whole: Result) -> None:
    """Run one script and add what it gives to the whole; its name stands before its messages."""
    try:
        session.run(text + "\n")  # so that a text is never taken for the name of a file
        session.end_batch()
    except TSqlError as error:
        error.file = name
        raise
    finally:
        part = session.result
        heading = [f"{name}:"] if name and part.messages else []
        whole.messages += heading + part.messages
        whole.frames += part.frames
        for error in part.errors:
            error.file = name
        whole.errors += part.errors
        whole.steps += part.steps


def _names(frame: Any) -> list[str]:
    """Return the column names; a column without a name takes its place, a second one its number."""
    names: list[str] = []
    for i, name in enumerate(frame.columns, 1):
        name = name or f"column{i}"
        names.append(name if name not in names else f"{name}_{i}")
    return names


def _as_ssms(frame: Any) -> Any:
    """Return a frame with bits as 1 and 0 and bytes as 0x..., as SSMS shows and saves them."""
    import pandas as pd
    import pyarrow as pa

    columns = []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        kind = getattr(column.dtype, "pyarrow_dtype", None)
        if kind == pa.bool_():
            column = column.astype("int8[pyarrow]")
        elif kind == pa.binary():
            column = column.map(lambda v: "0x" + v.hex().upper(), na_action="ignore")
        columns.append(column)
    shown = pd.concat(columns, axis=1) if columns else frame
    return shown.set_axis(_names(frame), axis=1)


def _print_json(result: Result) -> None:
    frames = [
        json.loads(_as_ssms(frame).to_json(orient="records", date_format="iso"))
        for frame in result.frames
    ]
    errors = [
        {"number": e.number, "line": e.line, "message": e.message, "file": e.file}
        for e in result.errors
    ]
    found = {"messages": result.messages, "errors": errors, "results": frames}
    print(json.dumps(found, ensure_ascii=False, indent=1))


def _print(session: Session, result: Result, limit: int, show: Callable[..., None]) -> None:
    for message in result.messages:
        print(message)
    for frame in result.frames:
        first = _as_ssms(frame.head(limit))
        names = list(first.columns)
        rows = first.itertuples(index=False, name=None)
        show([dict(zip(names, map(_plain, row), strict=True)) for row in rows], False, names)
        if len(frame) > limit:
            print(
                f"Only the first {limit} of {len(frame)} rows; ask for more with --limit.",
                file=sys.stderr,
            )
    touched = sum(step.rows or 0 for step in result.steps)
    print(f"{len(result.steps)} statements ran, {touched} rows in all.", file=sys.stderr)
    for name, rows, _ in _made(session):
        print(f"Table {name}: {rows} rows; write it with --out.", file=sys.stderr)


def _plain(value: Any) -> Any:
    import pandas as pd

    return None if pd.isna(value) else value


def _made(session: Session) -> Iterator[tuple[str, int, str]]:
    """Yield name, rows and a name for the file of each table that is left behind."""
    used: set[str] = set()
    for name, rows, _ in session.tables(temporary=False).itertuples(index=False, name=None):
        stem = held = "table-" + re.sub(r"[^\w.-]", "_", name)
        number = 2
        while stem.casefold() in used:  # wip#sc and wip_sc; many disks do not tell A from a
            stem, number = f"{held}-{number}", number + 1
        used.add(stem.casefold())
        yield name, rows, stem


def _write(session: Session, result: Result, out: Path, ending: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for i, frame in enumerate(result.frames, 1):
            print(_save(frame, out / f"result-{i}.{ending}"))
        lines = list(result.messages)
        for name, rows, stem in _made(session):
            path = _save(session.table(name), out / f"{stem}.{ending}")
            lines.append(f"Table {name}: {rows} rows in {path.name}")
            print(path)
        (out / "messages.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise LeoError(
            f"The folder {out} cannot be written ({error.strerror}).", "Choose another with --out."
        ) from None


def _save(frame: Any, path: Path) -> Path:
    """Write a frame as its name says; the file takes its place when it is finished."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".csv":
            _as_ssms(frame).to_csv(part, index=False)
        else:
            frame.set_axis(_names(frame), axis=1).to_parquet(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path
