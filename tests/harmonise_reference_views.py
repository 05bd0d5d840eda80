"""The views of a data set for the reference in pandas: read, named without suffix, dated."""

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd
import pyarrow.parquet as pq

TERMS = {"plasc": "PLASC", "autumn_census": "AUT", "spring_census": "SPR", "summer_census": "SUM"}

#: Which views a table has: folder, and a pattern with its year (and term) where the name has them.
VIEWS = {
    "sc_pupil": ("npd_i2", r"(?P<term>plasc|(?:autumn|spring|summer)_census)_(?P<year>\d{4})"),
    "ap_census": ("npd_i2", r"ap_census_\d+_to_\d+"),
    "absence": ("npd_i2", r"absence_(?P<year>\d{4})_3term"),
    "exclusions_to_2005": ("npd_i2", r"exclusions_(?P<year>\d{4})"),
    "exclusions_t1": ("npd_i2", r"exclusions_table_1_(?P<year>\d{4})"),
    "cin_child": ("npd_i2", r"cin_\d+_to_\d+"),
    "cin_details": ("npd_i2", r"cin_\d+_to_\d+"),
    "cla": ("npd_i2", r"cla_\d+_to_\d+"),
    "nccis": ("npd_i2", r"nccis_\d+_to_\d+"),
    "ks1": ("npd_i2", r"ks1_\d+_to_\d+"),
    "ks4_pupil": ("npd_i2", r"ks4pupil_\d+_to_\d+"),
    "hesa": ("hesa_i2", r"hesa_(?P<year>\d{4})"),
    "lilr_aims": ("lilr_i2", r"aims"),
    "lilr_learners": ("lilr_i2", r"learners"),
    "leo_benefit": ("leo_i2", r"leo_benefit"),
    "leo_earnings": ("leo_i2", r"leo_earnings"),
    "leo_geography": ("leo_i2", r"leo_geography"),
}
SUFFIX = re.compile(r"(_(aut|spr|sum|ab|ex))?_?\d\d$")


@dataclass
class View:
    """One view: its year and term where its name has them, and its columns without suffix."""

    name: str
    year: int | None
    term: str | None
    frame: pd.DataFrame

    def column(self, *names):
        """Values of the first of these columns that the view has, as a list with None."""
        for name in names:
            if name in self.frame:
                values = self.frame[name].astype(object)
                return [None if pd.isna(value) else value for value in values]
        return [None] * len(self.frame)

    def each(self, rule, *names):
        """Apply a rule to every value of the first of these columns."""
        return [rule(value) for value in self.column(*names)]


@cache
def read_views(folder, table):
    """Read every view of a table, in the order of year and term."""
    place, pattern = VIEWS[table]
    found = []
    for path in sorted((folder / place).iterdir()):
        match = re.fullmatch(pattern, path.name)
        if not match:
            continue
        groups = match.groupdict()
        year = int(groups["year"]) if "year" in groups else None
        term = TERMS[groups["term"]] if "term" in groups else None
        frame = pd.concat(
            [
                pq.read_table(p, partitioning=None).to_pandas()
                for p in sorted(path.glob("*.parquet"))
            ],
            ignore_index=True,
        )
        if year and table != "hesa":  # hesa names a year in the view only
            frame.columns = [SUFFIX.sub("", name) for name in frame.columns]
        found.append(View(path.name, year, term, frame))
    order = ["PLASC", "AUT", "SPR", "SUM"]
    return sorted(found, key=lambda v: (v.year or 0, order.index(v.term) if v.term else 0, v.name))


def years_of(view, table):
    """Return the END year of every row of a view."""
    if view.year:
        return [view.year] * len(view.frame)
    if table in (
        "cin_child",
        "cin_details",
        "cla",
    ):  # a year to 31 March, named by the year in which it ends
        return [int(v) for v in view.column("cin_acadyr", "cla_processing_year")]
    if table in ("lilr_aims", "lilr_learners"):  # named by the year in which it starts
        return [int(v) + 1 for v in view.column("year")]
    if table in ("leo_earnings", "leo_geography"):  # 200304 is the tax year to April 2004
        return [int(str(v)[:4]) + 1 for v in view.column("taxyear")]
    text = view.column("ks1_acadyr", "ks4_acadyr", "nccis_acadyr", "ap_acadyr")
    return [None if v is None else int(str(v)[:4]) + 1 for v in text]


def upper(value):
    return None if value is None else str(value).strip().upper()


def first_answer(*columns):
    """Take row by row the first of several columns that gives an answer."""
    return [next((v for v in row if v is not None), None) for row in zip(*columns, strict=True)]
