"""One life over all tables, and the keys that hang together."""

import matplotlib.pyplot as plt
import pytest

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.errors import LeoError, UnknownName
from leo_helpers.timeline import entries

#: Tables about things or pairs of keys, and the blocks of a view that another line covers.
NOT_A_PERSON = {"lilr_lars", "leo_idbr", "ks3_indicators"}


@pytest.fixture(scope="module")
def life(small_data):
    return leo.timeline(7, root=small_data)


def test_every_table_about_people_is_there():
    covered = {entry["table_id"] for entry in entries()}
    views = {t: {v.name for v in table.views()} for t, table in load_catalogue().tables.items()}
    shown = set().union(*(views[t] for t in covered))
    left = {t for t in views if not views[t] <= shown and not t.startswith("lookup_")}
    assert left == NOT_A_PERSON & left and covered <= set(views)


def test_rows_are_all_the_rows_that_a_person_has(small_data, life):
    con = leo.connect(root=small_data)
    keys = life.attrs["keys"]
    pmr = ", ".join(f"'{key}'" for key in keys["pmr"])
    for view, column in (
        ("ks4pupil_2002_to_2014", "ks4_pupilmatchingrefanonymous"),
        ("spring_census_2011", "pupilmatchingrefanonymous_spr11"),
        ("nccis_2011_to_2021", "nccis_pupilmatchingrefanonymous"),
    ):
        query = f'select count(*) from npd_i2."2002237".{view} where {column} in ({pmr})'
        assert con.execute(query).fetchone()[0] == (life["view"] == view).sum()


def test_it_is_in_order_and_nothing_ends_before_it_starts(life):
    assert life["start"].dropna().is_monotonic_increasing
    lasting = life.dropna(subset=["start", "end"])
    assert len(lasting) and (lasting["end"] >= lasting["start"]).all()


def test_a_key_leads_to_the_same_life_as_the_number(small_data, life):
    keys = life.attrs["keys"]
    for key in (keys["ae_id"][0], keys["pmr"][0]):
        assert leo.timeline(key, root=small_data).equals(life)


def test_words_use_labels_and_leave_out_what_is_blank(life):
    words = life.loc[life["table_id"] == "sc_pupil", "what"]
    assert words.str.contains("enrolment Current|enrolment Main|enrolment Sub").any()
    assert not words.str.contains("nan|None|<NA>").any()


def test_no_column_was_skipped_in_a_whole_data_set(life):
    assert life.attrs["skipped"] == []


def test_an_unknown_person_and_a_table_without_dates(small_data):
    with pytest.raises(UnknownName, match="SYN0"):
        leo.timeline("SYN0", root=small_data)
    with pytest.raises(UnknownName, match="5000000"):
        leo.timeline(5_000_000, root=small_data)
    with pytest.raises(LeoError, match="lookup_pmr has no dates"):
        leo.timeline(7, "lookup_pmr", root=small_data)


def test_a_chain_of_shared_keys_is_one_person(tmp_path):
    import duckdb

    con = duckdb.connect()
    con.execute("attach ':memory:' as leo_i2")
    con.execute('create schema leo_i2."1"')
    view = 'leo_i2."1".learner_ae_id_to_pmr_lookup'
    con.execute(f"create table {view} (ae_id bigint, pupilmatchingrefanonymous varchar)")
    con.execute(
        f"insert into {view} values (91000000000, 'A'), (92000000000, 'A'), (92000000000, 'B'), "
        "(93000000000, 'B'), (94000000000, 'C'), (91000000000, ''), (94000000000, '')"
    )
    keys = leo.person_keys(con, "A", project="1")
    assert keys["ae_id"] == [91000000000, 92000000000, 93000000000]
    assert keys["pmr"] == ["A", "B"] and keys["edukey"] == []


def test_the_drawing_has_a_line_for_each_table(life):
    ax = leo.plots.draw_timeline(life)
    assert len(ax.get_yticks()) == life["table_id"].nunique()
    assert leo.plots.draw_timeline(life, ax) is ax
    plt.close("all")
