"""A script that is written otherwise, and means the same, gives the same answer."""

import random

import pytest
from tsql_cases import read_cases, rows_of, same
from tsql_mutations import MUTATIONS, mutated

from leo_helpers import tsql

#: How many cases each change, and how many pairs of changes, are tried on.
CASES_EACH, PAIRS = 32, 120
QUERIES = {name for name, mutation in MUTATIONS.items() if mutation.query}


@pytest.fixture(scope="module")
def answers(small_data):
    """The answer to a script in a session that is as new: error, types and rows."""
    session = tsql.Session(data=small_data, max_steps=2_000)
    known = {}

    def answer(text):
        if text not in known:
            session.reset()
            error = None
            try:
                session.run(text)
            except tsql.TSqlError as caught:
                error = "refused" if isinstance(caught, tsql.Refused) else caught.number
            rows = [rows_of(frame) for frame in session.result.frames]
            known[text] = (error, [list(kinds) for kinds in session.result.types], rows)
        return known[text]

    return answer


def equal(first, second, ordered=True):
    """Whether two answers are the same; the last rows may stand in any order unless ordered."""
    if first[0] != second[0] or first[0] is not None:
        return first[0] == second[0]
    if first[1] != second[1]:
        return False
    for place, (a, b) in enumerate(zip(first[2], second[2], strict=True), 1):
        if not ordered and place == len(first[2]):
            a, b = sorted(a, key=repr), sorted(b, key=repr)
        if len(a) != len(b) or not all(all(map(same, x, y)) for x, y in zip(a, b, strict=True)):
            return False
    return True


def draws(name, count, answers):
    """Yield cases that a change applies to: as they are, and changed."""
    draw, found = random.Random(name), 0
    cases = [case for case in read_cases() if not (name in QUERIES and case.error)]
    for case in draw.sample(cases, len(cases)):
        types = answers(case.sql)[1] if name in QUERIES else ()
        text = mutated(name, case.sql, draw, types[-1] if types else ())
        if text is not None:
            found += 1
            yield case, text
        if found == count:
            return


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_that_means_the_same_gives_the_same_answer(name, answers):
    tried = 0
    for case, text in draws(name, CASES_EACH, answers):
        tried += 1
        before, after = answers(case.sql), answers(text)
        assert equal(before, after, name not in QUERIES), (case.id, text, before, after)
    assert tried == CASES_EACH


def test_two_changes_at_once_give_the_same_answer(answers):
    draw, tried = random.Random(2), 0
    cases = read_cases()
    names = [name for name in MUTATIONS if name not in QUERIES]
    while tried < PAIRS:
        case, pair = draw.choice(cases), draw.sample(names, 2)
        text = mutated(pair[0], case.sql, draw)
        text = text and mutated(pair[1], text, draw)
        if text:
            tried += 1
            before, after = answers(case.sql), answers(text)
            assert equal(before, after), (case.id, pair, text, before, after)


@pytest.mark.parametrize(("old", "new"), [("<", ">"), ("and", "or"), ("distinct", "")])
def test_a_change_that_means_something_else_is_noticed(old, new, answers):
    cases = [case for case in read_cases() if f" {old} " in case.sql and not case.error]
    wrong = [case.sql.replace(f" {old} ", f" {new} ") for case in cases[:20]]
    told = [not equal(answers(c.sql), answers(w)) for c, w in zip(cases, wrong, strict=False)]
    assert sum(told) >= 5
