"""Loading the harmonisation rules: what breaks a rule is named with file, line and column."""

import csv
import subprocess
import sys

import pytest

import leo_helpers as leo
from leo_helpers.crosswalk import (
    FILES,
    check_crosswalk,
    crosswalk_folders,
    load_crosswalk,
    problems_of,
)
from leo_helpers.crosswalk_expression import compile_expression
from leo_helpers.crosswalk_model import normal
from leo_helpers.errors import CatalogueError, CrosswalkError, LeoError, UnknownName

HEADS = {
    "concepts": "concept,table_id,label,type,unit,codelist,caveat",
    "codes": "codelist,code,label,order",
    "sources": "concept,table_id,variables,first_year,last_year,terms,rule,argument,status,"
    "priority,note,source_id",
    "recodes": "recode,from,to,reason",
    "index": "index,year,value,source_id,note",
    "breaks": "concept,table_id,year,kind,what,advice,source_id,documented",
    "examples": "concept,table_id,year,term,inputs,output",
}
SEX = "Gender_[term][yy]"
AGE = "AgeAtStartOfAcademicYear_[term][yy]"
GOOD = {
    "concepts": ["sex,sc_pupil,Sex of the pupil,category,,sx,"],
    "codes": ["sx,1,Boy,1", "sx,2,Girl,2"],
    "sources": [f"sex,sc_pupil,{SEX},,,,recode,sx_letters,complete,1,,ME"],
    "recodes": ["sx_letters,M,1,", "sx_letters,F,2,", "sx_letters,U,,not said"],
    "breaks": ["sex,sc_pupil,2006,recode,Letters changed.,Use the recode.,ME,B001"],
    "examples": [f'sex,sc_pupil,2011,SPR,"{{""{SEX}"": ""m""}}",1'],
}


@pytest.fixture
def folder(tmp_path):
    """Write a folder of rules: the good ones, with some files replaced; and check it alone."""

    def make(complete=False, **changed):
        place = tmp_path / "mine"
        place.mkdir(exist_ok=True)
        for name, rows in {**GOOD, **changed}.items():
            (place / f"{name}.csv").write_text(
                "\n".join([HEADS[name], *rows, ""]), encoding="utf-8"
            )
        return check_crosswalk([place], complete=complete)

    return make


def source(**cells):
    """One row of sources.csv, as the good one but for some cells."""
    names = HEADS["sources"].split(",")
    row = dict(zip(names, next(csv.reader(GOOD["sources"])), strict=True)) | cells
    return ",".join('"' + str(row[n]).replace('"', '""') + '"' for n in names)


def test_good_rules_are_read(folder):
    crosswalk, problems = folder(complete=True)
    assert problems == []
    assert crosswalk.concept("school census", "SEX").codelist == "sx"
    assert crosswalk.recodes["sx_letters"].to == {"M": "1", "F": "2", "U": None}
    assert crosswalk.breaks[0].documented == ("B001",)
    assert crosswalk.tables == ("sc_pupil",)
    assert "1 concepts" in repr(crosswalk)


