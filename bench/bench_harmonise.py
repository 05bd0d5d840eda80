"""Harmonising spring censuses of 2006 to 2021, against what people write by hand.

    python bench/bench_harmonise.py [--people 1000000] [--root FOLDER] [--runs 3] [--quick]

Twelve concepts of sixteen views, four ways, each run in a fresh process and in turn:

- ours: ``harmonise(...).to_parquet(...)``;
- by hand: a DuckDB query written for these columns and clean codes;
- pandas, whole views: the loop that people write, because the names differ from year to year. It
  reads each census as it stands, takes the year off the names, puts all together and recodes;
- pandas, chosen columns: the loop of a careful person, who has looked up which columns each year
  holds, reads no others, and recodes year by year.

All write one Parquet file and must give the same counts. Seconds are those of the clock; the time
of all processors is beside them, because it hardly depends on what else the machine does. A way
that wants more than seven tenths of the machine's memory is stopped and reported as such. Also
measured: the trees of all tables and all years. Only the school census is generated, in a
temporary folder (``TMPDIR``) that is removed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
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


def recoded(frame, maps: dict[str, dict]):
    """The twelve concepts of a frame with the names of one year or of all."""
    done = frame[["year", "pupilmatchingrefanonymous", "laestab_anon"]].replace("", None)
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
    return done


def whole_views(root: Path, out: Path) -> None:
    """The loop that people write: every census as it stands, put together, then recoded."""
    import pandas as pd

    parts = []
    for year in YEARS:
        end = f"_spr{year % 100:02d}"
        frame = pd.read_parquet(root / "npd_i2" / f"spring_census_{year}")
        frame = frame.rename(columns=lambda name, end=end: name.removesuffix(end))
        parts.append(frame.assign(year=year))
    recoded(pd.concat(parts, ignore_index=True), recodes()).to_parquet(out, compression="zstd")


def chosen_columns(root: Path, out: Path) -> None:
    """The loop of a careful person: only the columns that are needed, recoded year by year."""
    import pandas as pd

    maps, parts = recodes(), []
    needed = {c for p in RECODED.values() for c, _, _ in p} | {*COPIED.values()}
    needed |= {"pupilmatchingrefanonymous", "laestab_anon"}
    for year in YEARS:
        end = f"_spr{year % 100:02d}"
        columns = [f"{c}{end}" for c in sorted(needed & columns_of(root, year))]
        frame = pd.read_parquet(root / "npd_i2" / f"spring_census_{year}", columns=columns)
        frame = frame.rename(columns=lambda name, end=end: name.removesuffix(end))
        parts.append(recoded(frame.assign(year=year), maps))
    pd.concat(parts, ignore_index=True).to_parquet(out, compression="zstd")


WAYS = {
    "ours": ours,
    "by hand": by_hand,
    "pandas, whole views": whole_views,
    "pandas, chosen columns": chosen_columns,
}


def one(way: str, root: Path) -> None:
    """Run one way once and print what it took, as JSON."""
    import duckdb
    import pandas  # noqa: F401 - imported by all, so that no way pays for it alone
    import pyarrow.parquet  # noqa: F401 - as above

    import leo_helpers.harmonise  # noqa: F401 - as above
    from leo_helpers.crosswalk import load_crosswalk

    load_crosswalk()
    given = int(0.7 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    resource.setrlimit(resource.RLIMIT_AS, (given, given))
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
    """Run one way, or the trees, in a process of its own; nothing if memory runs out."""
    done = subprocess.run(
        [sys.executable, str(HERE), "--one", way, "--root", str(root)],
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        return {}
    return json.loads(done.stdout.splitlines()[-1])


def measure(root: Path, runs: int) -> list[str]:
    """Run the ways in turn, check that they agree, and return the lines of the report."""
    taken: dict[str, list[dict]] = {way: [] for way in (*WAYS, TREES)}
    for _ in range(runs):
        for way, results in taken.items():
            results.append(fresh(way, root))
            print(way, {k: v for k, v in results[-1].items() if k != "counts"}, flush=True)
    ended = {way: results for way, results in taken.items() if all(results)}
    mine, hand, whole, chosen = WAYS
    if lost := {mine, hand, TREES} - set(ended):
        sys.exit(f"Stopped before the end: {', '.join(lost)}.")
    first = {way: results[0] for way, results in ended.items()}
    for way in set(WAYS) & set(ended):
        other = [c for c in CONCEPTS if first[way]["counts"][c] != first[mine]["counts"][c]]
        if other or first[way]["rows"] != first[mine]["rows"]:
            sys.exit(f"{way} gives other counts for {', '.join(other) or 'rows'}.")

    def middle(key: str) -> dict[str, float]:
        return {w: statistics.median(r.get(key, 0) for r in rs) for w, rs in ended.items()}

    seconds, busy, peak = middle("seconds"), middle("busy"), middle("peak")

    def against(way: str) -> str:
        if way not in ended:
            return "not measured, for want of memory"
        times, share = seconds[way] / seconds[mine], peak[mine] / peak[way]
        return f"{times:.1f} times as fast with {share:.2f} of the memory"

    lines = [
        f"| {way} | {seconds[way]:.2f} | {busy[way]:.2f} | {peak[way]:,.0f} |"
        if way in ended
        else f"| {way} | stopped: it wanted more than seven tenths of the memory | | |"
        for way in WAYS
    ]
    tree = first[TREES]
    return [
        f"{first[mine]['rows']:,} rows of {len(YEARS)} views, {len(CONCEPTS)} concepts; median of "
        f"{runs} runs, each in a fresh process; the counts of all ways agree.",
        "",
        "| Way | Seconds | Processor seconds | Peak memory (MiB) |",
        "| --- | ---: | ---: | ---: |",
        *lines,
        "",
        f"Ours takes {busy[mine] / busy[hand]:.2f} times the processor time of the hand-written "
        f"query, {seconds[mine] / seconds[hand]:.2f} times its seconds (aim: at most 1.3). Against "
        f"the pandas loop that people write it is {against(whole)} (aim: 8 and 0.25), against that "
        f"of a careful person {against(chosen)}. The trees of all {tree['tables']} tables and "
        f"{tree['views']} views take {seconds[TREES]:.2f} s (aim: 1).",
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
