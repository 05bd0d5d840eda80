"""Errors are one sentence, survive another process, and suggest near names."""

import pickle

import pytest

from leo_helpers import errors
from leo_helpers.errors import CatalogueError, LeoError, UnknownName, YearError, nearest


def test_every_public_error_is_a_leo_error():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "nearest"]
    assert len(kinds) >= 7
    assert all(issubclass(kind, LeoError) for kind in kinds)


def test_the_next_step_follows_the_sentence():
    assert str(LeoError("A.", "Do B.")) == "A. Do B."
    assert str(LeoError("A.")) == "A."


@pytest.mark.parametrize(
    "error",
    [
        LeoError("A.", "Do B."),
        YearError("No year.", "Write 2011."),
        UnknownName("table", "ks4_pupl", ["ks4_pupil"], "in LEO", "See leo.tables()."),
        CatalogueError("Wrong.", "tables.csv", 4, "first_year"),
    ],
)
def test_errors_come_back_whole_from_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_unknown_names_can_be_caught_as_lookup_errors():
    with pytest.raises(LookupError):
        raise UnknownName("table", "x")
    with pytest.raises(ValueError, match="No year"):
        raise YearError("No year.")


def test_several_suggestions_read_as_a_sentence():
    error = UnknownName("variable", "KS4_FM", ["KS4_FSM", "KS4_FTM"])
    assert str(error).endswith("Did you mean KS4_FSM or KS4_FTM?")


def test_no_suggestion_when_nothing_is_near():
    assert str(UnknownName("table", "zzz", ["cla"])) == "There is no table called 'zzz'."


@pytest.mark.parametrize(
    ("name", "names", "best"),
    [
        ("hessa", ["ucas", "hesa"], "hesa"),
        ("EthnicGroupMinr", ["EthnicGroupMajor", "EthnicGroupMinor"], "EthnicGroupMinor"),
        ("census", ["school census", "absence"], "school census"),
    ],
)
def test_nearest_ignores_case_and_finds_parts(name, names, best):
    assert nearest(name, names)[0] == best
    assert nearest(name.upper(), names)[0] == best


def test_nearest_of_nothing():
    assert nearest("x", []) == ()
    assert len(nearest("aaaa", [f"aaa{n}" for n in range(9)], limit=2)) == 2


def test_an_error_says_where_in_the_file():
    assert str(CatalogueError("Bad.", "codes.csv", 7)) == "codes.csv, line 7: Bad."
    assert str(CatalogueError("Bad.")) == "Bad."
