"""Count the rows of the default data set by table and year into ``data/marginals``.

The generator reads the counts to know which rare codes would stay unseen among 5,000 people.
Run it after changing who has a row: ``python tools/default_rows.py``.
"""

from __future__ import annotations

import csv
import os
from collections import Counter

from leo_helpers.catalogue import load_catalogue
from leo_helpers.paths import data_dir
from leo_helpers.synth import DEFAULT_PEOPLE, DEFAULT_SEED
from leo_helpers.synth.engine import ROWS, Context, Spine
from leo_helpers.synth.faults import fault_rates


def count_rows() -> Counter[tuple[str, int]]:
    """Rows by table and END year (0 where the table has no year)."""
    catalogue, rates = load_catalogue(), fault_rates("documented")
    spine = Spine(0, DEFAULT_PEOPLE, DEFAULT_SEED)
    counts: Counter[tuple[str, int]] = Counter()
    for table in ROWS:
        views = catalogue.tables[table].views()
        for view in views if views[0].year is not None else views[:1]:
            rows = ROWS[table](Context(spine, table, view.year, view.term, rates, view.years))
            for year, start, stop in rows.segments:
                counts[table, year] += stop - start
    return counts


def main() -> None:
    """Write the counts, sorted, under a temporary name first."""
    path = data_dir() / "marginals" / "default_rows.csv"
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["table_id", "year", "rows"])
        writer.writerows((*key, count) for key, count in sorted(count_rows().items()))
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
