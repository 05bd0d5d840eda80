"""Attainment makes sense within a row: marks, levels, points, flags and grades agree."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from synth_cases import CATALOGUE, VIEWS, default_data

pytestmark = pytest.mark.slow
#: Years in which a good level of development was published, and the share that reached it.
GOOD_LEVEL = {2007: 0.46, 2008: 0.49, 2009: 0.52}
KEY_SCALES = [f"fsp_{area}_as{i}" for area, n in (("pse", 3), ("cll", 4)) for i in range(1, n + 1)]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """A reader of whole pooled tables of the default data set, as text where codes are text."""
    data = default_data(tmp_path_factory)

    def read(table: str) -> pd.DataFrame:
        views = [n for n, v in VIEWS.items() if v.table_id == table]
        files = [
            p for n in views for p in sorted(data.joinpath(*n.split(".", 1)).glob("*.parquet"))
        ]
        frames = [pq.ParquetFile(p).read().to_pandas() for p in files]
        frame = pd.concat([f for f in frames if len(f)], ignore_index=True)
        frame.columns = frame.columns.str.lower()
        if table == "ks3_indicators":  # holds the same pupils in the same order, without the year
            year = load_("ks3_candidate")["year"]
        else:
            name = next(c for c in frame.columns if c.endswith("acadyr"))
            year = frame[name].str[-4:].astype(int)
        return pd.concat([frame, year.rename("year")], axis=1)

    cache: dict[str, pd.DataFrame] = {}

    def load_(table: str) -> pd.DataFrame:
        if table not in cache:
            cache[table] = read(table)
        return cache[table]

    return load_


def number(column: pd.Series) -> pd.Series:
    """Digits of a column of numbers and letters; letters become missing."""
    return pd.to_numeric(column, errors="coerce")


def test_the_profile_adds_up_and_meets_the_published_good_level(load):
    frame = load("eyfsp")
    held = frame[frame.year >= 2007]
    scales = {
        "pse": [s for s in KEY_SCALES if "pse" in s],
        "cll": [s for s in KEY_SCALES if "cll" in s],
        "psrn": ["fsp_psrn_as1", "fsp_psrn_as2", "fsp_psrn_as3"],
    }
    points = {s: number(held[s]) for part in scales.values() for s in part}
    rest = sum(number(held[f"fsp_{s}"]) for s in ("rkuw", "ripd", "ricd"))
    for area, part in scales.items():
        total = sum(points[s] for s in part)
        assert total.notna().mean() > 0.98
        shown = number(held[f"fsp_{area}_total"])  # the form lists maths from 0 to 9 only
        meant = (total / 3 + 0.5) // 1 if area == "psrn" else total
        assert (shown == meant)[total.notna()].all()
        rest = rest + total
    assert (number(held["fsp_eyfsp_total"]) == rest)[rest.notna()].all()
    assert rest.between(0, 117)[rest.notna()].all()
    reached = sum((held[f"fsp_pseas1r{i}"] == "T").astype(int) for i in range(1, 10))
    assert (reached == points["fsp_pse_as1"].fillna(0)).all()
    good = (rest >= 78) & (pd.DataFrame({s: points[s] for s in KEY_SCALES}) >= 6).all(axis=1)
    for year, share in GOOD_LEVEL.items():
        here = good[rest.notna() & (held.year == year)]
        assert abs(here.mean() - share) < 4 * (share * (1 - share) / len(here)) ** 0.5


MARKS = {
    "ks2_pupil": {
        "ks2_mattotmrk": "ks2_matlev",
        "ks2_readmrk": "ks2_readlev",
        "ks2_scitotmrk": "ks2_scilev",
    },
    "ks3_indicators": {
        "ks3_mattotmrk": "ks3_matlev",
        "ks3_scitotmrk": "ks3_scilev",
        "ks3_engtotmrk": "ks3_englev",
    },
    "ks2_exam": {"ks2_readmark": "ks2_readlev"},
}


@pytest.mark.parametrize("table", MARKS)
def test_marks_agree_with_the_level_of_the_row(load, table):
    frame = load(table)
    for mark, level in MARKS[table].items():
        low, high = CATALOGUE.variable(table, mark.upper()).bounds
        for _, year in frame.groupby("year"):
            marks, levels = number(year[mark]), number(year[level])
            both = marks.notna() & levels.notna()
            if both.sum() < 40:
                continue
            assert marks[both].between(low, high).all()
            assert marks[levels.notna()].notna().mean() > 0.9 or year.year.iat[0] == 2010
            span = marks[both].groupby(levels[both]).agg(["min", "max"])
            assert (span["min"].iloc[1:].to_numpy() >= span["max"].iloc[:-1].to_numpy() - 3).all()
            letters = year.loc[year[mark].astype(str).isin(["A", "M"]), [mark, level]]
            assert (letters[mark] == letters[level]).all()


@pytest.mark.parametrize(
    ("long", "wide", "level", "names"),
    [
        ("ks2_exam", "ks2_pupil", "ks2_testlev", ("englev", "matlev", "scilev")),
        ("ks3_result", "ks3_indicators", "ks3_testlev", ("englev", "matlev", "scilev")),
    ],
)
def test_long_rows_say_what_the_wide_row_says(load, long, wide, level, names):
    rows, pupils, stage = load(long), load(wide), wide[:3]
    rows, pupils = rows[rows.year == 2008], pupils[pupils.year == 2008]
    assert len(rows) == 3 * len(pupils) > 300
    for place, name in enumerate(names):
        said = number(pupils[f"{stage}_{name}"]).to_numpy(dtype=float, na_value=-1)
        again = number(rows[level].iloc[place::3]).to_numpy(dtype=float, na_value=-1)
        assert (said == again).mean() > 0.95 and (said > 0).mean() > 0.7


def test_subjects_and_teachers_differ_within_reason(load):
    frame = load("ks2_pupil")
    frame = frame[frame.year.between(2003, 2009)]
    maths, english = number(frame["ks2_matlev"]), number(frame["ks2_englev"])
    assert 0.4 < maths.corr(english) < 0.8
    teacher = number(frame["ks2_mattalev"])
    both = maths.notna() & teacher.notna()
    assert 0.65 < (maths == teacher)[both].mean() < 0.9


def test_key_stage_2_shows_the_levels_of_key_stage_1(load):
    early, late = load("ks1"), load("ks2_pupil")
    early, late = (f.rename(columns=lambda c: c.lower()) for f in (early, late))
    early = early.rename(columns={"ks1_pupilmatchingrefanonymous": "pmr"}).drop(columns="year")
    late = late[late.year == 2015].rename(columns={"ks2_pupilmatchingrefanonymous": "pmr"})
    both = late[late.pmr != ""].merge(early[early.pmr != ""], on="pmr")
    both = both[~both.pmr.duplicated(keep=False)]
    assert len(both) > 100
    known = both["ks2_prmatlev"].notna()  # a few codes of key stage 1 are not on the later list
    said = both["ks2_prmatlev"].astype(str) == both["ks1_maths"].astype(str)
    assert known.mean() > 0.9 and said[known].all()


def test_nobody_has_a_test_level_where_no_test_was_held(load):
    frame = load("ks2_pupil")
    frame = frame[frame.year == 2010]
    none = number(frame["ks2_reftest"]) == 1
    assert 0.1 < none.mean() < 0.45 and frame.loc[none, "ks2_matlev"].isna().all()
    assert frame.loc[none, "ks2_matlevta"].notna().mean() > 0.9
    assert not frame.loc[none, "ks2_valmat"].astype(int).any()


@pytest.mark.parametrize(("table", "score", "least"), [("eyfsp", "fsp_eyfsp_total", 0.1)])
def test_older_children_of_a_year_are_ahead(load, table, score, least):
    frame = load(table)
    months = (frame["fsp_monthofbirth"] - 9) % 12
    assert number(frame[score]).corr(-months) > least


@pytest.mark.parametrize(
    ("table", "flag", "level", "least"),
    [
        ("ks1", "ks1_levxread", "ks1_reading", 2),
        ("ks2_pupil", "ks2_levxmat", "ks2_matlev", 4),
        ("ks2_pupil", "ks2_levaxsci", "ks2_scilev", 5),
        ("ks3_indicators", "ks3_levxeng", "ks3_englev", 5),
        ("ks3_indicators", "ks3_lev7mat", "ks3_matlev", 7),
    ],
)
def test_flags_of_levels_follow_the_level(load, table, flag, level, least):
    frame = load(table)
    frame = frame[frame[flag].notna() & frame[level].notna()]
    reached = number(frame[level].astype(str).str[:1]) >= least
    assert len(frame) > 200 and (frame[flag].astype(int) == reached.astype(int)).all()


def test_the_standards_of_2016_follow_the_scaled_scores(load):
    frame = load("ks2_pupil")
    frame = frame[frame.year == 2016]
    for subject in ("read", "mat", "gps"):
        score = frame[f"ks2_{subject}score"]
        assert score.dropna().between(80, 120).all() and score.notna().mean() > 0.9
        assert (frame[f"ks2_{subject}exp"].astype(int) == (score >= 100)).all()
        assert (frame[f"ks2_{subject}high"].astype(int) == (score >= 110)).all()
        assert ((frame[f"ks2_{subject}outcome"] == "AS") == (score >= 100)).all()
        assert (frame[f"ks2_{subject}outcome"].isin(["AS", "NS"]) == score.notna()).all()


@pytest.mark.parametrize("table", ["ks2_pupil", "ks4_pupil"])
def test_language_and_ethnic_group_flags_follow_the_pupil(load, table):
    frame, stage = load(table), table[:3]
    frame = frame[frame.year == 2012]
    group = frame[f"{stage}_ealgrp"].astype(int)
    assert ((group == 2) == (frame[f"{stage}_flang"] == 1)).all()
    flags = [c for c in frame if c.removeprefix(f"{stage}_") in ETHNIC]
    assert len(flags) == len(ETHNIC) and frame[flags].sum(axis=1).max() == 1
    assert frame[f"{stage}_uncla"].mean() < 0.05


ETHNIC = [
    *("wiri", "wirt", "wrom", "woth", "mwbc", "mwba", "mwas", "moth", "aind", "apkn", "aban"),
    *("aoth", "bcrb", "bafr", "both", "chne", "ooth", "uncla"),
]
#: (years, one flag, the flags that it is made of) of one pupil row.
TOGETHER = [
    ((2007, 2013), "lev2em", ("lev2eng", "lev2mat")),
    ((2005, 2013), "level2_em", ("level2", "lev2em")),
    ((2011, 2013), "ebacc", ("ebaceng", "ebacmat", "ebac2sci", "ebachum", "ebaclan")),
    ((2011, 2013), "ebacc_e", ("ebaceng_e", "ebacmat_e", "ebac2sci_e", "ebachum_e", "ebaclan_e")),
    ((2017, 2021), "lev2em_94", ("ebaceng_94", "ebacmat_94")),
    ((2017, 2021), "l2basics_95", ("ebaceng_95", "ebacmat_95")),
    ((2018, 2021), "ebacc_94", ("ebaceng_94", "ebacmat_94", "ebac2sci_94", "ebaclan_94")),
]


@pytest.mark.parametrize(("years", "whole", "parts"), TOGETHER)
def test_ks4_measures_of_a_row_do_not_contradict_each_other(load, years, whole, parts):
    frame = load("ks4_pupil")
    frame = frame[frame.year.between(*years)]
    both = (frame[[f"ks4_{p}" for p in parts]] == 1).all(axis=1)
    assert len(frame) > 100 and ((frame[f"ks4_{whole}"] == 1) == both).all()


def test_ks4_counts_and_points_agree_with_the_flags(load):
    frame = load("ks4_pupil")
    old = frame[frame.year.between(2004, 2013)]
    passes = [old[f"ks4_gcse_{g}"] for g in ("astar", "a", "b", "c")]
    assert (sum(passes) == old["ks4_gcse_ac"]).all()
    assert ((old["ks4_gcse_ac"] >= 5) <= (old["ks4_fiveac"] == 1)).mean() > 0.995
    assert (old["ks4_gcse_ac"] <= old["ks4_gcse_ag"]).all()
    assert (old["ks4_gcse_ag"] <= old["ks4_gcsefull"]).all()
    new = frame[frame.year >= 2017]
    achieved = new.groupby("ks4_l2basics_94")["ks4_att8"].agg(["min", "max"])
    assert achieved.loc[0, "max"] <= achieved.loc[1, "min"]
    assert ((new["ks4_ebacc_94"] == 1) <= (new["ks4_ebacc_e_ptq_ee"] == 1)).all()
    parts = [c for c in new if c.startswith("ks4_slot") and not c.endswith("_g")]
    assert len(parts) == 8 and (new[parts].sum(axis=1) - new["ks4_att8"]).abs().max() < 0.06


def test_grades_belong_to_the_qualification_and_year(load):
    frame = load("ks4_exam")
    grade, code = frame["ks4_grade"].astype(str), frame["ks4_sublevno"].astype(str)
    letters = set("*ABCDEFGU")
    assert set(grade[code == "310"]) == letters and frame.year[code == "310"].max() == 2016
    assert set(grade[code == "391"]) == {*map(str, range(1, 10)), "U"}
    assert frame.year[code == "391"].min() == 2017
    assert (grade[code == "SYND"].str.len() == 2).mean() > 0.9
    points = frame.loc[(code == "310") & (frame.year >= 2004), ["ks4_points"]].assign(g=grade)
    assert points.groupby("g")["ks4_points"].first().to_dict() == dict(
        zip("*ABCDEFGU", (58, 52, 46, 40, 34, 28, 22, 16, 0), strict=True)
    )
    adult = load("ks5_exam")
    alevel = adult[adult["ks5_sublevno"] == 111]
    assert set(alevel["ks5_grade"]) == set("*ABCDEU") and len(alevel) > len(adult) / 2
    assert alevel.year[alevel["ks5_grade"] == "*"].min() >= 2010
    best = alevel[alevel["ks5_grade"] == "A"].groupby("year")["ks5_points"].first()
    assert set(best[best.index >= 2016]) == {50} and set(best.loc[2006:2015]) == {270}


@pytest.mark.parametrize(
    ("years", "good", "flag", "discount"),
    [
        (range(2004, 2014), list("*ABC"), "ks4_fiveac", "ks4_disc1"),
        (range(2017, 2022), list("987654"), "ks4_l2basics_94", "ks4_disc3_ptq_ee"),
    ],
)
def test_exam_rows_bear_out_the_pupil_row(load, years, good, flag, discount):
    key = "ks4_pupilmatchingrefanonymous"
    rows, pupils = load("ks4_exam"), load("ks4_pupil")
    rows = rows[rows.year.isin(years) & (rows[discount] == 0) & (rows[key] != "")]
    gcse = rows["ks4_sublevno"].isin(["310", "391", "SYND"]) & rows["ks4_grade"].str[0].isin(good)
    passed = (gcse * rows["ks4_gsize"].fillna(1)).groupby([rows[key], rows.year]).sum()
    whole = rows.groupby([key, "year"])["ks4_lev2"].sum()
    pupils = pupils[(pupils["ks4_endks"] != 0) & (pupils[key] != "")]
    pupils = pupils.set_index([key, "year"])
    pupils = pupils[~pupils.index.duplicated(keep=False)]
    counts = pupils["ks4_gcse_ac" if good[0] == "*" else "ks4_gcse_94"]
    both = counts.rename("counts").to_frame().join(pupils[flag])
    both = both.join(passed.rename("passed"), how="inner").join(whole)
    listed = both[both["counts"].notna()]  # the count of 9 to 4 is there in some years only
    assert len(both) > 500 < 10 * len(listed)
    assert (listed["passed"] == listed["counts"]).mean() > 0.96
    if flag == "ks4_fiveac":
        assert ((both["ks4_lev2"] > 0.99) == (both[flag] == 1)).mean() > 0.97
        return
    basic = rows[rows["ks4_mapping"].isin(["S0000", "S0001"]) & rows["ks4_grade"].isin(good)]
    basics = basic.groupby([key, "year"])["ks4_mapping"].nunique().reindex(both.index, fill_value=0)
    assert ((basics == 2) == (both[flag] == 1)).mean() > 0.97


def test_totals_of_a_sixth_former_add_up_from_the_results(load):
    rows, students = load("ks5_exam"), load("ks5_student")
    key = "ks5_pupilmatchingrefanonymous"
    rows = rows[rows["ks5_disc1"].fillna(rows["ks5_disc_single"]) == 0]
    rows = rows[(rows[key] != "") & (rows.year >= 2006)]
    mine = rows.groupby(key).agg(n=("year", "size"), points=("ks5_points", "sum"))
    alevels = rows[rows["ks5_sublevno"] == 111]
    mine["ga"] = alevels.groupby(key).size().reindex(mine.index, fill_value=0)
    best = alevels.sort_values("ks5_points").groupby(key)["ks5_points"]
    mine["best"] = best.apply(lambda p: p.tail(3).sum()).reindex(mine.index, fill_value=0)
    names = {"n": "entry_tot", "points": "totpts", "ga": "entry_ga", "best": "b3pts_b3"}
    both = mine.join(students.set_index(key)[[f"ks5_{c}" for c in names.values()]], how="inner")
    for mine_name, theirs in names.items():  # a row without a key is lost on one side
        known = both[both[f"ks5_{theirs}"].notna()]
        assert len(known) > 200
        assert (known[mine_name] == known[f"ks5_{theirs}"]).mean() > 0.96, theirs
    students = students[students[key] != ""]
    assert students.groupby([key, "year"])["ks5_totpts"].nunique().max() == 1
