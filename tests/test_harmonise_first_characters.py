"""Recodes that read only the first characters of a code, and keys that are called like a column."""

import pytest

import leo_helpers as leo
from leo_helpers.errors import LeoError

HEADS = {
    "concepts.csv": "concept,table_id,label,type,unit,codelist,caveat",
    "codes.csv": "codelist,code,label,order",
    "sources.csv": (
        "concept,table_id,variables,first_year,last_year,terms,rule,argument,status,priority,"
        "note,source_id"
    ),
    "recodes.csv": "recode,from,to,reason",
}


def _rules(folder, argument, variable="EthnicGroupMinor_[term][yy]"):
    """Write a folder of rules with one concept that says whether somebody is Irish."""
    rows = {
        "concepts.csv": ["irish,sc_pupil,Irish,flag,,,"],
        "codes.csv": [],
        "sources.csv": [f"irish,sc_pupil,{variable},,,,recode,{argument},complete,1,,"],
        "recodes.csv": ["irish_codes,WIR,1,", "irish_codes,WBR,0,", "irish_codes,*,null,"],
    }
    for name, head in HEADS.items():
        (folder / name).write_text("\n".join([head, *rows[name]]) + "\n")
    return folder


def test_a_recode_reads_the_first_characters(leo_data, tmp_path):
    rules = _rules(tmp_path, "irish_codes;left:3")
    ours = leo.harmonise("sc_pupil", "irish", 2011, "spring", rules=rules).to_pandas()["irish"]
    codes = leo.load("sc_pupil", 2011, "spring", ["ethnicgroupminor"])["ethnicgroupminor_spr11"]
    starts = codes.astype(object).map(lambda code: code[:3], na_action="ignore")
    assert (ours[starts == "WBR"] == 0).all() and (ours[starts == "WIR"] == 1).all()
    assert ours[~starts.isin(["WBR", "WIR"])].isna().all()
    assert (starts == "WBR").sum() > 10


@pytest.mark.parametrize("engine", ["tsql", "spark", "duckdb"])
def test_every_engine_cuts_in_the_same_place(leo_data, tmp_path, engine):
    rules = _rules(tmp_path, "irish_codes;left:3")
    text = leo.harmonise("sc_pupil", "irish", 2011, "spring", rules=rules).sql(engine)
    assert text.upper().count("LEFT(") == 1
    assert ", 3)" in text


def test_the_whole_code_and_its_beginning_stand_side_by_side(leo_data):
    table = leo.harmonise("sc_pupil", ["ethnicity_major", "ethnicity_minor"], 2011, "spring")
    text = table.sql("duckdb")
    assert text.count("ethnicgroupminor_spr11") == 1  # one column serves both


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("irish_codes;left:0", "cannot be read"),
        ("irish_codes;right:3", "cannot be read"),
        ("irish_codes;left:3;left:4", "cannot be read"),
        ("irish_code;left:3", "no recode 'irish_code'"),
    ],
)
def test_a_wrong_argument_is_refused(tmp_path, argument, says):
    with pytest.raises(LeoError, match=says) as caught:
        leo.load_crosswalk(_rules(tmp_path, argument))
    assert "sources.csv, line 2, column argument" in str(caught.value)


def test_a_number_has_no_first_characters(tmp_path):
    rules = _rules(tmp_path, "irish_codes;left:3", "YearOfBirth_[term][yy]")
    with pytest.raises(LeoError, match="is no text"):
        leo.load_crosswalk(rules)


@pytest.mark.parametrize("word", ["any", "order", "percent"])
def test_a_recode_may_be_called_like_a_word_of_sql(leo_data, tmp_path, word):
    codes = [f"{word},W{letter}R,1," for letter in "ABCDEFGHI"]  # so many that they are joined
    for name, head in HEADS.items():
        rows = {
            "concepts.csv": ["irish,sc_pupil,Irish,flag,,,"],
            "sources.csv": [
                f"irish,sc_pupil,EthnicGroupMinor_[term][yy],,,,recode,{word};left:3,complete,1,,"
            ],
            "recodes.csv": [*codes, f"{word},*,null,"],
        }.get(name, [])
        (tmp_path / name).write_text("\n".join([head, *rows]) + "\n")
    found = leo.harmonise("sc_pupil", "irish", 2011, "spring", rules=tmp_path)
    assert found.to_pandas()["irish"].eq(1).sum() == found.to_pandas()["irish"].count() > 0
    assert f"JOIN [{word}]" in found.sql("tsql")
    rows = leo.connect().execute(found.sql("duckdb")).df()
    assert len(rows) == len(found.to_pandas())


def test_a_key_that_is_the_year_is_given_once(leo_data):
    frame = leo.harmonise("lilr_lars", years=[2011, 2012]).to_pandas()
    assert list(frame.columns).count("year") == 1
    assert set(frame["year"]) == {2011, 2012}  # END years, where the view has the first one
    assert "learnaimref" in frame
