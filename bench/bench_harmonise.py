"""Harmonising spring censuses of 2006 to 2021, against what people write by hand.

    python bench/bench_harmonise.py [--people 1000000] [--root FOLDER] [--runs 3] [--quick]

Twelve concepts of sixteen views, four ways, each run in a fresh process and in turn:

- ours: ``harmonise(...).to_parquet(...)``;
- by hand: a DuckDB query written for these columns and clean codes;
- pandas, whole views: the loop that people write, because the names differ from year to year. It
  reads a census as it stands, takes the year off the names, maps, picks and puts all together;
- pandas, chosen columns: the same loop by a careful person, who has looked up which columns each
  year holds and reads no others.

All write one Parquet file and must give the same counts. Seconds are those of the clock; the time
of all processors is beside them, because it hardly depends on what else the machine does. Also
measured: the trees of all tables and all years. Only the school census is generated, in a
temporary folder (``TMPDIR``) that is removed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from results import write_section

HERE = Path(__file__).resolve()
YEARS = range(2006, 2022)
#: Concept, and the columns that it is read from in order, with the recode for each.
RECODED = {
    "sex": [("gender", "sex_letters", 0)],
    "ethnicity_minor": [
        ("ethnicgroupminor", "eth_minor_npd", 0),
        ("ethnicgroupminor", "eth_minor_npd", 4),
        ("ethnicity", "eth_minor_extended", 0),
        ("ethnicgroup", "eth_minor_text", 0),
    ],
    "eal": [
        ("firstlanguage", "eal", 0),
        ("languagegroupminor", "eal", 0),
        ("languagegroupminor", "eal", 3),
        ("languagegroup", "eal", 0),
        ("languagegroupmajor", "eal_major", 0),
    ],
    "sen_stage": [("senprovision", "sen3", 0), ("senprovisionmajor", "sen3_major", 0)],
    "sen_need_primary": [("primarysentype", "sen_type10", 0)],
    "enrol_status": [("enrolstatus", "enrol_status", 0)],
    "nc_year": [("ncyearactual", "nc_year", 0)],
}
COPIED = {
    "fsm": "fsmeligible",
    "birth_year": "yearofbirth",
    "birth_month": "monthofbirth",
    "entry_date": "entrydate",
    "home_school_miles": "distcurrsch",
}
CONCEPTS = [*RECODED, *COPIED]
TREES = "trees"
WHOLE = {"eal", "fsm", "nc_year"}


def recodes() -> dict[str, dict[str, str | int | None]]:
    """The codes that stand in the hand-written programs, typed as the results are."""
    from leo_helpers.crosswalk import load_crosswalk

    found = load_crosswalk().recodes
    whole = {r for c in WHOLE & set(RECODED) for _, r, _ in RECODED[c]}
    return {
        name: {k: int(v) if v and name in whole else v for k, v in found[name].to.items()}
        for name in {r for parts in RECODED.values() for _, r, _ in parts}
    }


def columns_of(root: Path, year: int) -> set[str]:
    """The columns of a view, without year and term."""
    import pyarrow.parquet as pq

    path = next((root / "npd_i2" / f"spring_census_{year}").glob("*.parquet"))
    return {n.removesuffix(f"_spr{year % 100:02d}") for n in pq.read_schema(path).names}


def ours(root: Path, out: Path) -> None:
    """One call."""
    import leo_helpers as leo

    leo.harmonise("sc_pupil", CONCEPTS, YEARS, "spring", root=root).to_parquet(out)


def by_hand(root: Path, out: Path) -> None:
    """The DuckDB query that a careful person writes, name by name."""
    import duckdb

    con, maps = duckdb.connect(), recodes()
    for name, codes in maps.items():
        texts = ", ".join(
            f"'{k.replace(chr(39), chr(39) * 2)}': "
            + ("NULL" if v is None else str(v) if isinstance(v, int) else f"'{v}'")
            for k, v in codes.items()
        )
        con.execute(f"set variable {name} = MAP {{{texts}}}")
    queries = []
    for year in YEARS:
        held, end = columns_of(root, year), f"_spr{year % 100:02d}"
        items = [
            f"'spring_census_{year}' as \"view\"",
            f'{year}::smallint as "year"',
            "'SPR' as term",
            f"nullif(pupilmatchingrefanonymous{end}, '') as pupilmatchingrefanonymous",
            f"nullif(laestab_anon{end}, '') as laestab_anon",
        ]
        for concept, parts in RECODED.items():
            values = [
                f"getvariable('{recode}')[{f'left({c}{end}, {cut})' if cut else f'{c}{end}'}]"
                for c, recode, cut in parts
                if c in held
            ]
            items.append(f"coalesce({', '.join(values)}) as {concept}")
        items += [f"{c}{end} as {concept}" for concept, c in COPIED.items()]
        files = root / "npd_i2" / f"spring_census_{year}" / "*.parquet"
        queries.append(f"select {', '.join(items)} from read_parquet('{files}')")
    con.execute("set preserve_insertion_order = false")
    whole = " union all ".join(queries)
    con.execute(f"copy ({whole}) to '{out}' (format parquet, compression zstd)")


def with_pandas(root: Path, out: Path, chosen: bool = False) -> None:
    """The loop that people write; ``chosen`` reads only the columns that are needed."""
    import pandas as pd

    maps, parts = recodes(), []
    for year in YEARS:
        end, columns = f"_spr{year % 100:02d}", None
        if chosen:
            wanted = {c for p in RECODED.values() for c, _, _ in p} | {*COPIED.values()}
            wanted |= {"pupilmatchingrefanonymous", "laestab_anon"}
            columns = [f"{c}{end}" for c in sorted(wanted & columns_of(root, year))]
        frame = pd.read_parquet(root / "npd_i2" / f"spring_census_{year}", columns=columns)
        frame = frame.rename(columns=lambda name, end=end: name.removesuffix(end))
        done = frame[["pupilmatchingrefanonymous", "laestab_anon"]].replace("", None)
        for concept, steps in RECODED.items():
            value = None
            for name, recode, cut in steps:
                if name not in frame:
                    continue
                code = frame[name].str[:cut] if cut else frame[name]
                found = code.map(maps[recode])
                value = found if value is None else value.fillna(found)
            done[concept] = value
        for concept, name in COPIED.items():
            done[concept] = frame[name]
        done.insert(0, "year", year)
        parts.append(done)
    pd.concat(parts, ignore_index=True).to_parquet(out, compression="zstd")


WAYS = {
    "ours": ours,
    "by hand": by_hand,
    "pandas, whole views": with_pandas,
    "pandas, chosen columns": partial(with_pandas, chosen=True),
}


def one(way: str, root: Path) -> None:
    """Run one way once and print what it took, as JSON."""
    import duckdb
    import pandas  # noqa: F401 - imported by all, so that no way pays for it alone
    import pyarrow.parquet  # noqa: F401 - as above

    import leo_helpers.harmonise  # noqa: F401 - as above
    from leo_helpers.crosswalk import load_crosswalk

    load_crosswalk()
    out = Path(tempfile.mkdtemp()) / "harmonised.parquet"
    start, busy = time.perf_counter(), time.process_time()
    WAYS[way](root, out)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    con = duckdb.connect()
    con.execute(f"create view result as from read_parquet('{out}')")
    counts = {}
    for concept in CONCEPTS:
        text = f"{concept}{'::integer' if concept in WHOLE else ''}::varchar"
        query = f"select year, {text}, count(*) from result group by all order by all"
        told = repr(con.execute(query).fetchall())
        counts[concept] = hashlib.sha256(told.encode()).hexdigest()[:12]
    rows = con.execute("select count(*) from result").fetchone()[0]
    shutil.rmtree(out.parent)
    told = {"seconds": seconds, "busy": busy, "peak": peak, "counts": counts, "rows": rows}
    print(json.dumps(told))


def trees() -> None:
    """Print the seconds that the trees of all tables and all years take, as JSON."""
    import leo_helpers as leo
    from leo_helpers.crosswalk import load_crosswalk

    tables = load_crosswalk().tables
    leo.harmonise("cla", source="catalogue").tree()
    start, busy, views = time.perf_counter(), time.process_time(), 0
    for table in tables:
        made = leo.harmonise(table, source="catalogue")
        made.tree()
        views += len(made.views)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    print(json.dumps({"seconds": seconds, "busy": busy, "tables": len(tables), "views": views}))


def fresh(way: str, root: Path) -> dict:
    """Run one way, or the trees, in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(HERE), "--one", way, "--root", str(root)],
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{way} stopped with code {done.returncode}; -9 means that memory ran out.")
    return json.loads(done.stdout.splitlines()[-1])