#: What is changed, then the place and words that the one problem must have.
BROKEN = {
    "a concept twice": (
        {"concepts": GOOD["concepts"] * 2}, "concepts.csv, line 3, column concept", "line 2"),
    "an unknown table": (
        {"concepts": ["sex,sc_pupi,Sex,category,,sx,"], "sources": [], "examples": [],
         "breaks": []},
        "concepts.csv, line 2, column table_id", "sc_pupil"),
    "a name with capitals": (
        {"concepts": [*GOOD["concepts"], "Sex2,sc_pupil,Sex,category,,sx,"],
         "sources": [*GOOD["sources"], source(concept="Sex2")]},
        "concepts.csv, line 3, column concept", "lower-case"),
    "a long label": (
        {"concepts": ["sex,sc_pupil," + "word " * 13 + ",category,,sx,"]},
        "concepts.csv, line 2, column label", "13 words"),
    "an unknown type": (
        {"concepts": ["sex,sc_pupil,Sex,kind,,sx,"]}, "concepts.csv, line 2, column type", "kind"),
    "an unknown code list": (
        {"concepts": ["sex,sc_pupil,Sex,category,,sxx,"], "codes": []},
        "concepts.csv, line 2, column codelist", "codes.csv"),
    "a category without codes": (
        {"concepts": ["sex,sc_pupil,Sex,category,,,"], "codes": []},
        "concepts.csv, line 2, column codelist", "needs a code list"),
    "another type elsewhere": (
        {"concepts": [*GOOD["concepts"], "sex,cla,Sex,text,,sx,"],
         "sources": [*GOOD["sources"], source(table_id="cla", variables="cla_SEX", rule="copy",
                                              argument="")]},
        "concepts.csv, line 3, column type", "line 2"),
    "no source": (
        {"sources": [], "examples": []}, "concepts.csv, line 2, column concept", "sources.csv"),
    "a code twice": (
        {"codes": [*GOOD["codes"], "sx,1,Again,3"]}, "codes.csv, line 4, column code", "line 2"),
    "a list of the catalogue": (
        {"codes": [*GOOD["codes"], "sex_mf,M,Boy,1"]}, "codes.csv, line 4, column codelist",
        "catalogue"),
    "a recode twice": (
        {"recodes": [*GOOD["recodes"], "sx_letters,M,2,"]}, "recodes.csv, line 5, column from",
        "line 2"),
    "a lower-case code": (
        {"recodes": [*GOOD["recodes"], "sx_letters,b,1,"]}, "recodes.csv, line 5, column from",
        "'B'"),
    "missing without a reason": (
        {"recodes": [*GOOD["recodes"], "sx_letters,B,,"]}, "recodes.csv, line 5, column reason",
        "Say why"),
    "another way for other codes": (
        {"recodes": [*GOOD["recodes"], "sx_letters,*,drop,"]}, "recodes.csv, line 5, column to",
        "keep, null or error"),
    "a code that no list has": (
        {"recodes": ["sx_letters,M,3,", *GOOD["recodes"][1:]], "examples": []},
        "sources.csv, line 2, column argument", "'3' is not in the code list sx"),
    "a code that is not mapped": (
        {"recodes": GOOD["recodes"][:1]}, "sources.csv, line 2, column argument", "the code F"),
    "a break of an unknown concept": (
        {"breaks": ["sexx,sc_pupil,2006,recode,A.,B.,ME,"]}, "breaks.csv, line 2, column concept",
        "Did you mean sex?"),
    "an unknown kind of break": (
        {"breaks": ["sex,sc_pupil,2006,change,A.,B.,ME,"]}, "breaks.csv, line 2, column kind",
        "change"),
    "a break that nobody documented": (
        {"breaks": ["sex,sc_pupil,2006,recode,A.,B.,ME,B128"]},
        "breaks.csv, line 2, column documented", "B127"),
    "an example of another variable": (
        {"examples": ['sex,sc_pupil,2011,SPR,"{""Gendr"": 1}",1']},
        "examples.csv, line 2, column inputs", SEX),
    "an example that is no JSON": (
        {"examples": ["sex,sc_pupil,2011,SPR,{M},1"]}, "examples.csv, line 2, column inputs",
        "JSON"),
    "an example with an unknown code": (
        {"examples": [f'sex,sc_pupil,2011,SPR,"{{""{SEX}"": ""m""}}",7']},
        "examples.csv, line 2, column output", "'7' is not in the code list"),
    "an unknown term": (
        {"examples": [f'sex,sc_pupil,2011,XXX,"{{""{SEX}"": ""m""}}",1']},
        "examples.csv, line 2, column term", "XXX"),
    "an unknown rule": (
        {"sources": [source(rule="move")]}, "sources.csv, line 2, column rule", "move"),
    "an unknown variable": (
        {"sources": [source(variables="Gendr_[term][yy]")], "examples": []},
        "sources.csv, line 2, column variables", SEX),
    "an unknown recode": (
        {"sources": [source(argument="sx_lettres")]}, "sources.csv, line 2, column argument",
        "sx_letters"),
    "a concept that is not declared": (
        {"sources": [*GOOD["sources"], source(concept="sexx")]},
        "sources.csv, line 3, column concept", "Did you mean sex?"),
    "years that run backwards": (
        {"sources": [source(first_year=2012, last_year=2010)], "examples": []},
        "sources.csv, line 2, column last_year", "backwards"),
    "a year without data": (
        {"sources": [source(first_year=1999)]}, "sources.csv, line 2, column first_year",
        "2002-2022"),
    "a year that is none": (
        {"sources": [source(first_year="x")]}, "sources.csv, line 2, column first_year", "'x'"),
    "a term that the variable lacks": (
        {"sources": [source(variables="LSOA01_[term][yy]", terms="SUM", rule="none", argument="",
                            status="impossible", note="no", first_year=2003, last_year=2005)],
         "examples": []},
        "sources.csv, line 2, column terms", ""),
    "a partial rule without a note": (
        {"sources": [source(status="partial")]}, "sources.csv, line 2, column note", "Say why"),
    "a gap that has a rule": (
        {"sources": [source(status="impossible", note="no")]},
        "sources.csv, line 2, column status", "Rule none"),
    "no variables": (
        {"sources": [source(variables="")], "examples": []},
        "sources.csv, line 2, column variables", "at least one"),
    "an argument too much": (
        {"sources": [source(rule="copy")]}, "sources.csv, line 2, column argument", "blank"),
    "codes copied that the list lacks": (
        {"sources": [source(rule="copy", argument="")]}, "sources.csv, line 2, column rule",
        "Use rule recode"),
    "two rules of one priority": (
        {"sources": [*GOOD["sources"], source(first_year=2011, last_year=2012)]},
        "sources.csv, line 3, column priority", "line 2"),
    "an expression that is no SQL": (
        {"sources": [source(rule="expression", argument="CASE WHEN")], "examples": []},
        "sources.csv, line 2, column argument", "cannot be read"),
    "an expression of another variable": (
        {"sources": [source(rule="expression", argument="{Other}")]},
        "sources.csv, line 2, column argument", "Other"),
    "a variable that is not used": (
        {"sources": [source(rule="expression", argument="CASE WHEN {year} > 2010 THEN '1' END")]},
        "sources.csv, line 2, column variables", "does not use"),
    "an expression of another type": (
        {"sources": [source(rule="expression", argument="CAST('2011-01-01' AS DATE)")]},
        "sources.csv, line 2, column variables", ""),
    "an expression with an unknown outcome": (
        {"sources": [source(rule="expression", argument=f"CASE {{{SEX}}} WHEN 'M' THEN '9' END")]},
        "sources.csv, line 2, column argument", "'9' is not in the code list"),
    "a variable that ends before the rule": (
        {"concepts": [*GOOD["concepts"], "c,sc_pupil,Some text,text,,,"],
         "sources": [*GOOD["sources"], source(concept="c", rule="expression", first_year=2010,
             last_year=2016, variables=f"{SEX};LLSOA_[term][yy]",
             argument=f"COALESCE({{{SEX}}}, {{LLSOA_[term][yy]}})")]},
        "sources.csv, line 3, column variables", "does not exist in"),
    "a scale of a category": (
        {"sources": [source(rule="scale", argument="2")]}, "sources.csv, line 2, column rule",
        "Only integers"),
    "an index that is not there": (
        {"concepts": ["sex,sc_pupil,Age,number,,,"], "codes": [], "recodes": [], "examples": [],
         "sources": [source(variables=AGE, rule="scale", argument="index:cpi")]},
        "sources.csv, line 2, column argument", "cpi"),
    "a factor that is no number": (
        {"concepts": ["sex,sc_pupil,Age,number,,,"], "codes": [], "recodes": [], "examples": [],
         "sources": [source(variables=AGE, rule="scale", argument="ten")]},
        "sources.csv, line 2, column argument", "'ten' is no number"),
    "a flag that is not 0 or 1": (
        {"concepts": ["sex,sc_pupil,Sex,flag,,,"], "codes": [], "examples": []},
        "sources.csv, line 2, column argument", "A flag is 0 or 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named(folder, name):
    changed, place, words = BROKEN[name]
    problems = [str(p) for p in folder(**changed)[1]]
    hits = [p for p in problems if p.startswith(f"mine/{place}: ") and words in p]
    assert hits, problems
    assert all(p.endswith((".", "?")) and "\n" not in p for p in problems)


def test_loading_raises_the_first_problem(tmp_path):
    for name, rows in {**GOOD, "codes": []}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([HEADS[name], *rows, ""]))
    with pytest.raises(CrosswalkError) as caught:
        load_crosswalk(tmp_path)
    assert isinstance(caught.value, CatalogueError) and isinstance(caught.value, LeoError)
    assert caught.value.file.endswith(".csv") and caught.value.line >= 2 and caught.value.column


def test_every_rule_needs_an_example_and_every_recode_a_use(folder):
    rows = [*GOOD["recodes"], "other,M,1,"]
    problems = [str(p) for p in folder(complete=True, examples=[], recodes=rows)[1]]
    assert any("sources.csv, line 2" in p and "worked example" in p for p in problems)
    assert any("recodes.csv, line 5" in p and "No source uses" in p for p in problems)
    assert folder(examples=[], recodes=rows)[1] == []


def test_a_missing_column_a_foreign_file_and_an_empty_folder(tmp_path):
    (tmp_path / "concepts.csv").write_text("concept,table_id\n")
    (tmp_path / "rules.csv").write_text("a\n")
    problems = [str(p) for p in check_crosswalk([tmp_path])[1]]
    assert any("The column 'label' is missing" in p for p in problems)
    assert any("rules.csv" in p and "Rename it" in p for p in problems)
    (tmp_path / "empty").mkdir()
    problems = [str(p) for p in check_crosswalk([tmp_path / "empty"])[1]]
    assert len(problems) == 1 and "There are no CSV files" in problems[0]
    assert "There is no folder" in str(check_crosswalk([tmp_path / "none"])[1][0])


def test_a_wrong_example_is_found(tmp_path):
    wrong = [f'sex,sc_pupil,2011,SPR,"{{""{SEX}"": ""m""}}",2']
    for name, rows in {**GOOD, "examples": wrong}.items():
        text = "\n".join([HEADS[name], *rows, ""])
        (tmp_path / f"{name}.csv").write_text(text.replace("sex,", "my_sex,"), encoding="utf-8")
    hits = [p for p in problems_of(tmp_path) if "my_sex" in p]
    assert len(hits) == 1 and "is '1' here and not '2'" in hits[0] and "line 2" in hits[0]


def test_the_rules_of_the_package_are_in_order():
    assert problems_of() == []


def test_own_rules_are_added(tmp_path):
    for name, rows in GOOD.items():
        text = "\n".join([HEADS[name], *rows, ""]).replace("sex,", "my_sex,")
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    both = load_crosswalk(tmp_path)
    assert ("sc_pupil", "my_sex") in both.concepts
    assert set(load_crosswalk().concepts) < set(both.concepts)
    assert load_crosswalk(tmp_path) is both
    assert "my_sex" in leo.concepts("sc_pupil", rules=tmp_path).index


def test_rules_that_are_edited_are_read_again(tmp_path):
    for name, rows in GOOD.items():
        text = "\n".join([HEADS[name], *rows, ""]).replace("sex,", "my_sex,")
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    assert load_crosswalk(tmp_path).concept("sc_pupil", "my_sex").label == "Sex of the pupil"
    file = tmp_path / "concepts.csv"
    file.write_text(file.read_text("utf-8").replace("Sex of the pupil", "Sex"), encoding="utf-8")
    assert load_crosswalk(tmp_path).concept("sc_pupil", "my_sex").label == "Sex"
    file.write_text(file.read_text("utf-8").replace("category", "kind"), encoding="utf-8")
    with pytest.raises(CrosswalkError, match="column type"):
        load_crosswalk(tmp_path)


def test_columns_that_are_not_needed_may_be_left_out(tmp_path):
    for name, lines in {
        "concepts": ["concept,table_id,label,type", "girl,sc_pupil,Girl,flag"],
        "sources": ["concept,table_id,variables,rule,argument", f"girl,sc_pupil,{SEX},recode,girl"],
        "recodes": ["recode,from,to", "girl,F,1", "girl,M,0"],
    }.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    source = load_crosswalk(tmp_path).sources[("sc_pupil", "girl")][0]
    assert (source.status, source.priority, source.first_year) == ("complete", 1, None)


def test_names_that_do_not_exist_are_suggested():
    crosswalk = load_crosswalk()
    table = crosswalk.tables[0]
    known = crosswalk.of_table(table)[0].concept
    with pytest.raises(UnknownName, match=known):
        crosswalk.concept(table, known + "x")
    with pytest.raises(UnknownName):
        crosswalk.codes("no_such_list")


def test_each_file_has_the_columns_of_the_contract():
    import msgspec

    for name, head in HEADS.items():
        fields = [f.encode_name for f in msgspec.structs.fields(FILES[name][0])]
        assert sorted(fields) == sorted(head.split(","))


def test_rules_are_plain_files_in_the_package():
    assert [f.name for f in crosswalk_folders()] == sorted(f.name for f in crosswalk_folders())


@pytest.mark.parametrize(
    "given, seen",
    [(" wbri ", "WBRI"), (3, "3"), ("", None), ("  ", None), (None, None), (float("nan"), None)],
)
def test_values_as_rules_see_them(given, seen):
    assert normal(given) == seen


KINDS = {"A": "text", "N": "integer", "X": "number", "D": "date"}


@pytest.mark.parametrize(
    "text, words",
    [
        ("{A} = 'a'", "Write 'A'"),
        ("CASE WHEN {A} = 1 THEN 1 END", "Different types"),
        ("CASE WHEN {A} < 'B' THEN 1 END", "order of texts"),
        ("CASE WHEN {A} = '' THEN 1 END", "IS NULL"),
        ("CASE WHEN {A} = NULL THEN 1 END", "IS NULL"),
        ("{A} LIKE 'X%'", "not allowed"),
        ("CONCAT({A}, 'X')", "not allowed"),
        ("CURRENT_DATE", "not allowed"),
        ("(SELECT 1)", "not allowed"),
        ("{N} % 2", "not allowed"),
        ("{N} > 2", "true or false"),
        ("CASE WHEN {N} THEN 1 END", "boolean is needed"),
        ("CASE WHEN {N} > 1 THEN 1 ELSE 'A' END", "integer and text"),
        ("CAST({X} AS VARCHAR)", "by way of INTEGER"),
        ("CAST({N} AS DATE)", "not allowed"),
        ("DATE '2015-9-1'", "is no date"),
        ("LEFT({A}, 0)", "from 1"),
        ("LEFT({A}, {N})", "from 1"),
        ("LEFT({N}, 1)", "text is needed"),
        ("YEAR({A})", "date is needed"),
        ("{A} + 1", "integer or number is needed"),
        ("CASE WHEN {A} IN (SELECT 1) THEN 1 END", "list of values"),
        ("gender", "Write it as {gender}"),
        ("{B}", "no variable called 'B'"),
        ("CASE WHEN", "cannot be read"),
        ("1; DROP TABLE x", "not allowed"),
    ],
)
def test_expressions_keep_to_what_engines_agree_on(text, words):
    with pytest.raises(LeoError) as caught:
        compile_expression(text, KINDS)
    assert words in str(caught.value)


def test_rules_are_read_once_and_not_by_importing_the_package():
    code = "import sys, leo_helpers; print('leo_helpers.crosswalk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert load_crosswalk() is load_crosswalk()
