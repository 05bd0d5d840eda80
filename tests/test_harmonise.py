"""Harmonising: no row lost or doubled, every code mapped or reported, gaps that are told apart."""

import csv
import importlib

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

import leo_helpers as leo
from leo_helpers import harmonise_cells
from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import FILES, Crosswalk, load_crosswalk
from leo_helpers.errors import DataSetError, HarmoniseError, LeoError, UnknownName, YearError
from leo_helpers.harmonise_engines import lower, read_files, seal
from leo_helpers.harmonise_examples import check_examples
from leo_helpers.harmonise_plan import STATES
from leo_helpers.harmonise_sql import build
from leo_helpers.harmonise_words import SQL_TYPES
from leo_helpers.store import NOTICE, read_manifest

TABLES = load_crosswalk().tables
harmonise_module = importlib.import_module("leo_helpers.harmonise")
ARROW = {
    "category": pa.string(),
    "flag": pa.int16(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "text": pa.string(),
    "id": pa.string(),
}


@pytest.mark.parametrize("table", TABLES)
def test_one_row_for_each_row_of_the_views(small_data, table):
    h = leo.harmonise(table, root=small_data)
    rows = h.to_arrow()
    held = read_manifest(small_data).views
    got = {c["values"]: c["counts"] for c in rows["view"].value_counts().to_pylist()}
    assert got == {name.split(".")[1]: held[name].rows for name in h.views if held[name].rows}
    concepts = load_crosswalk().of_table(table)
    names = rows.column_names
    assert names[:3] == ["view", "year", "term"] and names[-len(concepts) :] == h.concepts
    assert [rows.schema.field(c.concept).type for c in concepts] == [
        ARROW[c.type] for c in concepts
    ]


@pytest.mark.parametrize("table", TABLES)
def test_codes_are_of_the_code_list_or_reported(small_data, table):
    h = leo.harmonise(table, root=small_data)
    rows, lost = h.to_arrow(), h.unmapped()
    assert set(lost["treated"].astype(object)) <= {"null", "keep"}
    for concept in load_crosswalk().of_table(table):
        if concept.codelist and concept.type == "category":
            codes = {c.code for c in load_crosswalk().codes(concept.codelist)}
            kept = set(lost.loc[lost["concept"] == concept.concept, "code"].astype(object))
            assert set(rows[concept.concept].unique().to_pylist()) - {None} <= codes | kept
        if concept.type == "flag":
            assert set(rows[concept.concept].unique().to_pylist()) <= {0, 1, None}


@pytest.mark.parametrize("table", TABLES)
def test_what_coverage_says_is_what_the_rows_hold(small_data, table):
    h = leo.harmonise(table, root=small_data)
    rows = h.to_arrow()
    con = duckdb.connect()
    con.register("harmonised", rows)
    none = h.coverage[~h.coverage["state"].isin(list(STATES[:4]))]
    for concept, part in none.groupby("concept"):
        when = [
            f"(year is not distinct from {'null' if r.year is None else r.year} "
            f"and term is not distinct from {repr(r.term) if r.term else 'null'})"
            for r in part.astype(object).itertuples()
        ]
        query = f'select count("{concept}") from harmonised where {" or ".join(when)}'
        assert con.execute(query).fetchone() == (0,), concept
    assert set(h.coverage["concept"]) == set(h.concepts)


@pytest.mark.parametrize("table", TABLES)
def test_joined_tables_and_maps_give_the_same_rows(small_data, table):
    """T-SQL joins its recodes, DuckDB looks them up in a map: the same tree otherwise."""
    h = leo.harmonise(table, root=small_data)
    built = build(h._plan, h._crosswalk, "project", "join")
    types = {c.concept: SQL_TYPES[c.type] for c in h._plan.concepts}
    for piece in built.pieces:
        seal(piece.select, {k: v for k, v in types.items() if v not in ("VARCHAR", "DATE")})
        lower(piece.select, "duckdb")
    con = duckdb.connect()
    con.execute("set disabled_optimizers = 'in_clause'")  # as when a harmonisation is run
    con.register("mapped", h.to_arrow())
    for piece in [*built.pieces[::7], built.pieces[-1]]:
        one = type(built)([piece], built.lookups).tree()
        read_files(one, small_data)
        view = piece.part.view.name
        con.execute(f"create or replace temp table joined as {one.sql(dialect='duckdb')}")
        for a, b in (("joined", "mapped"), ("mapped", "joined")):
            left, right = (f"(from {t} where \"view\" = '{view}')" for t in (a, b))
            rest = con.execute(f"from {left} except all from {right} limit 3").fetchall()
            assert rest == [], (view, a)


def test_worked_examples_on_duckdb():
    assert [str(p) for p in check_examples(load_crosswalk())] == []


def test_worked_examples_on_spark(spark):
    def run(text):
        return [tuple(row) for row in spark.sql(text).collect()]

    assert [str(p) for p in check_examples(load_crosswalk(), run, "spark")] == []


def test_spark_gives_the_same_rows(spark, small_data):
    """The Spark SQL as it is written, over the same files."""
    h = leo.harmonise("sc_pupil", years=[2004, 2011, 2016], root=small_data)
    for name in h.views:
        database, view = name.split(".")
        files = str(small_data / database / view)
        spark.read.parquet(files).createOrReplaceTempView(view)
    theirs = spark.sql(h.sql("spark")).toArrow()
    ours = h.to_arrow()
    assert theirs.column_names == ours.column_names
    order = [(n, "ascending") for n in ours.column_names]
    theirs = theirs.cast(ours.schema.remove_metadata()).sort_by(order)
    assert theirs.equals(ours.replace_schema_metadata().sort_by(order))


def test_the_written_duckdb_sql_runs_under_the_names_of_the_service(small_data):
    h = leo.harmonise("sc_pupil", years=2011, terms="spring", root=small_data)
    con = leo.connect(project="77", root=small_data)
    written = con.sql(h.sql("duckdb", project="77")).to_arrow_table()
    order = [(n, "ascending") for n in written.column_names]
    assert written.sort_by(order).equals(h.to_arrow().replace_schema_metadata().sort_by(order))


def test_a_view_that_pools_years_is_cut_to_the_years_asked_for(small_data):
    whole = leo.harmonise("ap_census", root=small_data).to_arrow()["year"].to_pylist()
    chosen = sorted(set(whole))[::2][:2]
    part = leo.harmonise("ap_census", years=chosen, root=small_data)
    years = part.to_arrow()["year"].to_pylist()
    assert set(years) == set(chosen) == set(part.coverage["year"]) and len(chosen) == 2
    assert len(years) == sum(whole.count(year) for year in chosen)


def test_files_and_frames(small_data, tmp_path):
    h = leo.harmonise("sc_pupil", years=2011, terms="spring", root=small_data)
    path = h.to_parquet(tmp_path / "census.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["census.parquet"]
    assert pq.read_metadata(path).metadata[b"leo"].decode() == NOTICE
    frame, table = h.to_pandas(), pq.read_table(path)
    assert table.num_rows == len(frame) and table.column_names == list(frame.columns)
    assert frame.attrs == {"table": "sc_pupil", "notice": NOTICE, "views": h.views}
    sex = frame["sex"]
    codes = [c.code for c in load_crosswalk().codes("sex")]
    assert list(sex.cat.categories) == codes and sex.cat.ordered
    labelled = h.to_pandas(labels=True)["sex"]
    assert set(labelled.dropna()) <= {c.label for c in load_crosswalk().codes("sex")}
    assert (labelled.isna() == sex.isna()).all()
    with pytest.raises(HarmoniseError, match="does not exist"):
        h.to_parquet(tmp_path / "no" / "file.parquet")


def test_an_interrupted_file_leaves_the_old_one(small_data, tmp_path, some_views):
    root = some_views("npd_i2.spring_census_2011")
    old = tmp_path / "census.parquet"
    old.write_text("old")
    h = leo.harmonise("sc_pupil", years=2011, terms="spring", root=root)
    for part in (root / "npd_i2" / "spring_census_2011").glob("*.parquet"):
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    with pytest.raises(DataSetError, match="sc_pupil"):
        h.to_parquet(old)
    assert old.read_text() == "old" and not list(tmp_path.glob(".census*"))


# ------------------------------------------------------------------ what is not there


def test_columns_that_were_not_approved_are_null_and_listed(small_data, tmp_path):
    approved = ["sc_pupil.gender", "sc_pupil.SENprovision_[term][yy]"]
    h = leo.harmonise(
        "sc_pupil", ["sex", "sen_stage", "fsm"], 2011, "spring", root=small_data, approved=approved
    )
    state = h.coverage.set_index("concept")
    assert state.loc["sex", "state"] in ("exact", "recoded")
    assert state.loc["fsm", "state"] == "not in your extract"
    assert "sc_pupil.FSMeligible_[term][yy]" in state.loc["fsm", "note"]
    rows = h.to_arrow()
    assert rows["fsm"].null_count == rows.num_rows > rows["sex"].null_count
    assert rows.schema.field("fsm").type == pa.int16()
    assert "not in your extract" in repr(h) and "-- not in your extract" in h.sql("tsql")
    key = "pupilmatchingrefanonymous"  # a key that nobody asked for is missed as well
    assert state.loc[key, "state"] == "not in your extract" and key in state.loc[key, "note"]
    assert rows[key].null_count == rows.num_rows and len(h.plot().axes) > 0
    path = tmp_path / "approved.csv"
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows(
            [("table_id", "variable"), *(a.split(".", 1) for a in approved)]
        )
    same = leo.harmonise(
        "sc_pupil", ["sex", "sen_stage", "fsm"], 2011, "spring", root=small_data, approved=path
    )
    assert same.sql() == h.sql()
    with pytest.raises(HarmoniseError, match=r"fsm \(2011\)"):
        leo.harmonise(
            "sc_pupil", "fsm", 2011, "spring", root=small_data, approved=approved, strict=True
        )


def test_nothing_asked_for_and_a_folder_as_a_file(small_data, tmp_path):
    with pytest.raises(HarmoniseError, match="No concept was asked for"):
        leo.harmonise("sc_pupil", [], 2011, root=small_data)
    with pytest.raises(HarmoniseError, match="is a folder"):
        leo.harmonise("sc_pupil", "sex", 2011, "spring", small_data).to_parquet(tmp_path)


def test_a_list_of_approved_variables_that_cannot_be_read(tmp_path, small_data):
    with pytest.raises(HarmoniseError, match="item 1"):
        leo.harmonise("sc_pupil", "sex", root=small_data, approved=["sc_pupil.gendr"])
    (tmp_path / "a.csv").write_text("table_id,name\n")
    for path, words in ((tmp_path / "a.csv", "lacks"), (tmp_path / "b.csv", "cannot be read")):
        with pytest.raises(HarmoniseError, match=words):
            leo.harmonise("sc_pupil", "sex", root=small_data, approved=path)


def test_views_that_are_missing_are_left_out_and_listed(some_views):
    root = some_views("npd_i2.spring_census_2011", "npd_i2.spring_census_2013")
    h = leo.harmonise("sc_pupil", "sex", [2011, 2012, 2013], "spring", root=root)
    assert h.views == ["npd_i2.spring_census_2011", "npd_i2.spring_census_2013"]
    state = h.coverage.set_index("year")["state"].astype(object)
    assert state[2012] == "not in your extract" and "spring_census_2012" in h.sql("tsql")
    with pytest.raises(HarmoniseError, match="spring_census_2012"):
        leo.harmonise("sc_pupil", "sex", [2011, 2012], "spring", root=root, strict=True)
    with pytest.raises(HarmoniseError, match="None of the views"):
        leo.harmonise("sc_pupil", "sex", 2016, root=root)


def test_columns_that_files_lack_are_null(some_views):
    root = some_views("npd_i2.spring_census_2011")
    place = root / "npd_i2" / "spring_census_2011"
    for part in place.glob("*.parquet"):
        table = pq.read_table(part, partitioning=None)
        pq.write_table(table.drop_columns(["gender_spr11"]), part)
    h = leo.harmonise("sc_pupil", ["sex", "fsm"], 2011, "spring", root=root)
    rows = h.to_arrow()
    assert rows["sex"].null_count == rows.num_rows > rows["fsm"].null_count
    assert h.coverage.set_index("concept").loc["sex", "state"] == "not in your extract"


def test_sql_can_be_written_without_data(tmp_path):
    h = leo.harmonise("sc_pupil", "sex", root=tmp_path / "nowhere", source="catalogue")
    assert "spring_census_2011" in h.sql("tsql") and "gender_spr11" in h.sql("spark")
    with pytest.raises(HarmoniseError, match="without data"):
        h.to_arrow()


def test_codes_that_no_rule_maps_are_counted(some_views):
    root = some_views("npd_i2.spring_census_2011")
    (part,) = (root / "npd_i2" / "spring_census_2011").glob("*.parquet")
    table = pq.read_table(part, partitioning=None)
    values = ["m ", "", None, "?? ", "??", *["F"] * (table.num_rows - 5)]
    place = table.column_names.index("gender_spr11")
    pq.write_table(table.set_column(place, "gender_spr11", pa.array(values)), part)
    h = leo.harmonise("sc_pupil", "sex", 2011, "spring", root=root)
    assert h.to_arrow()["sex"].to_pylist()[:6] == ["M", None, None, None, None, "F"]
    found = h.unmapped().to_dict("records")
    assert [(r["concept"], r["column"], r["code"], r["rows"]) for r in found] == [
        ("sex", "gender_spr11", "??", 2)
    ]


def test_a_recode_may_refuse_other_codes(some_views, tmp_path):
    root = some_views("npd_i2.spring_census_2011")
    variable = "Gender_[term][yy]"
    files = {
        "concepts": "concept,table_id,label,type,unit,codelist,caveat\n"
        "boy,sc_pupil,A boy,flag,,,\n",
        "sources": "concept,table_id,variables,first_year,last_year,terms,rule,argument,status,"
        f"priority,note,source_id\nboy,sc_pupil,{variable},,,,recode,boys,complete,1,,ME\n",
        "recodes": "recode,from,to,reason\nboys,M,1,\nboys,F,0,\nboys,U,,not said\nboys,*,error,\n",
    }
    rules = tmp_path / "rules"
    rules.mkdir()
    for name, text in files.items():
        (rules / f"{name}.csv").write_text(text)
    (part,) = (root / "npd_i2" / "spring_census_2011").glob("*.parquet")
    table = pq.read_table(part, partitioning=None)
    place = table.column_names.index("gender_spr11")

    def boys(*first):
        values = [*first, *["F"] * (table.num_rows - len(first))]
        pq.write_table(table.set_column(place, "gender_spr11", pa.array(values)), part)
        h = leo.harmonise("sc_pupil", "boy", 2011, "spring", root=root, rules=rules)
        return h.to_arrow()["boy"].to_pylist()[: len(first)]

    assert boys("M", "F", "U", None) == [1, 0, None, None]
    with pytest.raises(HarmoniseError, match="'ZZ'"):
        boys("M", "zz")


# ------------------------------------------------------------------ asking


def test_names_that_do_not_exist(small_data):
    with pytest.raises(UnknownName, match="Did you mean sex"):
        leo.harmonise("sc_pupil", "sexx", root=small_data)
    with pytest.raises(YearError, match="no data for 1999"):
        leo.harmonise("sc_pupil", "sex", 1999, root=small_data)
    with pytest.raises(UnknownName, match="engine"):
        leo.harmonise("cla", root=small_data).tree("oracle")
    with pytest.raises(LeoError, match="for T-SQL"):
        leo.harmonise("cla", root=small_data).sql("spark", view="x")


def test_a_table_without_rules(small_data, monkeypatch):
    without = Crosswalk({name: [] for name in FILES}, load_catalogue())
    monkeypatch.setattr(harmonise_module, "load_crosswalk", lambda rules: without)
    with pytest.raises(HarmoniseError, match="no harmonisation rules for cla"):
        leo.harmonise("cla", root=small_data)


def test_explaining_and_listing():
    every = leo.concepts()
    assert set(every["table_id"]) == set(TABLES) and len(every) == len(load_crosswalk().concepts)
    assert list(leo.concepts("school census").index) == [
        c.concept for c in load_crosswalk().of_table("sc_pupil")
    ]
    told = leo.explain("sc_pupil.sen_stage")
    text = "\n".join(told.facts.values())
    assert "A, P, K -> 1" in text and "senprovision_aut14" in text and "2003-2008" in told.facts
    for concept in load_crosswalk().concepts.values():
        assert leo.explain(str(concept)).facts["Label"] == concept.label
    with pytest.raises(UnknownName, match="Did you mean sen_stage"):
        leo.explain("sc_pupil.sen_stag")
    with pytest.raises(UnknownName, match=r"Write table\.concept"):
        leo.explain("sen_stage")


def test_the_map_shows_what_coverage_says(small_data):
    h = leo.harmonise("sc_pupil", ["sex", "everfsm_6", "lsoa11"], root=small_data)
    figure = h.plot()
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == h.concepts
    years = sorted(set(h.coverage["year"]))
    assert len(ax.patches) == len(years) * 3
    words = " ".join(t.get_text() for t in figure.legends[0].get_texts())
    assert all(state in words for state in set(h.coverage["state"].astype(object)))


def test_breaks_are_those_of_the_years_asked_for(small_data):
    h = leo.harmonise("sc_pupil", "sen_stage", range(2013, 2017), root=small_data)
    assert 2015 in set(h.breaks["year"]) and 2003 not in set(h.breaks["year"])
    assert set(h.breaks["concept"]) <= {"sen_stage", ""}


def test_recodes_with_few_and_with_many_lines_are_both_met():
    sizes = {len(r.to) for r in load_crosswalk().recodes.values()}
    assert min(sizes) <= harmonise_cells.INLINE < max(sizes)


def test_every_engine_has_words_for_every_node():
    from leo_helpers import crosswalk_nodes
    from leo_helpers.harmonise_engines import ENGINES

    nodes = {getattr(crosswalk_nodes, n) for n in crosswalk_nodes.__all__}
    assert nodes <= set(ENGINES["duckdb"]) and nodes <= set(ENGINES["spark"])
    # SQL Server has no maps: there a recode is a CASE or a join.
    assert nodes - set(ENGINES["tsql"]) == {crosswalk_nodes.Listed}


def test_the_tree_is_one_select_for_each_view(small_data):
    h = leo.harmonise("sc_pupil", root=small_data)
    tree = h.tree()
    assert isinstance(tree, exp.Union)
    selects = [s for s in tree.find_all(exp.Select) if s.expressions[0].alias == "view"]
    assert len(selects) == len(h.views)
    assert all(not union.args.get("distinct") for union in tree.find_all(exp.Union))
