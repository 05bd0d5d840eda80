"""Time the T-SQL engine: split and translate, overhead over DuckDB, and whole scripts.

``python bench/bench_tsql.py`` runs on the default data set, which is made when there is none.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "bench")]

from results import write_section

RUNS = 40
QUERY = """select taxyear, count(*) as people, avg(earnings) as mean, sum(earnings) as total
from leo_i2..leo_earnings where edukey <> '' and taxyear >= 201011
group by taxyear having count(*) > 5 order by taxyear"""


def split_and_translate() -> tuple[int, float]:
    """Statements in the example scripts, and milliseconds to cut and parse and translate one."""
    from leo_helpers import tsql
    from leo_helpers.tsql.scope import Scope

    session, count, spent = tsql.Session(), 0, 0.0
    for path in sorted((PROJECT / "examples" / "sql").glob("*.sql")):
        text = path.read_text("utf-8")
        session.run(text)  # so that the tables are there for the translation
        start = time.perf_counter()
        found = list(tsql.survey(text))
        spent += time.perf_counter() - start
        count += len(found)
        for statement in found:
            for tree in statement.trees:
                start = time.perf_counter()
                try:
                    binder = session.binder()
                    if statement.word in ("SELECT", "INSERT", "WITH", "UPDATE", "DELETE"):
                        binder.query(tree, None)
                    elif statement.word == "CONDITION":
                        binder.condition(tree, Scope())
                except tsql.TSqlError:
                    pass  # a table that the script has dropped again
                spent += time.perf_counter() - start
        session.reset()
    return count, 1000 * spent / count


def overhead() -> tuple[float, float]:
    """Milliseconds of one query through a session, and of the same DuckDB SQL by itself."""
    from leo_helpers import tsql
    from leo_helpers.tsql.lexer import Script, parse_query

    session = tsql.Session()
    sql = session.binder().statement(parse_query(Script(QUERY).tokens, QUERY)).sql
    through, plain = [], []
    for _ in range(RUNS):
        start = time.perf_counter()
        session.run(QUERY)
        through.append(time.perf_counter() - start)
        start = time.perf_counter()
        session.con.sql(sql).to_arrow_table().to_pandas()
        plain.append(time.perf_counter() - start)
    return 1000 * statistics.median(through), 1000 * statistics.median(plain)


def long_script() -> tuple[int, int, float]:
    """Lines, statements run and seconds of the example scripts as one script."""
    from leo_helpers import tsql

    parts = [p.read_text("utf-8") for p in sorted((PROJECT / "examples" / "sql").glob("*.sql"))]
    session, steps, spent, lines = tsql.Session(), 0, 0.0, 0
    while lines < 1500:
        for text in parts:
            session.reset()
            start = time.perf_counter()
            steps += len(session.run(text).steps)
            spent += time.perf_counter() - start
            lines += text.count("\n")
    return lines, steps, spent


def main() -> None:
    """Measure and write the section of ``RESULTS.md``."""
    count, each = split_and_translate()
    through, plain = overhead()
    lines, steps, seconds = long_script()
    write_section(
        "tsql",
        "T-SQL on the synthetic LEO",
        "python bench/bench_tsql.py",
        [
            "| What | Measured | Aim |",
            "|---|---:|---:|",
            f"| Split, parse and translate one of {count} statements | {each:.1f} ms | 10 ms |",
            f"| A query in a session ({through:.1f} ms) less the same in DuckDB ({plain:.1f} ms) "
            f"| {through - plain:.1f} ms | 15 ms |",
            f"| Scripts of {lines:,} lines, {steps:,} statements run | {seconds:.1f} s | 60 s |",
        ],
    )


if __name__ == "__main__":
    main()
