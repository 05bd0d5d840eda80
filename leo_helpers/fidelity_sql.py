"""What a data set says about each target of ``data/marginals/targets.csv``: the SQL behind it.

A target is measured on a view, named by table, year and term, or on one of :data:`RELATIONS`,
small joins that follow a person from one table to another (pay by years after key stage 4, say).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from .catalogue import Catalogue, View
from .errors import CatalogueError, DataSetError
from .fidelity_relations import CENSUS, DATED, RELATIONS
from .store import Manifest
from .synth.keys import ae_id, edukey, pmr
from .synth.marginals import rate
from .synth.spine import SHOWCASE

__all__ = ["Evidence", "Measurer"]

#: Half the distance between the two quantiles from which a density is read.
_STEP = 0.02
#: Who the rows of one person belong to, where a person has many: rows of one person are alike.
_CLUSTERS = {
    "young_person": "ae_id",
    "adult_year": "ae_id",
    "graduate_year": "ae_id",
    "ucas": "pupilmatchingrefanonymous",
    "ks4_exam": "ks4_pupilmatchingrefanonymous",
    "ks5_exam": "ks5_pupilmatchingrefanonymous",
    "ks5_student": "ks5_pupilmatchingrefanonymous",
}
_POINTS = {"p25": 0.25, "median": 0.5, "p75": 0.75}


@dataclass(frozen=True)
class Evidence:
    """What the data set says about one target."""

    value: float
    n: int
    error: float
    people: int


@dataclass
class Measurer:
    """Measures targets on one data set.

    Parameters
    ----------
    root : pathlib.Path
        A finished data set.
    manifest : Manifest
        Its manifest.
    catalogue : Catalogue
        The catalogue by which columns are found.
    """

    root: Path
    manifest: Manifest
    catalogue: Catalogue

    def __post_init__(self) -> None:
        self.db = duckdb.connect(config={"threads": 2})
        left_out = SHOWCASE if self.manifest.people > SHOWCASE else 0
        self.left_out = left_out
        people = pa.array(range(left_out), pa.int64()).to_numpy()
        for name, make in (("pmr", pmr), ("edukey", edukey)):
            words = pa.concat_arrays([make(people, 0), make(people, 1)])
            self._table(f"showcase_{name}", k=words)
        resolved = [pa.array(ae_id(people, slot), pa.int64()) for slot in (0, 1)]
        self._table("showcase_ae_id", k=pa.concat_arrays(resolved))
        self._made: set[str] = set()

    def _table(self, name: str, **columns: pa.Array) -> None:
        self.db.register("given", pa.table(columns))
        self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        self.db.unregister("given")

    # ---- views -------------------------------------------------------------------------------
    def view(self, table: str, year: int | None, term: str | None) -> View:
        """The view that holds a table's rows of a year."""
        for view in self.catalogue.resolve_table(table).views():
            fits = year is None or (view.year == year if view.year else year in view.years)
            if fits and (not term or (view.term or "") == term):
                return view
        raise CatalogueError(
            f"{table} has no view for {year} {term or ''}.".replace(" .", "."), "targets.csv"
        )

    def files(self, view: View) -> str:
        """A view as DuckDB reads it."""
        folder = self.root / view.database / view.name
        if f"{view.database}.{view.name}" not in self.manifest.views:
            raise DataSetError(
                f"The data set in {self.root} has no {view.database}.{view.name}.",
                "Generate it with all tables and years.",
            )
        return "read_parquet('{}/part-*.parquet')".format(str(folder).replace("'", "''"))

    def columns(self, view: View) -> dict[str, str]:
        """Physical column by the catalogue's name, with and without year and term."""
        known: dict[str, str] = {}
        for item in self.catalogue.view_columns(view):
            number = f"_{item.n}" if item.variable.repeats else ""
            base = re.sub(r"_(ab|ex)$", "", item.variable.base.lower())
            known.setdefault(base + number, item.column)
            known[item.column.lower()] = item.column
        return known

    def resolve(self, view: View, text: str, target: str) -> str:
        """Put physical column names in place of ``{Name}``."""
        known = self.columns(view)

        def column(match: re.Match) -> str:
            name = match[1].lower()
            if name not in known:
                raise CatalogueError(
                    f"target {target} asks for {match[1]}, which "
                    f"{view.database}.{view.name} does not have.",
                    "targets.csv",
                )
            return f'"{known[name]}"'

        return re.sub(r"\{(\w+)\}", column, text)

    def scan(self, table: str, year: int | None, term: str | None) -> tuple[str, View]:
        """SQL of a view's rows without the showcase people, with their END year as ``_year``."""
        view = self.view(table, year, term)
        known = self.columns(view)
        source = f"SELECT *, {self._year(view, known)} AS _year FROM {self.files(view)}"
        for name in ("pupilmatchingrefanonymous", "edukey"):
            key = next((c for base, c in known.items() if base.endswith(name)), None)
            if key and self.left_out:
                short = "pmr" if name.startswith("pupil") else name
                return (
                    f'SELECT * FROM ({source}) ANTI JOIN showcase_{short} s ON "{key}" = s.k'
                ), view
        return source, view

    def _year(self, view: View, known: dict[str, str]) -> str:
        if view.year:
            return str(view.year)
        column = self.catalogue.resolve_table(view.table_id).year_column.split(";")[0].lower()
        if column not in known:
            return "0"
        if view.database == "lilr_i2":
            return f'CAST("{known[column]}" AS INTEGER) + 1'
        if view.database == "leo_i2":
            return f'2000 + CAST("{known[column]}" AS INTEGER) % 100'
        return f'CAST(right(CAST("{known[column]}" AS VARCHAR), 4) AS INTEGER)'

    # ---- relations ---------------------------------------------------------------------------
    def relation(self, name: str, year: int | None) -> str:
        """Name of a ready table that holds a relation."""
        table = f"{name}_{year}" if name.startswith("pupil_") else name
        if table not in self._made:
            text = RELATIONS[name]
            if name.startswith("pupil_"):
                text = text.format(**self._census_parts(name, year or 0))
            elif name == "ks3":
                text = text.format(
                    candidate=self.files(self.view("ks3_candidate", None, None)),
                    indicators=self.files(self.view("ks3_indicators", None, None)),
                )
                text = f"SELECT * FROM ({text}) ANTI JOIN showcase_pmr s ON pmr = s.k"
            if name == "pupil_linked" or not name.startswith(("pupil_", "ks3")):
                self._people()
                if name == "young_person":
                    self.relation("person", None)
                    self._once("nccis", self.scan("nccis", None, None)[0])
                elif name in ("student", "entrant"):
                    self.relation("person", None)
                    self._higher()
                elif name == "employer":
                    self._once("paid", self.scan("leo_earnings", None, None)[0])
                    self._once("firm", self.scan("leo_idbr", None, None)[0])
                elif name in ("adult_year", "graduate_year"):
                    self.relation("person", None)
                    self._work()
                    self._higher()
            self.db.execute(f"CREATE TABLE {table} AS {text}")
            self._made.add(table)
        return table

    def _once(self, name: str, sql: str) -> None:
        if name not in self._made:
            self.db.execute(f"CREATE TABLE {name} AS {sql}")
            self._made.add(name)

    def _census_parts(self, name: str, year: int) -> dict[str, object]:
        sql, view = self.scan("sc_pupil", year, "SPR")
        known = self.columns(view)
        parts: dict[str, object] = {
            "year": year,
            "census": CENSUS.format(
                census=f"({sql})",
                pmr=known["pupilmatchingrefanonymous"],
                nc=known["ncyearactual"],
                status=known["recordstatus"],
                sex=known["gender"],
                ethnic=known["ethnicgroupmajor"],
            ),
        }
        if name == "pupil_excluded":
            sql, view = self.scan("exclusions_t1", year, None)
            known = self.columns(view)
            parts |= {
                "exclusions": f"({sql})",
                "category": known["category"],
                "exclusion_pmr": known["pupilmatchingrefanonymous"],
                "twice": known.get("perm_duplicate", "0"),
            }
        elif name == "pupil_care":
            parts |= {
                t: f"({self.scan(f, year, None)[0]})"
                for t, f in (("cin", "cin_child"), ("cla", "cla"))
            }
        return parts

    def _people(self) -> None:
        spare = "WHERE ae_id NOT IN (SELECT k FROM showcase_ae_id)" if self.left_out else ""
        pairs = {}
        for short, key in (("pmr", "pupilmatchingrefanonymous"), ("edukey", "edukey")):
            files = self.files(self.view(f"lookup_{short}", None, None))
            pairs[short] = f"{short}_pairs"
            self._once(pairs[short], f"SELECT DISTINCT ae_id, {key} AS k FROM {files} {spare}")
        shared = " UNION ALL ".join(
            f"SELECT a.ae_id, b.ae_id AS other FROM {p} a JOIN {p} b USING (k) "
            "WHERE a.ae_id > b.ae_id"
            for p in pairs.values()
        )  # AE_IDs that share a key are one person, known by the smallest
        self._once("same", f"SELECT ae_id, min(other) AS first FROM ({shared}) GROUP BY ae_id")
        for short, found in pairs.items():
            self._once(
                f"lookup_{short}",
                f"SELECT DISTINCT coalesce(first, ae_id) AS ae_id, k AS {short} "
                f"FROM {found} LEFT JOIN same USING (ae_id)",
            )
        parts = []
        for year in (2014, 2015):
            sql, view = self.scan("ks4_pupil", year, None)
            known = self.columns(view)
            parts.append(f"""SELECT ks4_pupilmatchingrefanonymous AS pmr, _year, ks4_gender AS sex,
                ks4_fsm AS fsm FROM ({sql}) WHERE coalesce({known["ks4_endks"]}, 1) = 1""")
        self._once("ks4_people", " UNION ALL ".join(parts))

    def _work(self) -> None:
        for name, table, value, what in (
            ("pay", "leo_earnings", "earnings", "earnings"),
            ("self", "leo_self_assessment", "earnings_self_employment", "profit"),
            ("furlough", "leo_cjrs", "1", "furloughed"),
            ("grant_", "leo_seiss", "1", "granted"),
        ):
            sql, _ = self.scan(table, None, None)
            self._once(
                name,
                f"SELECT e.ae_id, v._year AS tax_year, sum({value}) AS {what} "
                f"FROM ({sql}) v JOIN lookup_edukey e USING (edukey) GROUP BY ALL",
            )
        self._once("leo_benefit", self.scan("leo_benefit", None, None)[0])
        jobs = self.scan("leo_employment", None, None)[0]
        self._once("spells", f"SELECT * FROM ({jobs}) JOIN lookup_edukey USING (edukey)")
        self._once("dated", DATED)
        years = pa.array(range(2004, 2022), pa.int32())
        if "earnings_index" not in self._made:
            self._table(
                "earnings_index",
                tax_year=years,
                index=pa.array([rate("earnings_index", y.as_py()) for y in years]),
            )
            self._made.add("earnings_index")

    def _higher(self) -> None:
        parts = []
        for view in self.catalogue.resolve_table("hesa").views():
            known = self.columns(view)
            degree = known.get("he_xclass01") or known.get("he_class01")
            parts.append(f"""SELECT he_pupilmatchingrefanonymous AS pmr, {view.year} AS year,
                {known["he_yearstu"]} AS study, {degree} IN ('1', '2', '3', '4', '5') AS classed,
                {known["he_xmode01"]} IN ('1', '2') AS full_time
                FROM {self.files(view)} WHERE he_pupilmatchingrefanonymous <> ''""")
        self._once(
            "he_rows",
            "SELECT l.ae_id, h.* EXCLUDE pmr FROM ("
            + " UNION ALL ".join(parts)
            + ") h JOIN lookup_pmr l USING (pmr)",
        )
        self._once(
            "he_entry",
            "SELECT ae_id, min(year) AS entry FROM he_rows WHERE full_time GROUP BY ae_id",
        )
        self._once(
            "graduate",
            "SELECT ae_id, min(year) AS finished FROM he_rows WHERE classed GROUP BY ae_id",
        )

    # ---- measuring ---------------------------------------------------------------------------
    def measure(self, targets: Iterable[dict[str, str]]) -> dict[str, Evidence]:
        """Value, number of rows and standard error of each target, by its id."""
        groups: dict[str, list[tuple[str, str]]] = {}
        statistics: dict[str, str] = {}
        for target in targets:
            source, columns = self._aggregates(target)
            groups.setdefault(source, []).append((target["target_id"], columns))
            statistics[target["target_id"]] = target["statistic"]
        found = {}
        for source, wanted in groups.items():
            for i in range(0, len(wanted), 40):
                some = wanted[i : i + 40]
                row = (
                    self.db.execute(
                        f"SELECT {', '.join(c for _, c in some)} FROM {source}"
                    ).fetchone()
                    or ()
                )
                for (name, _), cells in zip(some, row, strict=True):
                    found[name] = _evidence(statistics[name], cells)
        return found

    def _aggregates(self, target: dict[str, str]) -> tuple[str, str]:
        year = int(target["year"]) if target["year"] else None
        measure, where, name = target["measure"], target["where"], target["target_id"]
        if target["table_id"] in RELATIONS:
            source = self.relation(target["table_id"], year)
        else:
            sql, view = self.scan(target["table_id"], year, target["term"] or None)
            measure, where = (self.resolve(view, t, name) for t in (measure, where))
            if year and not view.year and "_year" not in where:
                where = f"_year = {year}" + (f" AND ({where})" if where else "")
            source = f"({sql})"
        only = f"FILTER (WHERE {where})" if where else ""
        kind = target["statistic"]
        key = _CLUSTERS.get(target["table_id"])
        people = f"count(DISTINCT {key}) {only}" if key else "NULL"
        if kind == "share":
            x = f"CAST({measure} AS INTEGER)"
            return source, f"[avg({x}) {only}, count({x}) {only}, {people}]"
        if kind in ("mean", "rate"):
            return source, (
                f"[avg({measure}) {only}, count({measure}) {only}, "
                f"{people}, stddev_samp({measure}) {only}]"
            )
        if kind == "ratio":
            a, b = measure.split(";")
            sums = (
                f"sum({a})",
                f"sum({b})",
                f"sum(({a}) * ({a}))",
                f"sum(({a}) * ({b}))",
                f"sum(({b}) * ({b}))",
                f"count({b})",
            )
            return source, "[" + ", ".join(f"CAST({s} {only} AS DOUBLE)" for s in sums) + "]"
        p = _POINTS[kind]
        cuts = ", ".join(f"quantile_cont({measure}, {q}) {only}" for q in (p, p - _STEP, p + _STEP))
        return source, f"[{cuts}, count({measure}) {only}, {people}]"


def _evidence(statistic: str, cells: list[float | None]) -> Evidence:
    if cells[0] is None:
        return Evidence(math.nan, 0, math.nan, 0)
    if statistic == "ratio":
        a, b, aa, ab, bb, n = (float(c or 0.0) for c in cells)
        r = a / b if b else math.nan
        error = math.sqrt(max(aa - 2 * r * ab + r * r * bb, 0.0)) / b if b else math.nan
        return Evidence(r, int(n), error, int(n))
    value, *middle = cells
    n = int((middle[2] if statistic in _POINTS else middle[0]) or 0)
    people = int((middle[3] if statistic in _POINTS else middle[1]) or n)
    if statistic == "share":
        error = math.sqrt(max(value * (1 - value), 0.25 / people) / people)
    elif statistic in _POINTS:
        p = _POINTS[statistic]
        error = (middle[1] - middle[0]) / (2 * _STEP) * math.sqrt(p * (1 - p) / people)
    else:
        error = float(middle[2] or 0.0) / math.sqrt(people)
    return Evidence(float(value), n, float(error), people)
