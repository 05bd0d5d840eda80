"""Every spelling of a year is read, and what could mean two things is refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leo_helpers import years
from leo_helpers.errors import LeoError, UnknownName, YearError

YEAR = st.integers(1981, 2049)
READERS = (years.academic_year, years.tax_year, years.care_year)


@given(YEAR, st.sampled_from(["short", "long", "compact", "end"]), st.sampled_from(READERS))
def test_every_format_reads_back(year, style, reader):
    assert reader(years.format_year(year, style)) == year


@given(YEAR)
def test_the_ilr_holds_the_start_year(year):
    assert years.ilr_year(years.format_year(year, "start")) == year
    assert years.ilr_year(years.format_year(year, "long")) == year


@given(st.integers(1990, 2049), st.sampled_from(["{}", "_{}", "gender_spr{}", "x_{}", "ab{}"]))
def test_suffixes_read_back(year, pattern):
    assert years.suffix_year(pattern.format(years.format_year(year, "suffix"))) == year


@given(st.sets(YEAR))
def test_ranges_read_back(held):
    assert years.parse_ranges(years.format_ranges(held)) == tuple(sorted(held))


@given(st.dictionaries(st.sampled_from(years.TERMS), st.sets(YEAR, min_size=1)))
def test_terms_read_back(held):
    expected = {term: tuple(sorted(some)) for term, some in held.items()}
    assert years.parse_terms(years.format_terms(held)) == expected


@given(st.text(max_size=12))
def test_no_text_brings_a_reader_down(text):
    for reader in (*READERS, years.ilr_year, years.suffix_year, years.year_list):
        try:
            found = reader(text)
        except LeoError as error:
            assert str(error)
        else:
            assert found


@pytest.mark.parametrize(
    "text",
    [
        "2010/11",
        "2010/2011",
        "2010-11",
        "2010-2011",
        "201011",
        "20102011",
        "2010_11",
        " 2011 ",
        2011,
    ],
)
def test_spellings_of_an_academic_year(text):
    assert years.academic_year(text) == 2011


@pytest.mark.parametrize(
    ("reader", "last", "first"),
    [
        (years.academic_year, dt.date(2011, 8, 31), dt.date(2011, 9, 1)),
        (years.tax_year, dt.date(2011, 4, 5), dt.date(2011, 4, 6)),
        (years.care_year, dt.date(2011, 3, 31), dt.date(2011, 4, 1)),
    ],
)
def test_dates_fall_on_the_right_side(reader, last, first):
    assert (reader(last), reader(first)) == (2011, 2012)
    assert reader(dt.datetime(first.year, first.month, first.day, 12)) == 2012


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("1011", "not clear"),
        ("10/11", "not clear"),
        ("11", "not clear"),
        ("_11", "not clear"),
        (11, "not clear"),
        ("2010/12", "do not follow"),
        ("201012", "do not follow"),
        ("2011-2010", "do not follow"),
        ("1066", "between 1980 and 2049"),
        ("", "no academic year"),
        ("spring", "no academic year"),
        (True, "no academic year"),
        (2011.0, "whole number"),
        (None, "whole number"),
    ],
)
def test_refusals_say_why(value, why):
    with pytest.raises(YearError, match=why):
        years.academic_year(value)


def test_the_turn_of_the_century():
    assert years.academic_year("1999/00") == years.academic_year("199900") == 2000
    assert years.format_year(2000) == "1999/00"
    assert years.suffix_year("00") == years.suffix_year(0) == 2000
    assert years.suffix_year("99") == 1999


@pytest.mark.parametrize("value", ["idaciscore_10", "IDACIRank_15", "55", "gender", "spr2011", ""])
def test_endings_that_are_no_year(value):
    with pytest.raises(YearError):
        years.suffix_year(value)


@pytest.mark.parametrize("text", ["2011-2009", "2011;2011", "2012;2011", "11-12", "x", "1066"])
def test_bad_ranges(text):
    with pytest.raises(YearError):
        years.parse_ranges(text)


@pytest.mark.parametrize("text", ["SPR", "SPR:", "SPR:2011|spring:2012"])
def test_bad_terms(text):
    with pytest.raises(YearError):
        years.parse_terms(text)


def test_unknown_terms_and_styles_name_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean spring"):
        years.census_term("sprnig")
    with pytest.raises(UnknownName, match="short"):
        years.format_year(2011, "shrt")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2011, (2011,)),
        ("2010/11", (2011,)),
        ("2006-2008", (2006, 2007, 2008)),
        ("2006-2008, 2015;2010/11", (2006, 2007, 2008, 2011, 2015)),
        (range(2006, 2008), (2006, 2007)),
        (["2010/11", 2011, 2009], (2009, 2011)),
    ],
)
def test_year_list(value, expected):
    assert years.year_list(value) == expected


@pytest.mark.parametrize("value", ["", [], "2010-2011", "abc-2010", "2010-2008", "20x1"])
def test_year_list_refuses(value):
    with pytest.raises(YearError):
        years.year_list(value)
