"""Exercise checks: words for right, likely wrong, other and missing answers."""

import duckdb
import pandas as pd
import pytest
from synth_cases import default_data

from leo_helpers import exercises as module
from leo_helpers.errors import LeoError, UnknownName
from leo_helpers.exercises import Feedback, check_answer, exercises, hint

TOML = """
[[exercise]]
id = "toy/1"
title = "People, not rows"
difficulty = "easy"
minutes = 3
hint = "What is one row?"
answer = "select count(distinct who) from toy"
right = "Yes: each person once."
[[exercise.wrong]]
sql = "select count(*) from toy"
says = "Those are rows & not people."
[[exercise]]
id = "toy/2"
title = "Who"
difficulty = "easy"
minutes = 3
hint = "Sort."
answer = "select distinct who from toy order by who"
[[exercise]]
id = "toy/3"
title = "Mean"
difficulty = "easy"
minutes = 3
hint = "Divide."
answer = "select avg(pay) from toy"
tolerance = 0.05
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    folder = tmp_path / "exercises"
    folder.mkdir()
    (folder / "toy.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.setattr(module, "data_dir", lambda: tmp_path)
    exercises.cache_clear()
    con = duckdb.connect()
    con.execute(
        "create table toy as select * from (values ('a', 1.0), ('a', 2.0), ('b', 4.0))"
        " as t(who, pay)"
    )
    yield con
    exercises.cache_clear()


def test_right_answer(toy):
    said = check_answer("toy/1", 2, con=toy)
    assert said and repr(said) == "Yes: each person once."


def test_likely_mistake_gets_its_own_words(toy):
    said = check_answer("toy/1", 3, con=toy)
    assert not said and said.words == "Those are rows & not people."
    assert "rows &amp; not people" in said._repr_html_() and "leo-not-yet" in said._repr_html_()


def test_other_mistake_gets_general_words(toy):
    said = check_answer("toy/1", 99, con=toy)
    assert not said and said.words == module.UNKNOWN_WRONG


@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_yet(toy, nothing):
    assert "no answer yet" in check_answer("toy/1", nothing, con=toy).words


@pytest.mark.parametrize(
    "given",
    [
        ["a", "b"],
        pd.Series(["a", "b"]),
        pd.DataFrame({"n": [1, 2], "who": ["a", "b"]}),
        ("A ", "b"),
    ],
)
def test_lists_in_any_dress(toy, given):
    assert check_answer("toy/2", given, con=toy)


def test_numbers_within_tolerance(toy):
    assert check_answer("toy/3", 2.33, con=toy)
    assert not check_answer("toy/3", 2.2, con=toy)


def test_unknown_exercise_names_the_nearest(toy):
    with pytest.raises(UnknownName, match="toy/1"):
        check_answer("toy/l", 2, con=toy)


def test_hint_of_an_unknown_exercise_names_the_nearest(toy):
    with pytest.raises(UnknownName, match="toy/2"):
        hint("toi/2")


def test_hint(toy):
    assert hint("toy/1") == "What is one row?"


@pytest.mark.parametrize(
    "text",
    [
        "[[exercise]\n",  # no TOML
        "[exercises]\n",  # no exercise
        TOML.replace("answer =", "anwser ="),  # a word that is unknown, and one that is missing
        TOML.replace('id = "toy/2"\n', ""),
    ],
)
def test_broken_file_is_named(toy, text):
    (module.data_dir() / "exercises" / "toy.toml").write_text(text, encoding="utf-8")
    exercises.cache_clear()
    with pytest.raises(LeoError, match=r"toy\.toml"):
        exercises()


def test_feedback_is_words():
    assert str(Feedback(True, "Good.")) == "Good."


def shipped():
    exercises.cache_clear()
    return exercises()


def test_shipped_exercises_say_what_they_should():
    for name, task in shipped().items():
        assert task.hint and task.title and 1 <= task.minutes <= 30, name
        assert task.difficulty in {"easy", "medium", "hard"}, name
        assert len(task.wrong) >= 2, f"{name} needs the two likeliest mistakes"
        assert all(set(slip) == {"sql", "says"} and len(slip["says"]) > 20 for slip in task.wrong)


@pytest.fixture(scope="module")
def default_con(tmp_path_factory):
    """The default data set, whatever LEO_DATA says."""
    from leo_helpers.connect import connect

    con = connect(root=default_data(tmp_path_factory))
    yield con
    con.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_answers_on_the_default_data(name, default_con):
    task = shipped()[name]
    right = module._query(default_con, task.answer)
    assert right and None not in right
    said = check_answer(name, right, con=default_con)
    assert said and said.words == task.right
    for slip in task.wrong:
        wrong = module._query(default_con, slip["sql"])
        said = check_answer(name, wrong, con=default_con)
        assert not said, f"{name}: on the default data a likely mistake gives the right answer"
        assert said.words == slip["says"], f"{name}: two mistakes cannot be told apart"
    assert check_answer(name, ["no such answer"], con=default_con).words == module.UNKNOWN_WRONG
    assert "no answer yet" in check_answer(name, ..., con=default_con).words


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_queries_run_on_few_people(name, small_data):
    from leo_helpers.connect import connect

    with connect(root=small_data) as con:
        for sql in (shipped()[name].answer, *(slip["sql"] for slip in shipped()[name].wrong)):
            assert module._query(con, sql)
