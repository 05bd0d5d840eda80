"""The harmoniser against an independent reference in pandas, row by row on the whole data set."""

import harmonise_reference as plain
import pandas as pd
import pytest
from synth_cases import default_data

import leo_helpers as leo

#: The concept that answers a question of the reference, where it has another name.
CALLED = {
    ("sc_pupil", "need_group"): "sen_need_primary",
    ("exclusions_to_2005", "category"): "exclusion_category",
    ("exclusions_t1", "category"): "exclusion_category",
    ("exclusions_t1", "reason"): "exclusion_reason",
    ("nccis", "activity"): "nccis_activity6",
    ("nccis", "month_of_year"): "nccis_month_of_year",
    ("ks1", "reading_points"): "ks1_reading_points",
    ("ks4_pupil", "level2_em"): "ks4_level2_em",
    ("lilr_aims", "level"): "aim_level_fine",
    ("lilr_aims", "apprenticeship"): "apprenticeship_programme",
    ("lilr_aims", "product"): "apprenticeship_product",
    ("hesa", "level"): "he_level",
    ("hesa", "mode"): "study_mode",
    ("hesa", "class"): "he_class",
    ("hesa", "end_date"): "he_end_date",
    ("leo_benefit", "benefit_group"): "benefit_kind",
    ("leo_benefit", "out_of_work"): "benefit_out_of_work",
    ("leo_benefit", "end_date"): "spell_end_date",
    ("leo_earnings", "pay"): "earnings_nominal",
    ("leo_earnings", "real_pay"): "earnings_real",
    ("leo_geography", "region"): "home_region",
}
#: How the crosswalk writes what the reference says in words; codes with one value are one group.
SEN = {"0": "none", "1": "support", "2": "plan"}
WRITTEN = {
    ("sc_pupil", "sen_stage"): SEN,
    ("ap_census", "sen_stage"): SEN,
    ("hesa", "level"): {
        **{"PGR": "pgr", "PGT": "pgt", "OPG": "pg_other"},
        **{"FD": "first_degree", "OUG": "ug_other", "FE": "fe"},
    },
    ("hesa", "mode"): {"FT": "full_time", "PT": "part_time", "IN": "inactive"},
    ("hesa", "class"): {"1": "first", "2": "2:1", "3": "2:2", "4": "third"},
    ("leo_benefit", "benefit_group"): {
        **{"UNEM": "unemployment", "INCA": "incapacity", "INCS": "income_support"},
        **{"DISA": "disability", "WORK": "uc_in_work"},
        **dict.fromkeys(("CARE", "PREP", "BERE", "UNKN", "PENS"), "other"),
    },
}
ASKED = [(table, name) for table, names in plain.REFERENCE.items() for name in names]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The default data set, whatever LEO_DATA says."""
    return default_data(tmp_path_factory)


def _ours(table, name, root):
    concept = CALLED.get((table, name), name)
    frame = leo.harmonise(table, [concept], root=root).to_pandas()
    values = [None if pd.isna(v) else v for v in frame[concept].astype(object)]
    words = WRITTEN.get((table, name))
    if words:
        values = [None if v is None else words[v] for v in values]
    years = [None if pd.isna(v) else int(v) for v in frame["year"].astype(object)]
    made = {"year": pd.Series(years, dtype=object), "value": pd.Series(values, dtype=object)}
    return pd.DataFrame({"view": frame["view"].astype(str), **made})


@pytest.mark.slow
@pytest.mark.parametrize(("table", "name"), ASKED, ids=[" ".join(asked) for asked in ASKED])
def test_every_row_is_as_in_the_reference(table, name, whole):
    ours, theirs = _ours(table, name, whole), plain.reference(whole, table, name)
    assert len(ours) == len(theirs) > 0
    assert sorted(ours["view"].unique()) == sorted(theirs["view"].unique())
    filled = 0
    for view, part in ours.groupby("view", sort=False):
        other = theirs[theirs["view"] == view]
        assert part["year"].tolist() == other["year"].tolist(), view
        pairs = list(zip(part["value"], other["value"], strict=True))
        wrong = [(row, *pair) for row, pair in enumerate(pairs) if not _equal(name, *pair)]
        assert not wrong, (view, len(wrong), wrong[:5])
        filled += sum(value is not None for _, value in pairs)
    assert filled > 0


def _equal(name, ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    if name == "real_pay":  # the price index of the reference is put together from yearly rates
        return ours == pytest.approx(theirs, rel=0.01)
    if name == "absence_rate":
        return ours == pytest.approx(theirs, rel=1e-12)
    if isinstance(theirs, pd.Timestamp):
        return pd.Timestamp(ours) == theirs
    return ours == theirs


@pytest.mark.slow
@pytest.mark.parametrize(
    "table", ["sc_pupil", "absence", "ap_census", "cin_child", "lilr_learners"]
)
def test_no_code_of_ethnicity_or_language_is_lost(table, whole):
    wanted = {"ethnicity_minor", "ethnicity_major", "first_language", "eal"}
    known = {c.concept for c in leo.load_crosswalk().of_table(table)}
    lost = leo.harmonise(table, sorted(wanted & known), root=whole).unmapped()
    assert lost.empty, lost.head()
