"""Every view has the catalogue's columns in the catalogue's years, and lives make sense."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from synth_cases import CATALOGUE, PEOPLE, SEED, TABLES, VIEWS, draw, only, spine, whole

from leo_helpers.catalogue import load_catalogue
from leo_helpers.synth.draws import rule_for
from leo_helpers.synth.engine import ROWS
from leo_helpers.synth.faults import fault_rates
from leo_helpers.synth.rows import Context

DAY = datetime.timedelta(days=1)


def plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def frame(table: pa.Table, *columns: str) -> pd.DataFrame:
    """Some columns as Python objects, for comparisons."""
    return pd.DataFrame({c: table[c].to_pylist() for c in columns}, columns=list(columns))


def drawn_as(view, kind: str, first: str) -> list[str]:
    """Columns of a view that a certain line of draws.csv makes."""
    found = []
    for item in CATALOGUE.view_columns(view):
        rule = rule_for(item.variable)
        if rule.kind == kind and rule.args[:1] == (first,):
            found.append(item.column)
    return found


def year_of(text) -> int:
    """END year of ``2010/2011``, ``2010/11``, 201011 or 2011."""
    parts = str(text).split("/")
    if len(parts) == 1 and int(parts[0]) > 9999:  # 201011
        return int(parts[0][:4]) + 1
    return int(parts[0]) + 1 if len(parts) > 1 else int(parts[0])


# ---- what there is -----------------------------------------------------------------------------
def test_every_view_of_the_catalogue_is_made():
    listed = {f"{v.database}.{v.name}" for t in CATALOGUE.tables.values() for v in t.views()}
    assert listed == set(VIEWS) and set(CATALOGUE.tables) == set(ROWS)


def test_columns_are_the_catalogues_in_order():
    for name, table in whole().items():
        assert table.column_names == [c.column for c in CATALOGUE.view_columns(VIEWS[name])], name


def test_every_view_has_rows():
    assert len(TABLES) == 41
    empty = {VIEWS[n].table_id for n, t in whole().items() if not t.num_rows}
    assert empty <= {
        "exclusions_to_2005",
        "exclusions_t1",
        "exclusions_t2",
        "exclusions_t3",
        "cla",
        "hesa",
        "ks5_student",
        "ks5_exam",
        "leo_seiss",
        "plams",
    }


def test_holes_of_the_pandemic():
    names = {v.name for v in VIEWS.values()}
    assert {"summer_census_2019", "summer_census_2021", "spring_census_2020"} <= names
    assert "summer_census_2020" not in names
    assert {"absence_2019_3term", "absence_2021_3term"} <= names
    assert not [n for n in names if n.startswith("absence_2020")]


def test_yearly_columns_stand_only_in_their_years():
    columns = {n: set(t.column_names) for n, t in whole().items()}
    assert "lsoa11_spr19" in columns["npd_i2.spring_census_2019"]
    assert not [c for c in columns["npd_i2.spring_census_2007"] if c.startswith("lsoa11")]
    assert "fsmeligible_04" in columns["npd_i2.plasc_2004"]


def test_pooled_columns_are_empty_outside_their_years():
    checked = 0
    for name, table in whole().items():
        view = VIEWS[name]
        year_column = CATALOGUE.tables[view.table_id].year_column.casefold()
        if view.year or year_column not in table.column_names or view.table_id == "ypmad_snapshot":
            continue
        years = np.array([year_of(y) for y in table[year_column].to_pylist()])
        if view.table_id.startswith("lilr"):
            years = years + 1  # written as the year of the start
        assert set(years.tolist()) <= set(view.years), name
        for item in CATALOGUE.view_columns(view):
            outside = ~np.isin(years, item.variable.years)
            if outside.any() and view.table_id not in ("leo_idbr", "lilr_lars"):
                column = table[item.column].filter(pa.array(outside))
                missing = {None, "", -1, -1.0}
                found = set(pc.unique(column).to_pylist()) - missing
                assert not found, (name, item.column, found)
                checked += 1
    assert checked > 300


def test_numbers_stay_in_the_catalogues_range():
    wrong = []
    for name, table in whole().items():
        for item in CATALOGUE.view_columns(VIEWS[name]):
            bounds, kind = item.variable.bounds, plain(table[item.column].type)
            if bounds is None or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                continue
            values = [v for v in pc.unique(table[item.column]).to_pylist() if v is not None]
            if item.variable.missing_as == "-1":
                values = [v for v in values if v != -1]
            if any(not bounds[0] <= v <= bounds[1] for v in values):
                wrong.append((name, item.column, bounds, min(values), max(values)))
    assert not wrong


def test_codes_stand_only_in_their_years():
    checked = 0
    for name, table in whole().items():
        view = VIEWS[name]
        for item in CATALOGUE.view_columns(view):
            v = item.variable
            if not v.codelist or v.range or rule_for(v).kind == "text":
                continue
            codes = CATALOGUE.codes(v.codelist)
            years = [view.year] if view.year and view.year <= 2021 else v.years or [0]
            allowed = {
                str(k.code)
                for k in codes
                if view.year is None or any(not y or k.valid_in(y) for y in years)
            }
            found = {str(x) for x in pc.unique(table[item.column]).to_pylist()}
            found -= {"None", "", "-1"} - allowed
            assert found <= allowed, (name, item.column, sorted(found - allowed)[:5])
            checked += 1
    assert checked > 3000


# ---- who it is about ---------------------------------------------------------------------------
def test_identifiers_are_impossible():
    shapes = {"pmr": r"SYN[0-9A-F]{15}", "edukey": r"SYN[0-9A-F]{11}"}
    seen = dict.fromkeys(shapes, 0)
    for name, table in whole("harsh").items():
        for kind, shape in shapes.items():
            for column in drawn_as(VIEWS[name], "key", kind):
                words = pd.Series(pc.unique(table[column]).to_pylist(), dtype=object)
                words = words[words != ""]
                assert words.str.fullmatch(shape).all(), (name, column)
                seen[kind] += 1
        for item in CATALOGUE.view_columns(VIEWS[name]):
            if item.variable.name.casefold().endswith("_anon") and not item.variable.codelist:
                values = pc.unique(table[item.column]).drop_null()[:3].to_pylist()
                text = [v.decode() if isinstance(v, bytes) else v for v in values]
                assert all("SYN" in v for v in text if isinstance(v, str) and v), item.column
    assert seen["pmr"] > 150 and seen["edukey"] == 8
    ids = only("lookup_pmr")["ae_id"].to_numpy()
    assert (ids // 10**12 == 99).all()


def test_one_birth_date_in_all_tables():
    born: dict[str, set] = {}
    views = 0
    for name, table in whole("none").items():
        keys = drawn_as(VIEWS[name], "key", "pmr")
        years = drawn_as(VIEWS[name], "from", "birth_year")
        months = drawn_as(VIEWS[name], "from", "birth_month")
        if keys and years and months:
            views += 1
            rows = zip(*(table[c].to_pylist() for c in (keys[0], years[0], months[0])), strict=True)
            for key, *date in rows:
                if key and None not in date:
                    born.setdefault(key, set()).add(tuple(date))
    assert views > 100 and len(born) > 250
    assert {len(dates) for dates in born.values()} == {1}
    known = set(only("lookup_pmr")["pupilmatchingrefanonymous"].to_pylist())
    assert set(born) <= known


def test_age_follows_from_birth_and_year():
    views = 0
    for name, table in whole("none").items():
        view = VIEWS[name]
        parts = [
            drawn_as(view, "from", a)
            for a in ("birth_year", "birth_month", "age_31_august", "age_month_part")
        ]
        if view.year is None or not all(parts):
            continue
        rows = frame(table, *(p[0] for p in parts)).dropna().astype(int)
        rows.columns = ["year", "month", "age", "part"]
        months = (view.year - 1 - rows.year) * 12 + 8 - rows.month  # whole months on 31 August
        assert (rows.age * 12 + rows.part == months).all(), name
        views += 1
    assert views > 60


def test_key_stages_follow_the_cohort():
    after = {"ks1": 8, "ks2_pupil": 12, "ks3_candidate": 15, "ks4_pupil": 17, "ks5_student": 19}
    cohort: dict[str, set] = {}
    for table, years in after.items():
        data = only(table)
        stem = table[:3]
        rows = frame(data, f"{stem}_pupilmatchingrefanonymous", f"{stem}_acadyr")
        for key, year in rows.itertuples(index=False):
            if key:
                cohort.setdefault(key, set()).add(year_of(year) - years)
    assert len(cohort) > 250 and {len(c) for c in cohort.values()} == {1}
    assert min(min(c) for c in cohort.values()) >= 1984


def rows_of(table: str, year: int | None = None, faults=None):
    view = CATALOGUE.tables[table].views(year)[0]
    return ROWS[table](Context(spine(), table, view.year, view.term, faults or {}, view.years))


def test_university_and_work_come_after_school():
    people = spine()
    ages = []
    for year in range(2005, 2021):
        rows = rows_of("hesa", year)
        ages.append(year - 1 - people.cohort[rows.person].astype(int))
    ages = np.concatenate(ages)
    assert len(ages) > 200 and ages.min() >= 18  # age on 31 August before the academic year
    earned = rows_of("leo_earnings")
    assert (earned.year - people.birth_year[earned.person]).min() >= 16
    jobs = rows_of("leo_employment", faults={"uncertain_start": 1.0})
    started = jobs.attrs["start_date"].astype("datetime64[Y]").astype(int) + 1970
    assert (started - people.birth_year[jobs.person]).min() >= 15
    assert people.he_entry[people.he_entry > 0].min() > people.ks4_year[people.he_entry > 0].min()
    entered = people.he_entry > 0
    assert (people.he_entry - people.ks4_year)[entered].min() >= 3


SPELLS = [
    ("leo_employment", "startdate", "enddate"),
    ("leo_benefit", "startdate", "enddate"),
    ("lilr_aims", "start_date", "end_date"),
    ("lilr_aims", "start_date", "end_date_expected"),
    ("cla", "cla_date_epi_comm", "cla_date_epi_ceased"),
    ("cin_overall", "cin_referral_date", "cin_closure_date"),
]


@pytest.mark.parametrize("table,start,end", SPELLS)
def test_spells_end_after_they_begin(table, start, end):
    for faults in ("none", "harsh"):
        data = only(table, faults)
        if table == "cla":  # too rare among 300
            data = draw(VIEWS["npd_i2.cla_2006_to_2021"], spine(0, 3000), fault_rates(faults))
        columns = {c.casefold(): c for c in data.column_names}
        firsts = [c for c in columns if start.replace("_", "") in c.replace("_", "")]
        lasts = [c for c in columns if end.replace("_", "") in c.replace("_", "")]
        assert firsts and lasts, [c for c in columns if "date" in c or "start" in c]
        rows = frame(data, columns[firsts[0]], columns[lasts[0]]).dropna()
        assert len(rows) and (rows.iloc[:, 1] >= rows.iloc[:, 0]).all()


def test_default_dates_of_jobs():
    data = only("leo_employment", "harsh")
    rows = frame(data, "startdate", "enddate", "uncertainstartdate", "uncertainenddate")
    unsure = rows[rows.uncertainstartdate == 1]
    april = np.array([(d.month, d.day) == (4, 6) for d in unsure.startdate])
    two_days = np.array(
        [(b - a).days == 1 for a, b in unsure[["startdate", "enddate"]].dropna().to_numpy()]
    )
    assert len(unsure) > 20 and april.mean() > 0.8 and 0 < two_days.sum() == (~april).sum()
    ends = rows.enddate[rows.uncertainenddate == 1].dropna()
    assert len(ends) > 20 and {(d.month, d.day) for d in ends} == {(4, 5)}


def test_wide_exclusions_can_be_rebuilt_from_table_1():
    people, seen, repeats, shifts = spine(5000, 7500), 0, 0, 0
    for year in (2006, 2007, 2010, 2019):
        yy = f"{year % 100:02d}"
        one, two, three = (
            draw(VIEWS[f"npd_i2.exclusions_table_{n}_{year}"], people, {"repeated_permanent": 1.0})
            for n in (1, 2, 3)
        )
        key, start, sessions = (
            f"{c}_ex{yy}" for c in ("pupilmatchingrefanonymous", "startdate", "sessions")
        )
        events = frame(one, key, start, sessions, f"perm_duplicate_ex{yy}", f"reason_ex{yy}")
        repeats += int((events[f"perm_duplicate_ex{yy}"] == 1).sum())
        events = events[events[f"perm_duplicate_ex{yy}"] == 0]
        rebuilt = {k: sorted(map(str, g[start])) for k, g in events.groupby(key)}
        for wide in (two, three):
            numbered = [c for c in wide.column_names if c.startswith("startdate_")]
            if not numbered:
                continue
            rows, listed = frame(wide, key, *numbered), {}
            for r in rows.itertuples(index=False):  # in table 2 a row a school
                held = [str(d) for d in r[1:] if d is not None and d == d]
                listed[r[0]] = sorted([*listed.get(r[0], []), *held])
            assert listed == rebuilt, wide.column_names[0]
        held = [c for c in two.column_names if c.startswith("reason_")]
        why = [v for c in held for v in two[c].to_pylist() if v]
        assert sorted(why) == sorted(events[f"reason_ex{yy}"])
        seen += len(rebuilt)
        shifts += two.num_rows - three.num_rows
    assert seen > 100 and repeats > 1 and shifts > 5  # some pupils go on at another school


def test_homes_differ_and_stay():
    areas: dict[str, set] = {}
    for year in (2012, 2013, 2014):
        name = f"npd_i2.spring_census_{year}"
        view, area = whole()[name], drawn_as(VIEWS[name], "text", "home_area")[0]
        rows = frame(view, f"pupilmatchingrefanonymous_spr{year % 100}", area)
        for key, home in rows.dropna().itertuples(index=False):
            areas.setdefault(key, set()).add(home[-5:])
    assert len(set.union(*areas.values())) > len(areas) * 0.8  # homes are not shared by everyone
    assert np.mean([len(a) == 1 for a in areas.values()]) > 0.8  # and few people move


def test_all_tables_know_the_same_people():
    pupils = set(only("lookup_pmr")["pupilmatchingrefanonymous"].to_pylist())
    people = set(only("lookup_edukey")["edukey"].to_pylist())
    assert len(people) == PEOPLE and SEED
    for name, table in whole("none").items():
        for kind, known in (("pmr", pupils), ("edukey", people)):
            for column in drawn_as(VIEWS[name], "key", kind):
                assert set(pc.unique(table[column]).to_pylist()) <= known | {""}, (name, column)
    learners = set(only("lilr_learners")["external_id"].to_pylist())
    assert set(only("lilr_aims")["external_id"].to_pylist()) <= learners
    records = set(only("lookup_recid")["recordid"].to_pylist())
    assert set(only("lilr_learners")["recordid"].to_pylist()) == records
    firms = set(only("leo_idbr")["entkey"].to_pylist())
    used = set(only("leo_earnings")["main_enterprise"].drop_null().to_pylist()) - {""}
    assert used <= firms
    assert load_catalogue() is CATALOGUE


# ---- what the catalogue says a column holds ---------------------------------------------------
def fits(variable, kind: pa.DataType) -> bool:
    """Whether a column may be stored so: codes as text or numbers, the rest by its type."""
    words, whole = pa.types.is_string(kind), pa.types.is_integer(kind)
    if variable.codelist or variable.type in ("category", "flag"):
        return words or whole
    return {
        "date": pa.types.is_date(kind),
        "integer": whole,
        "number": whole or pa.types.is_floating(kind),
        "text": words,
        "id": words or whole or pa.types.is_binary(kind),
    }[variable.type]


def test_columns_have_the_catalogues_type():
    wrong, checked = [], 0
    for name, table in whole().items():
        for item in CATALOGUE.view_columns(VIEWS[name]):
            kind = plain(table[item.column].type)
            checked += 1
            if not fits(item.variable, kind):
                wrong.append((name, item.column, item.variable.type, str(kind)))
    assert checked > 15_000 and not wrong


def test_the_type_rule_sees_a_slip():
    date = CATALOGUE.variable("ks4_pupil", "KS4_ENTRYDAT")
    assert fits(date, pa.date32()) and not fits(date, pa.int32()) and not fits(date, pa.string())


def test_pupils_join_before_the_stage_ends():
    for stage, years in (("ks2_pupil", {7}), ("ks4_pupil", {5}), ("ks5_student", {2})):
        stem = stage[:3]
        rows = frame(only(stage), f"{stem}_entrydat", f"{stem}_acadyr").dropna()
        since = {year_of(y) - d.year for d, y in rows.itertuples(index=False)}
        assert len(rows) and since <= years, stage
