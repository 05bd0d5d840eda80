"""A learner's rows agree with one another: who they are, what they declare, what they reach."""

from __future__ import annotations

import numpy as np
import pytest
from synth_cases import VIEWS, draw

from leo_helpers.synth.rows import ROWS, Context
from leo_helpers.synth.spine import Spine

PEOPLE = Spine(6000, 9000, 78)


@pytest.fixture(scope="module")
def learners():
    """Rows of the learners with the person whom each is about."""
    view = next(v for v in VIEWS.values() if v.table_id == "lilr_learners")
    rows = ROWS["lilr_learners"](Context(PEOPLE, "lilr_learners", None, None, {}, view.years))
    return draw(view, PEOPLE).to_pandas().astype(object).assign(person=rows.person, end=rows.year)


def test_a_learner_says_the_same_in_every_year(learners):
    for column in ("lldd", "lldd_detail", "sex"):
        told = learners[learners[column].astype(str) != "-1"].dropna(subset=column)
        assert (told.groupby("person")[column].nunique() == 1).all(), column


def test_each_frame_of_ethnic_codes_has_its_years(learners):
    code = learners["ethnicity"].astype(int)
    frame = np.select([code < 0, code >= 98, code <= 9, code <= 25], [-1, -1, 0, 1], 2)
    wanted = np.digitize(learners["end"], (2005, 2012))
    assert (frame[frame >= 0] == wanted[frame >= 0]).all() and set(frame) >= {0, 1, 2}


def test_a_kind_of_difficulty_only_for_those_who_declare_one(learners):
    named = ~learners["lldd_detail"].astype(str).isin(["-1", "98", "99"])
    lldd = learners["lldd"].astype(str)
    assert set(lldd[named]) <= {"1", "-1"} and named.any()
    costs = learners["alscost"].astype(int) > 0
    assert costs.any() and named[costs].all()


def test_a_full_level_is_reached_only_where_it_is_taken(learners):
    for level in "23":
        takes = learners[f"l_fulllevel{level}"].astype(int) == 1
        reached = learners[f"l_fulllevel{level}ach"].astype(int) == 1
        assert takes[reached].all() and 0 < reached.sum() < takes.sum()


def test_prior_attainment_does_not_fall(learners):
    order = {"99": 0, "9": 1, "7": 2, "1": 3, "2": 4, "3": 5}
    order |= {"4": 6, "5": 6, "10": 6, "11": 6, "12": 6, "13": 6}
    known = learners.assign(place=learners["priorattain"].astype(str).map(order))
    known = known.dropna(subset="place").sort_values(["person", "end"])
    step = known.groupby("person")["place"].diff().dropna()
    assert len(step) > 500 and (step >= 0).all()
    new = learners["priorattain"].astype(str).isin(["10", "11", "12", "13"])
    assert learners.loc[new, "end"].min() >= 2014