def measure(root: Path, runs: int) -> list[str]:
    """Run the ways in turn, check that they agree, and return the lines of the report."""
    taken: dict[str, list[dict]] = {way: [] for way in (*WAYS, TREES)}
    for _ in range(runs):
        for way, results in taken.items():
            results.append(fresh(way, root))
            print(way, {k: v for k, v in results[-1].items() if k != "counts"}, flush=True)
    first = {way: results[0] for way, results in taken.items()}
    for way in WAYS:
        other = [c for c in CONCEPTS if first[way]["counts"][c] != first["ours"]["counts"][c]]
        if other or first[way]["rows"] != first["ours"]["rows"]:
            sys.exit(f"{way} gives other counts for {', '.join(other) or 'rows'}.")

    def middle(key: str) -> dict[str, float]:
        return {w: statistics.median(r.get(key, 0) for r in rs) for w, rs in taken.items()}

    seconds, busy, peak = middle("seconds"), middle("busy"), middle("peak")
    mine, hand, whole, chosen = WAYS
    tree = first[TREES]
    return [
        f"{first[mine]['rows']:,} rows of {len(YEARS)} views, {len(CONCEPTS)} concepts; median of "
        f"{runs} runs, each in a fresh process; the counts of all four agree.",
        "",
        "| Way | Seconds | Processor seconds | Peak memory (MiB) |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {w} | {seconds[w]:.2f} | {busy[w]:.2f} | {peak[w]:,.0f} |" for w in WAYS),
        "",
        f"Ours takes {busy[mine] / busy[hand]:.2f} times the processor time of the hand-written "
        f"query, {seconds[mine] / seconds[hand]:.2f} times its seconds (aim: at most 1.3). It is "
        f"{seconds[whole] / seconds[mine]:.1f} times as fast as the pandas loop that people write "
        f"(aim: 8) and needs {peak[mine] / peak[whole]:.2f} of its memory (aim: 0.25); against the "
        f"loop of a careful person it is {seconds[chosen] / seconds[mine]:.1f} times as fast and "
        f"needs {peak[mine] / peak[chosen]:.2f} of the memory. The trees of all {tree['tables']} "
        f"tables and {tree['views']} views take {seconds[TREES]:.2f} s (aim: 1).",
    ]


def main() -> None:
    """Generate the censuses if none are given, and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--root", type=Path, help="a data set that has the spring censuses")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="50,000 people; write no report")
    parser.add_argument("--one", choices=[*WAYS, TREES], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        trees() if given.one == TREES else one(given.one, given.root)
        return
    people = 50_000 if given.quick else given.people
    with tempfile.TemporaryDirectory(prefix="leo-bench-") as folder:
        root = given.root
        if root is None:
            from leo_helpers.synth import generate

            root = Path(folder) / "data"
            generate(root, people=people, tables=["sc_pupil"], years=list(YEARS), progress=False)
        lines = measure(root, given.runs)
    print("\n".join(lines))
    if not given.quick and given.root is None:
        title = f"Harmonise sixteen censuses, {people:,} people"
        write_section("harmonise", title, "python bench/bench_harmonise.py", lines)


if __name__ == "__main__":
    main()
