"""Run the conformance cases, or scripts, on a T-SQL server and compare: python dev.py server.

    python dev.py server HOST --user U                 every case of tests/tsql
    python dev.py server HOST --user U SCRIPT.sql ...  scripts: the rehearsal and the server

The password is asked for, or read from LEO_TSQL_PASSWORD. The cases make and drop a database
of their own, leo_cases. What a server is known to do otherwise stands in tests/tsql/servers;
what is new is printed, and the exit code is 1. docs/t-sql-engines.md tells what came out.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from conformance import CASES, Case, read_cases

sys.path.insert(0, str(CASES.parent))  # the tests say what an answer is; so it is said once
from tsql_cases import plain, rows_of, same

KNOWN = CASES / "servers"
SCRATCH = "leo_cases"
GO = re.compile(r"^[ \t]*go[ \t]*(\d*)[ \t]*$", re.IGNORECASE | re.MULTILINE)
#: Texts, names and comments, in which a line with GO separates nothing.
HIDDEN = re.compile(r"'(?:[^']|'')*'|\[[^\]]*\]|/\*.*?\*/|--[^\n]*", re.DOTALL)


@dataclass
class Answer:
    """What a script gave: rows with the names of their columns, and errors."""

    sets: list[tuple[list[str], list[list[Any]]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def batches(script: str) -> list[str]:
    r"""Split a script at its lines with GO, and repeat what GO says to repeat.

    Examples
    --------
    >>> batches("select 1\ngo 2 -- twice\nselect 2 /*\ngo\n*/")
    ['select 1\n', 'select 1\n', '\nselect 2 /*\ngo\n*/']
    """
    seen = HIDDEN.sub(lambda part: re.sub(r"[^\n]", " ", part[0]), script)
    found, end = [], 0
    for mark in GO.finditer(seen):
        found += [script[end : mark.start()]] * int(mark[1] or 1)
        end = mark.end()
    return [text for text in [*found, script[end:]] if text.strip()]


def ask(connection: Any, script: str, go_on: bool = False) -> Answer:
    """Run a script batch by batch; an error ends its batch, or the script."""
    answer, cursor = Answer(), connection.cursor()
    for batch in batches(script):
        try:
            cursor.execute(batch)
            while True:
                if cursor.description:
                    rows = [[plain(value) for value in row] for row in cursor.fetchall()]
                    answer.sets.append(([column[0] for column in cursor.description], rows))
                if not cursor.nextset():
                    break
        except Exception as error:  # whatever the driver raises is the answer
            answer.errors.append(f"{getattr(error, 'number', '')} {error.args[0]}".strip())
            if not go_on:
                break
    return answer


def alike(expected: Any, actual: Any) -> bool:
    """Whether two values are one: decimals to the places of both, times likewise.

    Examples
    --------
    >>> alike("0.333333", "0.33333333333333333333"), alike("0.5", "0.50"), alike("0.5", "0.6")
    (True, True, False)
    >>> alike("2011-03-04 05:06:07.120", "2011-03-04 05:06:07.12"), alike("7", 7), alike("a", "b")
    (True, True, False)
    >>> alike(3, "3.5"), alike(3, "3.000")
    (False, True)
    """
    if same(expected, actual):
        return True
    if re.match(r"\d{4}-\d\d-\d\d ", str(expected)):
        return str(expected).rstrip("0.:") == str(actual).rstrip("0.:")
    try:
        pair = Decimal(str(expected)), Decimal(str(actual))
    except InvalidOperation:
        return False
    if isinstance(expected, int) or isinstance(actual, int):
        return pair[0] == pair[1]
    places = min(max(0, -int(number.as_tuple().exponent)) for number in pair)
    return abs(pair[0] - pair[1]) < Decimal(10) ** -places


def equal(expected: list[list[Any]], actual: list[list[Any]]) -> bool:
    """Whether two lists of rows are alike, value by value."""
    return len(expected) == len(actual) and all(
        len(a) == len(b) and all(map(alike, a, b)) for a, b in zip(expected, actual, strict=True)
    )


def verdict(case: Case, answer: Answer) -> str:
    """Return "agrees", "refused" (we do not answer), or what the server did instead."""
    if case.refused:
        return "refused"
    if case.error:
        return "agrees" if answer.errors else "no error"
    if len(answer.errors) != len(case.errors):
        return answer.errors[0] if answer.errors else "no error"
    if case.errors and [int(text.split()[0]) for text in answer.errors] != list(case.errors):
        return answer.errors[0]
    rows = answer.sets[-1][1] if answer.sets else []
    return "agrees" if equal(case.rows or [], rows) else f"rows {rows}"


def causes(name: str) -> list[dict[str, Any]]:
    """Return what a server is known to do otherwise: a cause, with words or cases."""
    path = KNOWN / f"{name}.toml"
    if not path.exists():
        held = ", ".join(sorted(other.stem for other in KNOWN.glob("*.toml")))
        sys.exit(f"Nothing is known of a server {name}. There is: {held}.")
    return tomllib.loads(path.read_text(encoding="utf-8"))["departure"]


def cause(case: Case, found: str, known: Iterable[dict[str, Any]]) -> str:
    """Return the known cause of a difference; empty for a new one."""
    for row in known:
        if case.id in row.get("cases", []) or any(said in found for said in row.get("says", [])):
            return row["cause"]
    return ""


def run_cases(connect: Callable[[str], Any], known: list[dict[str, Any]]) -> int:
    """Run every case in a database of its own, print the count by cause, and return what is new."""
    counted: Counter[str] = Counter()
    new = 0
    for case in read_cases():
        with connect("master") as server:
            ask(server, f"drop database {SCRATCH}")
            ask(server, f"create database {SCRATCH}")
        with connect(SCRATCH) as server:
            found = verdict(case, ask(server, case.sql, go_on=bool(case.errors)))
        why = found if found in ("agrees", "refused") else cause(case, found, known)
        counted[why or "new"] += 1
        if not why:
            new += 1
            print(f"{case.id}: {found[:200]}\n    expected {case.error or case.rows}")
    for why, number in counted.most_common():
        print(f"{number:5}  {why}")
    return new


def differences(ours: Answer, theirs: Answer) -> list[str]:
    """Return in words how two answers differ; rows count without their order."""
    found = [f"only here: {text}" for text in ours.errors if not theirs.errors]
    found += [f"only there: {text}" for text in theirs.errors if not ours.errors]
    if len(ours.sets) != len(theirs.sets):
        found.append(f"{len(ours.sets)} result sets here, {len(theirs.sets)} there")
    pairs = zip(ours.sets, theirs.sets, strict=False)
    for number, ((names, here), (others, there)) in enumerate(pairs, start=1):
        if [name.casefold() for name in names] != [name.casefold() for name in others]:
            found.append(f"set {number}: columns {names} here, {others} there")
        order = [sorted(rows, key=lambda row: [str(v) for v in row]) for rows in (here, there)]
        if not equal(here, there) and not equal(*order):
            found.append(f"set {number}: {len(here)} rows here, {len(there)} there, not the same")
    return found


def compare(connect: Callable[[str], Any], paths: list[Path], args: argparse.Namespace) -> int:
    """Run scripts on the rehearsal and on the server; return how many differ."""
    from leo_helpers import tsql

    different = 0
    for path in paths:
        result = tsql.run(path, project=args.project, data=args.data, on_error="continue")
        here = Answer(
            [(list(f.columns), rows_of(f)) for f in result.frames], [*map(str, result.errors)]
        )
        with connect(args.database) as server:
            text = path.read_text(encoding="utf-8-sig")
            found = differences(here, ask(server, text, go_on=True))
        different += bool(found)
        print(f"{path.name}: {'differs' if found else 'the same'}, {len(here.sets)} result sets")
        print(*(f"    {line}" for line in found), sep="\n", end="\n" if found else "")
    return different


def main(words: list[str] | None = None) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python dev.py server", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("host")
    parser.add_argument("scripts", nargs="*", type=Path)
    parser.add_argument("--port", type=int, default=1433)
    parser.add_argument("--user", required=True)
    parser.add_argument("--database", default="master", help="where scripts begin")
    parser.add_argument("--known", help="a file of tests/tsql/servers, without .toml")
    parser.add_argument("--project", help="project number in the scripts")
    parser.add_argument("--data", help="folder of the data set that the server holds too")
    args = parser.parse_intermixed_args(words)
    missing = [str(path) for path in args.scripts if not path.is_file()]
    if missing:
        sys.exit(f"There is no script {', '.join(missing)}.")
    try:
        import pytds
    except ImportError:
        sys.exit("This needs python-tds: pip install python-tds")
    password = os.environ.get("LEO_TSQL_PASSWORD") or getpass.getpass()

    def connect(database: str) -> Any:
        try:
            return pytds.connect(args.host, database, args.user, password, port=args.port,
                                 autocommit=True, timeout=300, login_timeout=10)  # fmt: skip
        except (pytds.Error, OSError) as error:
            why = str(error) or type(error).__name__
            step = "Look at the host, the port, the user, the password and --database."
            sys.exit(f"{args.host} let nobody into {database}: {why}. {step}")

    if args.scripts:
        return int(bool(compare(connect, args.scripts, args)))
    return int(bool(run_cases(connect, causes(args.known) if args.known else [])))


if __name__ == "__main__":
    sys.exit(main())
